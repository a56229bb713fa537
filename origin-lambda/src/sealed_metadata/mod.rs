//! Sealed metadata: what an object's publisher said about it - file name, tags - and who stored it
//! when, readable for publishers and for nobody who merely sees the bucket.
//!
//! One data key serves a publisher for a day. It is bound to bucket and publisher by its KMS
//! context, each entry to its object by the object's key. The wrapped key travels in each entry, so
//! that a page of a listing costs one call to KMS for each distinct wrapped key.
//!
//! It does not judge who may see the result.

mod day_keys;
mod details;
mod entry;

use std::{collections::HashMap, time::Duration};

use aes_gcm::{
    Nonce,
    aead::{Aead as _, Payload},
};
use keyfront_names::ObjectKey;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::{day_keys::DayKeys, entry::Entry};
pub use self::{details::Details, entry::NAME};
use crate::{
    encryption::metadata_context,
    error::Error,
    kms::{KeyCache, Kms},
};

/// Opened data keys kept, and for how long: a withdrawn grant counts after that time.
const OPENED_KEYS: usize = 256;
const OPENED_LIFE: Duration = Duration::from_secs(300);

/// Seals and opens.
#[derive(Debug)]
pub struct SealedMetadata {
    kms: Kms,
    bucket: String,
    current: DayKeys,
    opened: KeyCache,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsealed {
    /// Id of the publisher who stored the object.
    pub uploader: String,
    /// When, in seconds since 1970.
    pub uploaded_at: i64,
    /// The file's name as the publisher told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The publisher's tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What an object has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No entry.
    Absent,
    /// An entry that was altered, moved from another object, or is not one of ours.
    Invalid,
    /// An entry.
    Unsealed(Unsealed),
}

impl SealedMetadata {
    /// Metadata of the objects of `bucket`.
    pub fn new(kms: Kms, bucket: String) -> Self {
        Self {
            kms,
            bucket,
            current: DayKeys::default(),
            opened: KeyCache::new(OPENED_KEYS, OPENED_LIFE),
        }
    }

    /// Seals an object's details for its user metadata, as name (without `x-amz-meta-`) and value.
    ///
    /// # Errors
    /// [`Error::MetadataTooLarge`]; what KMS answered.
    pub async fn seal(
        &self,
        publisher: &str,
        key: &ObjectKey,
        details: &Details,
        now: OffsetDateTime,
    ) -> Result<(&'static str, String), Error> {
        let content = Unsealed {
            uploader: publisher.to_owned(),
            uploaded_at: now.unix_timestamp(),
            file_name: details.file_name.clone(),
            tags: details.tags.clone(),
        };
        let too_large = || Error::MetadataTooLarge("file name and tags are too long together");
        // Strings and a number: writing JSON cannot fail for them.
        let plain = Zeroizing::new(serde_json::to_vec(&content).map_err(|_| too_large())?);
        let context = metadata_context(&self.bucket, publisher);
        let day_key = self
            .current
            .of(&self.kms, publisher, &context, now.date())
            .await?;
        let mut nonce = [0; entry::NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(Error::Randomness)?;
        let bound = Payload {
            msg: &plain,
            aad: key.as_str().as_bytes(),
        };
        let sealed = day_key
            .plain
            .cipher()
            .encrypt(&Nonce::from(nonce), bound)
            .map_err(|_| too_large())?;
        let entry = Entry {
            publisher,
            wrapped: &day_key.wrapped,
            nonce,
            sealed: &sealed,
        };
        let text = entry.written().ok_or_else(too_large)?;
        Ok((NAME, text))
    }

    /// Opens what an object's user metadata holds.
    ///
    /// # Errors
    /// What KMS answered; an entry that is not valid is no error.
    pub async fn open(
        &self,
        key: &ObjectKey,
        metadata: &HashMap<String, String>,
    ) -> Result<Found, Error> {
        let Some(text) = metadata.get(NAME) else {
            return Ok(Found::Absent);
        };
        let Some(bytes) = entry::decoded(text) else {
            return Ok(Found::Invalid);
        };
        let Some(entry) = Entry::read(&bytes) else {
            return Ok(Found::Invalid);
        };
        let context = metadata_context(&self.bucket, entry.publisher);
        let data_key = match self.opened.open(&self.kms, entry.wrapped, &context).await {
            Ok(data_key) => data_key,
            Err(Error::DataKeyRefused(_)) => return Ok(Found::Invalid),
            Err(error) => return Err(error),
        };
        let bound = Payload {
            msg: entry.sealed,
            aad: key.as_str().as_bytes(),
        };
        let opened = data_key
            .cipher()
            .decrypt(&Nonce::from(entry.nonce), bound)
            .map(Zeroizing::new);
        let content = opened
            .ok()
            .and_then(|plain| serde_json::from_slice::<Unsealed>(&plain).ok());
        Ok(match content {
            Some(content) if content.uploader == entry.publisher => Found::Unsealed(content),
            _ => Found::Invalid,
        })
    }
}
