//! Seals and opens what an object's publisher said about it - file name, tags - and who stored it
//! when: readable for publishers and for nobody who merely sees the bucket. Its form is
//! [`keyfront_origin_core::sealed_metadata`]'s.
//!
//! One data key serves a publisher for a day. It is bound to bucket and publisher by its KMS
//! context, each entry to its object by the object's key. The wrapped key travels in each entry, so
//! that a page of a listing costs one call to KMS for each distinct wrapped key.
//!
//! It does not decide who may see the result.

mod day_keys;

use std::{collections::HashMap, time::Duration};

use aes_gcm::{
    Nonce,
    aead::{Aead as _, Payload},
};
use keyfront_names::ObjectKey;
use keyfront_origin_core::sealed_metadata::{
    Details, MetadataRead, NAME, NONCE_LENGTH, SealedEntry, Unsealed, decoded,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use self::day_keys::DayKeys;
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
    /// [`Error::MetadataTooLarge`]; what KMS returned.
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
            fields: details.fields.clone(),
        };
        let too_large =
            || Error::MetadataTooLarge("file name, tags and fields are too long in total");
        // Strings and a number: writing JSON cannot fail for them.
        let plain = Zeroizing::new(serde_json::to_vec(&content).map_err(|_| too_large())?);
        let context = metadata_context(&self.bucket, publisher);
        let day_key = self
            .current
            .of(&self.kms, publisher, &context, now.date())
            .await?;
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(|error| Error::Randomness(error.into()))?;
        let bound = Payload {
            msg: &plain,
            aad: key.as_str().as_bytes(),
        };
        let sealed = day_key
            .plain
            .cipher()
            .encrypt(&Nonce::from(nonce), bound)
            .map_err(|_| too_large())?;
        let entry = SealedEntry {
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
    /// What KMS returned; an entry that is not valid is no error.
    pub async fn open(
        &self,
        key: &ObjectKey,
        metadata: &HashMap<String, String>,
    ) -> Result<MetadataRead, Error> {
        let Some(text) = metadata.get(NAME) else {
            return Ok(MetadataRead::Absent);
        };
        let Some(bytes) = decoded(text) else {
            return Ok(MetadataRead::Invalid);
        };
        let Some(entry) = SealedEntry::read(&bytes) else {
            return Ok(MetadataRead::Invalid);
        };
        let context = metadata_context(&self.bucket, entry.publisher);
        let data_key = match self.opened.open(&self.kms, entry.wrapped, &context).await {
            Ok(data_key) => data_key,
            Err(Error::DataKeyRefused(_)) => return Ok(MetadataRead::Invalid),
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
            Some(content) if content.uploader == entry.publisher => MetadataRead::Unsealed(content),
            _ => MetadataRead::Invalid,
        })
    }
}
