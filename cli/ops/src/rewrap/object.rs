//! One object: looked at, wrapped anew, written, verified. What is written is `write`'s, what is found `examine`'s.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use keyfront_envelope::{MAX_SEALED_METADATA, UnwrappedKey};
use keyfront_origin_core::sealed_metadata::NAME;

use super::{
    examine::{Examined, Located, Metadata, is_instruction_file, metadata},
    key_ring::Opened,
    outcome::{Outcome, Status},
    rewrapper::{Effect, Rewrapper},
    sealed_entry::EntryState,
    unfinished::Unfinished,
};
use crate::objects::{
    copy, lock,
    walk::{self, Inspected, UNDER_CUSTOMER_KEY},
};

impl Rewrapper {
    /// Treats the object `key`.
    ///
    /// # Errors
    /// S3 or KMS cannot be reached, or a key is unusable: the run should stop and be resumed.
    pub(super) async fn rewrap(&self, key: &str) -> anyhow::Result<Outcome> {
        let outcome = |status, detail, rests_under_old| Outcome {
            key: key.to_owned(),
            version: None,
            status,
            detail,
            rests_under_old,
        };
        let seen = match walk::head_with_checksums(&self.target, key, None).await? {
            Inspected::Gone => return Ok(outcome(Status::Gone, String::new(), false)),
            Inspected::UnderCustomerKey => {
                let why = UNDER_CUSTOMER_KEY.to_owned();
                return Ok(outcome(Status::NotChecked, why, false));
            }
            Inspected::Refused(why) => return Ok(outcome(Status::NotChecked, why, false)),
            Inspected::Object(seen) => seen,
        };
        if is_instruction_file(&seen) {
            return Ok(outcome(Status::InstructionFile, String::new(), false));
        }
        match self.rewrap_seen(key, &seen).await {
            Ok((status, rests)) => Ok(outcome(status, String::new(), rests)),
            Err(Unfinished::Left(status, why)) => Ok(outcome(status, why, false)),
            Err(Unfinished::Stop(error)) => Err(error.context(format!("object {key:?}"))),
        }
    }

    /// What was done, and whether S3 still keeps the object or its instruction file under an old key.
    async fn rewrap_seen(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
    ) -> Result<(Status, bool), Unfinished> {
        let examined = self.examine(key, seen).await?;
        if !examined.is_sealed() {
            return Ok((Status::NotSealed, false));
        }
        let old = self.old_key(&examined)?;
        let status = self.treat(key, seen, &examined, old).await?;
        if examined.entry == EntryState::Unknown {
            let why =
                "none of the keys decrypts its sealed file name and tags; its content is handled";
            return Err(Unfinished::left(Status::UnknownWrapping, why));
        }
        let file_rests = match &examined.envelope {
            Located::InFile(file, _) => self.is_old(file.seen.ssekms_key_id()),
            Located::Nowhere | Located::OnObject(_) => false,
        };
        // A dry run says what would be left.
        let is_written = matches!(status, Status::Rewrapped | Status::Planned);
        let moved = is_written && self.storage_key.is_some();
        let rests = file_rests || self.is_old(seen.ssekms_key_id());
        Ok((status, rests && !moved))
    }

    /// The data key, where an old key opens it.
    pub(super) fn old_key<'e>(
        &self,
        examined: &'e Examined,
    ) -> Result<Option<&'e UnwrappedKey>, Unfinished> {
        match examined.opened() {
            None | Some(Opened::ByNew(_)) => Ok(None),
            Some(Opened::ByOld(key)) => Ok(Some(key)),
            Some(Opened::ByNone) => Err(Unfinished::left(
                Status::UnknownWrapping,
                "none of the keys decrypts it; give the key that wrapped it with --from",
            )),
            Some(Opened::NotItsOwn) => Err(Unfinished::left(
                Status::Broken,
                "the data key does not match its key commitment; upload it again",
            )),
        }
    }

    async fn treat(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
        examined: &Examined,
        old: Option<&UnwrappedKey>,
    ) -> Result<Status, Unfinished> {
        let on_object = matches!(examined.envelope, Located::OnObject(_));
        let moves = |key| self.storage_key.is_some() && self.is_old(key);
        let anew = matches!(examined.entry, EntryState::Anew(_));
        let copies = (on_object && old.is_some()) || anew || moves(seen.ssekms_key_id());
        let file = match &examined.envelope {
            Located::InFile(file, opened) => Some((file, opened)),
            Located::Nowhere | Located::OnObject(_) => None,
        };
        let file = file.filter(|(file, _)| old.is_some() || moves(file.seen.ssekms_key_id()));
        if !copies && file.is_none() {
            return Ok(Status::Already);
        }
        if copies {
            self.refuse_obstacle(key, seen).await?;
        }
        if self.effect == Effect::Rehearse {
            return Ok(Status::Planned);
        }
        if let Some((file, opened)) = file {
            self.rewrap_file(key, seen, file, opened).await?;
        }
        if copies {
            let wrapped = old.filter(|_| on_object);
            let metadata = self
                .new_metadata(key, seen, wrapped, &examined.entry)
                .await?;
            let onto = seen.e_tag().unwrap_or_default();
            let original = self.original(key, seen, None, onto).await?;
            let copied = self.write(&original, &metadata).await?;
            let keys = examined
                .opened()
                .filter(|_| on_object)
                .and_then(Opened::key);
            self.verify(&original, &metadata, &copied, keys).await?;
        }
        Ok(Status::Rewrapped)
    }

    /// The metadata with a new wrap for `old`, and with the entry under the new key.
    pub(super) async fn new_metadata(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
        old: Option<&UnwrappedKey>,
        entry: &EntryState,
    ) -> Result<Metadata, Unfinished> {
        let mut changed = metadata(seen);
        if let Some(old) = old {
            let wrapped = self.ring.wrap(key, old).await?;
            changed = wrapped.replace_in(changed)?.into_iter().collect();
        }
        if let EntryState::Anew(text) = entry {
            changed.insert(NAME.to_owned(), text.clone());
        }
        let size = changed.iter().map(|(name, value)| name.len() + value.len());
        let size: usize = size.sum();
        if size > MAX_SEALED_METADATA {
            let why =
                format!("with the new key its metadata would have {size} bytes, S3 allows 2048");
            return Err(Unfinished::left(Status::NotCopied, why));
        }
        Ok(changed)
    }

    /// Refuses what a copy could not do, or would lose.
    pub(super) async fn refuse_obstacle(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
    ) -> Result<(), Unfinished> {
        let why = match copy::obstacle(seen) {
            Some(why) => Some(why),
            None if seen.missing_meta().unwrap_or_default() > 0 => Some(
                "it has metadata that S3 cannot return as headers, and a copy would lose them"
                    .to_owned(),
            ),
            None => lock::obstacle(&self.target, &self.lock, key, seen).await?,
        };
        match why {
            Some(why) => Err(Unfinished::left(Status::NotCopied, why)),
            None => Ok(()),
        }
    }
}
