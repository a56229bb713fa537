//! The bucket: the calls to S3 the origin makes, with their answers judged.
//!
//! It knows no publishers and no HTTP requests; keys and policies come in as values.

mod answers;
mod client;
mod failure;
mod multipart;

use std::{collections::HashMap, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{Config as S3Config, timeout::TimeoutConfig},
    operation::put_object::PutObjectOutput,
    primitives::ByteStream,
    types::{EncodingType, ServerSideEncryption},
};
use bytes::Bytes;
use keyfront_names::ObjectKey;

pub use self::{
    answers::{Described, Encryption, Entry, Listing, PolicyDocument, Stored},
    client::{client, default_credentials},
    multipart::{Landed, StoredPart},
};
pub(crate) use self::{
    client::{CONNECT, http_client},
    failure::unsent,
};
use crate::{
    config::KeyArn,
    encryption::ServerSide,
    error::{Error, Fault, Source},
    form_encoding,
    publish::{Payload, Plan, Precondition},
    publisher::POLICY_KEY,
};

/// The bucket.
#[derive(Debug, Clone)]
pub struct Store {
    s3: Client,
    bucket: String,
    key_arn: KeyArn,
}

impl Store {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// A bucket behind an S3 client, with the key every object must be encrypted with.
    pub fn new(s3: Client, bucket: String, key_arn: KeyArn) -> Self {
        Self {
            s3,
            bucket,
            key_arn,
        }
    }

    /// Stores an object and verifies that S3 applied the encryption that was asked for; an object
    /// stored otherwise is deleted again.
    ///
    /// # Errors
    /// What S3 answered; what was wrong with the body; [`Error::Encryption`]. Nothing is stored then,
    /// unless the deletion after an [`Error::Encryption`] failed too, which the log tells.
    pub async fn put(
        &self,
        key: &ObjectKey,
        plan: &Plan,
        payload: Payload,
    ) -> Result<Stored, Error> {
        let Payload {
            stream,
            size,
            fault,
        } = payload;
        let request = self
            .s3
            .put_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .server_side_encryption(plan.encryption.server_side().header_value().into())
            .set_ssekms_key_id(self.asked_key(plan.encryption.server_side()))
            .set_bucket_key_enabled(
                (plan.encryption.server_side() == ServerSide::Kms).then_some(true),
            )
            .set_metadata(Some(metadata(&plan.metadata)))
            .content_type(plan.content_type.as_str())
            .cache_control(&plan.cache_control)
            .set_content_disposition(plan.content_disposition.map(str::to_owned))
            .set_content_encoding(plan.content_encoding.clone());
        let request = match &plan.precondition {
            Precondition::Absent => request.if_none_match("*"),
            Precondition::Matches(etag) => request.if_match(etag),
            Precondition::None => request,
        };
        let sent = request
            .set_checksum_sha256(plan.sha256.clone())
            .set_content_md5(plan.md5.clone())
            .content_length(i64::try_from(size).map_err(|_| Error::BodyIncomplete)?)
            .body(stream)
            .customize()
            .config_override(S3Config::builder().timeout_config(allowance(size)))
            .send()
            .await;
        match sent {
            Ok(answer) => self.verified(key, plan, &answer).await,
            // The body's own fault is the cause; what S3's client made of it is not.
            Err(error) => Err(match fault.found() {
                Some(fault) => fault.into(),
                None => plan.precondition.explain(failure::of("PutObject", error)),
            }),
        }
    }

    /// The key S3 is asked to use.
    fn asked_key(&self, server_side: ServerSide) -> Option<String> {
        match server_side {
            ServerSide::Kms | ServerSide::DsseKms => Some(self.key_arn.as_str().to_owned()),
            ServerSide::S3 => None,
        }
    }

    async fn verified(
        &self,
        key: &ObjectKey,
        plan: &Plan,
        answer: &PutObjectOutput,
    ) -> Result<Stored, Error> {
        let asked = plan.encryption.server_side();
        let applied = self.encryption(answer.server_side_encryption(), answer.ssekms_key_id());
        let holds = applied == Encryption::Applied(asked)
            && asked.has_bucket_key(answer.bucket_key_enabled());
        match answer.e_tag() {
            Some(etag) if holds => Ok(Stored {
                etag: etag.to_owned(),
            }),
            _ => {
                self.remove_unverified(key, answer).await;
                let applied = format!(
                    "{:?} under {:?}, bucket key {:?}",
                    answer.server_side_encryption(),
                    answer.ssekms_key_id(),
                    answer.bucket_key_enabled()
                );
                Err(Error::Encryption { applied })
            }
        }
    }

    /// Deletes what was just stored, by its entity tag, so that what another writer has stored since stays.
    /// In a bucket with versions it is hidden by a delete marker: deleting the version itself would need
    /// s3:DeleteObjectVersion, with which the origin could destroy every object's history.
    async fn remove_unverified(&self, key: &ObjectKey, answer: &PutObjectOutput) {
        let removal = self
            .s3
            .delete_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .set_if_match(answer.e_tag().map(str::to_owned))
            .send()
            .await;
        match removal.map_err(|error| failure::of("DeleteObject", error)) {
            // Replaced or deleted by someone else: gone either way.
            Ok(_) | Err(Error::Precondition | Error::NotFound) => {}
            Err(error) => {
                tracing::error!(%error, key = key.as_str(), "a wrongly encrypted object is left");
            }
        }
    }

    fn encryption(&self, applied: Option<&ServerSideEncryption>, key: Option<&str>) -> Encryption {
        let configured = key == Some(self.key_arn.as_str());
        match applied {
            Some(ServerSideEncryption::AwsKms) if configured => {
                Encryption::Applied(ServerSide::Kms)
            }
            Some(ServerSideEncryption::AwsKmsDsse) if configured => {
                Encryption::Applied(ServerSide::DsseKms)
            }
            Some(ServerSideEncryption::Aes256) if key.is_none() => {
                Encryption::Applied(ServerSide::S3)
            }
            _ => Encryption::Other,
        }
    }

    /// Describes an object.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 answered.
    pub async fn describe(&self, key: &ObjectKey) -> Result<Described, Error> {
        let call = self.s3.head_object().bucket(&self.bucket).key(key.as_str());
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of("HeadObject", error))?;
        Ok(Described {
            size: size(answer.content_length())?,
            encryption: self.encryption(answer.server_side_encryption(), answer.ssekms_key_id()),
            etag: answer.e_tag,
            content_type: answer.content_type,
            content_encoding: answer.content_encoding,
            content_disposition: answer.content_disposition,
            cache_control: answer.cache_control,
            last_modified: answer.last_modified,
            metadata: answer.metadata.unwrap_or_default(),
        })
    }

    /// How long caches may keep the object there is now. One that is missing or cannot be described can
    /// still be deleted or replaced: its copies live as long as `otherwise` says.
    pub async fn cache_control(&self, key: &ObjectKey, otherwise: &str) -> Option<String> {
        match self.describe(key).await {
            Ok(found) => found.cache_control,
            Err(_) => Some(otherwise.to_owned()),
        }
    }

    /// Opens the body of the object that still has the entity tag `etag`: all of it, or the bytes
    /// from `first` to `last`.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::WriteConflict`] if the object is another one by now; what S3
    /// answered.
    pub async fn read(
        &self,
        key: &ObjectKey,
        etag: &str,
        range: Option<(u64, u64)>,
    ) -> Result<ByteStream, Error> {
        let call = self
            .s3
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .if_match(etag)
            .set_range(range.map(|(first, last)| format!("bytes={first}-{last}")));
        match call.send().await {
            Ok(answer) => Ok(answer.body),
            Err(error) => Err(match failure::of("GetObject", error) {
                Error::Precondition => Error::WriteConflict,
                error => error,
            }),
        }
    }

    /// Reads a small companion of an object, its instruction file: at most `limit` bytes and one,
    /// so that a longer one is seen to be.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 answered.
    pub async fn read_companion(&self, key: &ObjectKey, limit: usize) -> Result<Bytes, Error> {
        let call = self.s3.get_object().bucket(&self.bucket).key(key.as_str());
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of("GetObject", error))?;
        read_bounded(answer.body, limit).await
    }

    /// Deletes an object, whether it exists or not; with `if_match`, only the one with that entity tag.
    ///
    /// # Errors
    /// [`Error::Precondition`], or what S3 answered.
    pub async fn delete(&self, key: &ObjectKey, if_match: Option<&str>) -> Result<(), Error> {
        if let Some(etag) = if_match {
            // S3 judges the condition atomically below; stores that ignore it are caught here.
            match self.describe(key).await {
                Ok(Described {
                    etag: Some(current),
                    ..
                }) if etag == "*" || etag == current => {}
                Ok(_) | Err(Error::NotFound) => return Err(Error::Precondition),
                Err(error) => return Err(error),
            }
        }
        let call = self
            .s3
            .delete_object()
            .bucket(&self.bucket)
            .key(key.as_str());
        match call.set_if_match(if_match.map(str::to_owned)).send().await {
            Ok(_) => Ok(()),
            Err(error) => match failure::of("DeleteObject", error) {
                Error::NotFound if if_match.is_some() => Err(Error::Precondition),
                Error::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Lists up to `limit` (1..=1000) objects whose keys start with `prefix`, after the key `after`.
    ///
    /// # Errors
    /// What S3 answered.
    pub async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<Listing, Error> {
        let answer = self
            .s3
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            .max_keys(i32::from(limit))
            // Keys that XML cannot carry would make the whole listing unreadable.
            .encoding_type(EncodingType::Url)
            .send()
            .await
            .map_err(|error| failure::of("ListObjectsV2", error))?;
        let encoded = answer.encoding_type() == Some(&EncodingType::Url);
        let truncated = answer.is_truncated() == Some(true);
        let mut listing = Listing {
            entries: Vec::new(),
            more_after: None,
        };
        for object in answer.contents.unwrap_or_default() {
            let told = object.key.unwrap_or_default();
            let key = if encoded {
                form_encoding::decode(&told).map_err(unexpected)?
            } else {
                told
            };
            if truncated {
                listing.more_after = Some(key.clone());
            }
            // A key that is not servable was written by someone else: it is not told.
            let Ok(key) = ObjectKey::new(key) else {
                continue;
            };
            listing.entries.push(Entry {
                key,
                etag: object.e_tag,
                size: size(object.size)?,
                last_modified: object.last_modified,
            });
        }
        Ok(listing)
    }

    /// Reads the publishers' policy unless it is still the one `etag` names.
    ///
    /// # Errors
    /// [`Error::PolicyMissing`], or what S3 answered.
    pub async fn read_policy(&self, etag: Option<&str>) -> Result<PolicyDocument, Error> {
        let call = self.s3.get_object().bucket(&self.bucket).key(POLICY_KEY);
        let answer = match call.set_if_none_match(etag.map(str::to_owned)).send().await {
            Ok(answer) => answer,
            Err(error) if failure::status(&error) == Some(304) => {
                return Ok(PolicyDocument::Unchanged);
            }
            Err(error) => {
                return Err(match failure::of("GetObject", error) {
                    Error::NotFound => Error::PolicyMissing,
                    error => error,
                });
            }
        };
        let etag = answer.e_tag;
        let body = read_bounded(answer.body, crate::publisher::MAX_DOCUMENT).await?;
        Ok(PolicyDocument::Read { etag, body })
    }
}

/// Reads a small body; one byte over the limit is enough for its parser to refuse it.
async fn read_bounded(mut stream: ByteStream, limit: usize) -> Result<Bytes, Error> {
    let mut body = Vec::new();
    while body.len() <= limit {
        match stream.try_next().await {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => break,
            Err(source) => {
                return Err(broken_off(source));
            }
        }
    }
    Ok(body.into())
}

/// A body that S3 began and did not finish.
pub(crate) fn broken_off(source: impl Into<Source>) -> Error {
    Error::Upstream {
        operation: "GetObject",
        fault: Fault::Unavailable,
        source: source.into(),
    }
}

fn metadata(entries: &[(&'static str, String)]) -> HashMap<String, String> {
    let own = |(name, value): &(&'static str, String)| ((*name).to_owned(), value.clone());
    entries.iter().map(own).collect()
}

fn size(told: Option<i64>) -> Result<u64, Error> {
    told.and_then(|size| u64::try_from(size).ok())
        .ok_or_else(|| unexpected("an object without a size"))
}

/// An answer that S3 does not give.
fn unexpected(source: impl Into<Source>) -> Error {
    Error::Upstream {
        operation: "answer",
        fault: Fault::Unexpected,
        source: source.into(),
    }
}

/// Time one upload may take: 20 seconds, and what its bytes need at 64 KiB a second. The body's own
/// pauses are bounded where it is read.
fn allowance(size: u64) -> TimeoutConfig {
    let transfer = Duration::from_secs(size >> 16);
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(20) + transfer)
        .disable_read_timeout()
        .disable_operation_timeout()
        .build()
}
