//! The versions that are not current: counted, written again under the new key, deleted. What S3 can do of it is in
//! docs/rewrap.md: a copy is always a new current version.

use std::pin::pin;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_envelope::UnwrappedKey;

use super::{
    examine::is_instruction_file,
    key_ring::Opened,
    outcome::{Outcome, Status},
    rewrapper::{Effect, Rewrapper},
    run::Run,
    unfinished::Unfinished,
    version_groups::{Group, groups},
};
use crate::{
    aws::call_error,
    objects::walk::{self, Inspected, UNDER_CUSTOMER_KEY},
};

/// One version, looked at.
pub(super) struct Former {
    pub(super) id: String,
    pub(super) seen: Option<Box<HeadObjectOutput>>,
    pub(super) found: VersionState,
}

/// What it is.
pub(super) enum VersionState {
    /// No envelope, or one under the new key.
    NotOld(Option<UnwrappedKey>),
    Old(UnwrappedKey),
    Left(Status, String),
}

impl Run<'_> {
    /// Goes through the versions, object by object.
    pub(super) async fn versions(&mut self) -> anyhow::Result<()> {
        self.finish_replay().await?;
        let (rewrapper, after) = (self.rewrapper, self.progress.after.clone());
        let mut groups = pin!(groups(&rewrapper.target, &self.task.prefix, after));
        while let Some(group) = groups.try_next().await? {
            self.unless_interrupted()?;
            if group.versions.len() > usize::from(!group.deleted) {
                self.group(&group).await?;
            }
            self.progress.after = Some(group.key);
        }
        Ok(())
    }

    async fn group(&mut self, group: &Group) -> anyhow::Result<()> {
        let mut formers = self.look(group).await?;
        if self.task.former.repeat && needs_repeating(&formers) {
            if let Some(why) = obstacle(group, &formers) {
                let outcome = self.outcome(group, None, Status::NotCopied, why);
                self.note(&outcome)?;
            } else {
                self.repeat(group, &formers).await?;
                if self.rewrapper.effect == Effect::Write {
                    // What was written counts only as it is found again.
                    let again = Group {
                        versions: self.ids(&group.key).await?,
                        ..group.clone()
                    };
                    formers = self.look(&again).await?;
                }
            }
        }
        for (place, former) in formers.iter().enumerate() {
            // The current version was dealt with as an object.
            if place > 0 || group.deleted {
                self.settle(group, &formers, place, former).await?;
            }
        }
        Ok(())
    }

    /// Counts a version, or deletes it where its content is there again.
    async fn settle(
        &mut self,
        group: &Group,
        formers: &[Former],
        place: usize,
        former: &Former,
    ) -> anyhow::Result<()> {
        match &former.found {
            VersionState::NotOld(_) => Ok(()),
            VersionState::Left(status, why) => {
                let outcome = self.outcome(group, Some(&former.id), *status, why.clone());
                self.note(&outcome)
            }
            VersionState::Old(_) => {
                let deletes = self.task.former.delete && self.rewrapper.effect == Effect::Write;
                if !deletes || !has_successor(&formers[..place], former) {
                    self.progress.tally.versions.under_old += 1;
                    return Ok(());
                }
                let outcome = match self.rewrapper.delete(&group.key, &former.id).await {
                    Ok(()) => self.outcome(group, Some(&former.id), Status::Deleted, String::new()),
                    Err(Unfinished::Left(status, why)) => {
                        self.progress.tally.versions.under_old += 1;
                        self.outcome(group, Some(&former.id), status, why)
                    }
                    Err(Unfinished::Stop(error)) => return Err(error),
                };
                self.note(&outcome)
            }
        }
    }

    /// Looks at every version.
    async fn look(&self, group: &Group) -> anyhow::Result<Vec<Former>> {
        let rewrapper = self.rewrapper;
        stream::iter(&group.versions)
            .map(|id| rewrapper.look_at_version(&group.key, id))
            .buffered(self.concurrency)
            .try_collect()
            .await
    }

    async fn ids(&self, key: &str) -> anyhow::Result<Vec<String>> {
        let mut found = pin!(groups(&self.rewrapper.target, key, None));
        while let Some(group) = found.try_next().await? {
            if group.key == key {
                return Ok(group.versions);
            }
        }
        Ok(Vec::new())
    }

    pub(super) fn outcome(
        &self,
        group: &Group,
        version: Option<&str>,
        status: Status,
        detail: String,
    ) -> Outcome {
        Outcome {
            key: group.key.clone(),
            version: version.map_or_else(|| Some("*".to_owned()), |id| Some(id.to_owned())),
            status,
            detail,
            rests_under_old: false,
        }
    }
}

/// Whether a newer version has the data key of `former` under the new key, and its content as far as S3 shows it.
pub(super) fn has_successor(newer: &[Former], former: &Former) -> bool {
    let VersionState::Old(key) = &former.found else {
        return false;
    };
    newer
        .iter()
        .any(|one| match (&one.found, &one.seen, &former.seen) {
            (VersionState::NotOld(Some(other)), Some(seen), Some(old)) => {
                other.is_same_as(key) && may_be_same_content(seen, old)
            }
            _ => false,
        })
}

/// Whether neither length nor checksum tell two versions apart. Checksums of parts are not those of a whole.
fn may_be_same_content(one: &HeadObjectOutput, other: &HeadObjectOutput) -> bool {
    let differ = |one: Option<&str>, other: Option<&str>| matches!((one, other), (Some(one), Some(other)) if one != other);
    let comparable = one.checksum_type() == other.checksum_type();
    one.content_length() == other.content_length()
        && !(comparable
            && (differ(one.checksum_crc32(), other.checksum_crc32())
                || differ(one.checksum_crc32_c(), other.checksum_crc32_c())
                || differ(one.checksum_crc64_nvme(), other.checksum_crc64_nvme())
                || differ(one.checksum_sha1(), other.checksum_sha1())
                || differ(one.checksum_sha256(), other.checksum_sha256())))
}

fn needs_repeating(formers: &[Former]) -> bool {
    let mut formers_by_place = formers.iter().enumerate();
    formers_by_place.any(|(place, former)| {
        matches!(former.found, VersionState::Old(_)) && !has_successor(&formers[..place], former)
    })
}

/// Why an object's versions cannot be written again.
fn obstacle(group: &Group, formers: &[Former]) -> Option<String> {
    if group.deleted {
        let why = "it is deleted, and a copy of a version would bring it back; its versions stay as they are";
        return Some(why.to_owned());
    }
    formers.iter().find_map(|former| match &former.found {
        VersionState::Left(_, why) => {
            Some(format!("its version {} cannot be copied: {why}", former.id))
        }
        _ => None,
    })
}

impl Rewrapper {
    pub(super) async fn look_at_version(&self, key: &str, id: &str) -> anyhow::Result<Former> {
        let former = |seen, found| Former {
            id: id.to_owned(),
            seen,
            found,
        };
        let seen = match walk::head_with_checksums(&self.target, key, Some(id)).await? {
            Inspected::Gone => return Ok(former(None, VersionState::NotOld(None))),
            Inspected::UnderCustomerKey => {
                let why = UNDER_CUSTOMER_KEY.to_owned();
                return Ok(former(None, VersionState::Left(Status::NotChecked, why)));
            }
            Inspected::Refused(why) => {
                return Ok(former(None, VersionState::Left(Status::NotChecked, why)));
            }
            Inspected::Object(seen) => seen,
        };
        if is_instruction_file(&seen) {
            let why =
                "it is an instruction file, whose versions are not paired with those of its object";
            return Ok(former(
                None,
                VersionState::Left(Status::NotChecked, why.to_owned()),
            ));
        }
        let found = match self.examine_version(&seen).await {
            Ok(None) => VersionState::NotOld(None),
            Ok(Some(Opened::ByNew(key))) => VersionState::NotOld(Some(key)),
            Ok(Some(Opened::ByOld(key))) => VersionState::Old(key),
            // No key of this run gives it away.
            Ok(Some(Opened::ByNone | Opened::NotItsOwn)) => VersionState::NotOld(None),
            Err(Unfinished::Left(Status::NotChecked, why)) => {
                VersionState::Left(Status::NotChecked, why)
            }
            Err(Unfinished::Left(..)) => VersionState::NotOld(None),
            Err(Unfinished::Stop(error)) => return Err(error),
        };
        Ok(former(Some(seen), found))
    }

    async fn delete(&self, key: &str, id: &str) -> Result<(), Unfinished> {
        let call = self
            .target
            .s3
            .delete_object()
            .bucket(self.target.bucket.as_str());
        match call.key(key).version_id(id).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.raw_response().is_some() => {
                let why = format!("S3 refused to delete it: {:#}", call_error(error));
                Err(Unfinished::left(Status::Failed, why))
            }
            Err(error) => Err(Unfinished::Stop(call_error(error))),
        }
    }
}
