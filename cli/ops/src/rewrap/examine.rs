//! What of an object is wrapped, and by whose key.

use std::collections::BTreeMap;

use aws_sdk_s3::operation::{get_object::GetObjectOutput, head_object::HeadObjectOutput};
use keyfront_envelope::{
    INSTRUCTION_FILE_MARKER, MAX_INSTRUCTION_FILE, Rewrapping, SplitEnvelope, WrappedEnvelope,
    begin_rewrap, instruction_file_key,
};

use super::{
    key_ring::Opened, outcome::Status, rewrapper::Rewrapper, sealed_entry::EntryState,
    unfinished::Unfinished,
};
use crate::aws::call_error;

/// An object's user metadata.
pub(super) type Metadata = BTreeMap<String, String>;

/// What was found.
#[derive(Debug)]
pub(super) struct Examined {
    pub(super) envelope: Located,
    pub(super) entry: EntryState,
}

/// Where the wrapped key is.
#[derive(Debug)]
pub(super) enum Located {
    /// The object is no envelope.
    Nowhere,
    OnObject(Opened),
    InFile(Box<InstructionFile>, Opened),
}

/// An instruction file as it was read.
#[derive(Debug)]
pub(super) struct InstructionFile {
    pub(super) key: String,
    /// Its headers; the body was taken out.
    pub(super) seen: GetObjectOutput,
    pub(super) body: Vec<u8>,
}

impl Examined {
    pub(super) fn is_sealed(&self) -> bool {
        !matches!(self.envelope, Located::Nowhere) || self.entry != EntryState::Absent
    }

    pub(super) fn opened(&self) -> Option<&Opened> {
        match &self.envelope {
            Located::Nowhere => None,
            Located::OnObject(opened) | Located::InFile(_, opened) => Some(opened),
        }
    }
}

pub(super) fn metadata(seen: &HeadObjectOutput) -> Metadata {
    let entries = seen.metadata().into_iter().flatten();
    entries
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

pub(super) fn is_instruction_file(seen: &HeadObjectOutput) -> bool {
    seen.metadata()
        .is_some_and(|metadata| metadata.contains_key(INSTRUCTION_FILE_MARKER))
}

impl Rewrapper {
    /// Examines the current version of an object.
    pub(super) async fn examine(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
    ) -> Result<Examined, Unfinished> {
        let metadata = metadata(seen);
        let envelope = match begin_rewrap(&metadata)? {
            Rewrapping::NeedsKey(envelope) => Located::OnObject(self.ring.open(&envelope).await?),
            Rewrapping::NeedsInstructionFile(split) => self.examine_file(key, split).await?,
        };
        let entry = self
            .entries
            .examine(&self.ring, self.target.bucket.as_str(), &metadata)
            .await?;
        Ok(Examined { envelope, entry })
    }

    /// Examines a version that is not current, whose instruction file nobody can tell.
    pub(super) async fn examine_version(
        &self,
        seen: &HeadObjectOutput,
    ) -> Result<Option<Opened>, Unfinished> {
        match begin_rewrap(metadata(seen))? {
            Rewrapping::NeedsKey(envelope) => Ok(Some(self.ring.open(&envelope).await?)),
            Rewrapping::NeedsInstructionFile(split) if split.is_certain() => {
                let why = "its wrapped key is in an instruction file, whose versions are not paired with its own";
                Err(Unfinished::left(Status::NotChecked, why))
            }
            Rewrapping::NeedsInstructionFile(_) => Ok(None),
        }
    }

    async fn examine_file(&self, key: &str, split: SplitEnvelope) -> Result<Located, Unfinished> {
        let certain = split.is_certain();
        match self.instruction_file(key).await? {
            Some(file) => {
                let envelope = split.supply(&file.body)?;
                let opened = self.ring.open(&envelope).await?;
                Ok(Located::InFile(Box::new(file), opened))
            }
            None if certain => {
                let why = "its wrapped key should be in an instruction file, which is missing";
                Err(Unfinished::left(Status::Broken, why))
            }
            None => Ok(Located::Nowhere),
        }
    }

    /// The instruction file of the object `key`, if it has one.
    async fn instruction_file(&self, key: &str) -> Result<Option<InstructionFile>, Unfinished> {
        let key = instruction_file_key(key);
        let call = self
            .target
            .s3
            .get_object()
            .bucket(self.target.bucket.as_str());
        // No more than what is refused is read.
        let call = call
            .key(&key)
            .range(format!("bytes=0-{MAX_INSTRUCTION_FILE}"));
        let mut seen = match call.send().await {
            Ok(seen) => seen,
            Err(error) => {
                let status = error.raw_response().map(|answer| answer.status().as_u16());
                return match status {
                    // 416: it is empty, and no instruction file. 400: a key too long for S3.
                    Some(400 | 404 | 416) => Ok(None),
                    Some(403) => Err(Unfinished::left(
                        Status::NotChecked,
                        "S3 denies reading its instruction file; s3:GetObject and s3:ListBucket are needed",
                    )),
                    _ => Err(Unfinished::Stop(call_error(error))),
                };
            }
        };
        let body = std::mem::take(&mut seen.body).collect().await;
        let body = body
            .map_err(|error| Unfinished::Stop(error.into()))?
            .to_vec();
        Ok(Some(InstructionFile { key, seen, body }))
    }

    /// The envelope of an object whose instruction file was written, as it is now.
    pub(super) async fn envelope_by_file(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
    ) -> Result<Option<(InstructionFile, WrappedEnvelope)>, Unfinished> {
        let Rewrapping::NeedsInstructionFile(split) = begin_rewrap(metadata(seen))? else {
            return Ok(None);
        };
        let Some(file) = self.instruction_file(key).await? else {
            return Ok(None);
        };
        let envelope = split.supply(&file.body)?;
        Ok(Some((file, envelope)))
    }
}
