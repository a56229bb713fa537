//! Writes an object's versions again, oldest first, so that their order stays. Until the last one is written an older one
//! is current: each step is remembered before the next, and a run that goes on finishes this first.

use keyfront_envelope::UnwrappedKey;

use super::{
    examine::metadata,
    outcome::Status,
    rewrapper::Effect,
    run::Run,
    sealed_entry::EntryState,
    task::Replay,
    unfinished::Unfinished,
    version_groups::Group,
    versions::{Former, VersionState, has_successor},
};
use crate::objects::walk::{self, Inspected};

impl Run<'_> {
    /// Writes again what an old key opens and what is newer.
    pub(super) async fn repeat(&mut self, group: &Group, formers: &[Former]) -> anyhow::Result<()> {
        let versions = sequence(formers);
        if self.rewrapper.effect == Effect::Rehearse {
            for id in versions {
                let outcome = self.outcome(group, Some(&id), Status::Planned, String::new());
                self.note(&outcome)?;
            }
            return Ok(());
        }
        for former in formers
            .iter()
            .filter(|former| versions.contains(&former.id))
        {
            let Some(seen) = &former.seen else { continue };
            match self.rewrapper.refuse_obstacle(&group.key, seen).await {
                Ok(()) => {}
                Err(Unfinished::Left(status, why)) => {
                    let outcome = self.outcome(group, Some(&former.id), status, why);
                    return self.note(&outcome);
                }
                Err(Unfinished::Stop(error)) => return Err(error),
            }
        }
        let current = formers.first().and_then(|former| former.seen.as_ref());
        let onto = current.and_then(|seen| seen.e_tag()).unwrap_or_default();
        self.progress.replay = Some(Replay {
            key: group.key.clone(),
            versions,
            done: 0,
            onto: onto.to_owned(),
        });
        self.save()?;
        self.finish_replay().await
    }

    /// Writes the rest of the versions that are being written again, if there are any.
    pub(super) async fn finish_replay(&mut self) -> anyhow::Result<()> {
        while let Some(replay) = self.progress.replay.clone() {
            let Some(id) = replay.versions.get(replay.done) else {
                self.progress.replay = None;
                return self.save();
            };
            let group = Group {
                key: replay.key.clone(),
                ..Group::default()
            };
            let outcome = match self.write_again(&replay, id).await {
                Ok(onto) => {
                    self.progress.replay = Some(Replay {
                        done: replay.done + 1,
                        onto,
                        ..replay.clone()
                    });
                    self.outcome(&group, Some(id), Status::Rewrapped, String::new())
                }
                Err(Unfinished::Left(Status::Changed, why)) => {
                    // What was written meanwhile is newer than all of these, and current.
                    self.progress.replay = None;
                    self.outcome(&group, Some(id), Status::Changed, why)
                }
                Err(Unfinished::Left(_, why)) => anyhow::bail!(
                    "version {id} of {:?} could not be rewritten, and an older one may be current: {why}",
                    replay.key
                ),
                Err(Unfinished::Stop(error)) => return Err(error),
            };
            self.note(&outcome)?;
            self.save()?;
        }
        Ok(())
    }

    /// Writes one version over what is current; the entity tag of the copy.
    async fn write_again(&self, replay: &Replay, id: &str) -> Result<String, Unfinished> {
        let (rewrapper, key) = (self.rewrapper, replay.key.as_str());
        let former = rewrapper.look_at_version(key, id).await?;
        let gone = "it no longer exists, and newer versions are not rewritten";
        let seen = former
            .seen
            .ok_or_else(|| Unfinished::left(Status::Changed, gone))?;
        let (old, data_key) = match &former.found {
            VersionState::Old(key) => (Some(key), Some(key)),
            VersionState::NotOld(key) => (None, key.as_ref()),
            VersionState::Left(status, why) => return Err(Unfinished::left(*status, why.clone())),
        };
        let onto = match self.onto(replay, data_key).await? {
            Onto::Tag(onto) => onto,
            Onto::IsThis(etag) => return Ok(etag),
        };
        let bucket = rewrapper.target.bucket.as_str();
        let entry = rewrapper
            .entries
            .examine(&rewrapper.ring, bucket, &metadata(&seen))
            .await?;
        let entry = match entry {
            EntryState::Anew(text) => EntryState::Anew(text),
            _ => EntryState::Absent,
        };
        let changed = rewrapper.new_metadata(key, &seen, old, &entry).await?;
        let original = rewrapper.original(key, &seen, Some(id), &onto).await?;
        let copied = rewrapper.write(&original, &changed).await?;
        rewrapper
            .verify(&original, &changed, &copied, data_key)
            .await?;
        Ok(copied.etag.unwrap_or_default())
    }

    /// What is current: that on which the run counts, or the copy that an interrupted run has not remembered.
    async fn onto(
        &self,
        replay: &Replay,
        data_key: Option<&UnwrappedKey>,
    ) -> Result<Onto, Unfinished> {
        let target = &self.rewrapper.target;
        let current = match walk::head(target, &replay.key).await? {
            Inspected::Object(current) => current,
            Inspected::Gone | Inspected::UnderCustomerKey | Inspected::Refused(_) => {
                return Ok(Onto::Tag(replay.onto.clone()));
            }
        };
        let etag = current.e_tag().unwrap_or_default().to_owned();
        if etag != replay.onto
            && let Some(data_key) = data_key
            && let Some(opened) = self.rewrapper.examine_version(&current).await?
            && opened.key().is_some_and(|key| key.is_same_as(data_key))
        {
            return Ok(Onto::IsThis(etag));
        }
        Ok(Onto::Tag(replay.onto.clone()))
    }
}

enum Onto {
    Tag(String),
    /// The version is written already, under this entity tag.
    IsThis(String),
}

/// The ids of the versions to write, oldest first: from the oldest that has no successor under the new key to the current
/// one, without those that have one.
fn sequence(formers: &[Former]) -> Vec<String> {
    let has = |place: usize| match &formers[place].found {
        VersionState::Old(_) => Some(has_successor(&formers[..place], &formers[place])),
        VersionState::NotOld(_) | VersionState::Left(..) => None,
    };
    let oldest = (0..formers.len())
        .rev()
        .find(|place| has(*place) == Some(false));
    let places = (0..=oldest.unwrap_or_default()).rev();
    places
        .filter(|place| has(*place) != Some(true))
        .map(|place| formers[place].id.clone())
        .collect()
}
