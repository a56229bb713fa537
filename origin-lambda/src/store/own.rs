//! The bucket's calls for what is Keyfront's own: documents and objects whose keys are no
//! [`ObjectKey`](keyfront_names::ObjectKey)s.
//!
//! It knows no sites and no manifests: keys and bytes come in as values.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::{
    operation::put_object::builders::PutObjectFluentBuilder,
    primitives::{ByteStream, DateTime},
    types::{Delete, ObjectIdentifier},
};
use bytes::Bytes;

use super::{Store, arriving, decoded, failure, size, unexpected};
use crate::{encryption::ServerSide, error::Error, object::Precondition};

/// A small document of Keyfront's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDocument {
    /// Entity tag with its quotes.
    pub etag: String,
    /// One byte more than the limit at most, so that a longer one is seen to be.
    pub body: Bytes,
    /// When it was written.
    pub modified: SystemTime,
}

/// What tells one writing of a document from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnStamp {
    /// Entity tag with its quotes.
    pub etag: String,
    /// When it was written.
    pub modified: SystemTime,
}

/// A body to be read, and how long it is.
#[derive(Debug)]
pub struct OpenObject {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes of the whole object.
    pub size: u64,
    /// From the byte that was asked for.
    pub body: ByteStream,
}

/// Part of a listing of raw keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawKeys {
    /// Key and bytes, in the order of the keys' bytes.
    pub keys: Vec<(String, u64)>,
    /// The last one, where more follow.
    pub more_after: Option<String>,
}

impl Store {
    /// Reads a small document; `None` if there is none.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn own_document(
        &self,
        key: &str,
        limit: usize,
    ) -> Result<Option<OwnDocument>, Error> {
        let call = self.s3.get_object().bucket(self.bucket.as_str()).key(key);
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match failure::of("GetObject", error) {
                    Error::NotFound => Ok(None),
                    error => Err(error),
                };
            }
        };
        Ok(Some(OwnDocument {
            etag: answer.e_tag.unwrap_or_default(),
            modified: moment(answer.last_modified)?,
            body: arriving::bounded(answer.body, limit).await?,
        }))
    }

    /// Whether there is an object of this key.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn has_own(&self, key: &str) -> Result<bool, Error> {
        Ok(self.own_stamp(key).await?.is_some())
    }

    /// Which writing of a document is there; `None` if there is none.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn own_stamp(&self, key: &str) -> Result<Option<OwnStamp>, Error> {
        let call = self.s3.head_object().bucket(self.bucket.as_str()).key(key);
        match call.send().await {
            Ok(answer) => Ok(Some(OwnStamp {
                etag: answer.e_tag.unwrap_or_default(),
                modified: moment(answer.last_modified)?,
            })),
            Err(error) => match failure::of("HeadObject", error) {
                Error::NotFound => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Writes a small JSON document under the configured key. An answer that was lost, and the refusal of the attempt that
    /// follows it, are success where these very bytes are there.
    ///
    /// # Errors
    /// [`Error::Precondition`], [`Error::AlreadyExists`], or what S3 returned.
    pub async fn put_own(
        &self,
        key: &str,
        body: &[u8],
        precondition: &Precondition,
    ) -> Result<(), Error> {
        let Err(error) = self.own_put(key, body, precondition).send().await else {
            return Ok(());
        };
        let is_doubtful = matches!(failure::status(&error), None | Some(409 | 412 | 500..));
        let error = precondition.explain(failure::of("PutObject", error));
        if is_doubtful
            && let Ok(Some(there)) = self.own_document(key, body.len()).await
            && there.body == body
        {
            return Ok(());
        }
        Err(error)
    }

    fn own_put(
        &self,
        key: &str,
        body: &[u8],
        precondition: &Precondition,
    ) -> PutObjectFluentBuilder {
        let sse = ServerSide::Kms.request(&self.key_arn);
        let call = self
            .s3
            .put_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .content_type("application/json")
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key)
            .body(ByteStream::from(body.to_vec()));
        match precondition {
            Precondition::Absent => call.if_none_match("*"),
            Precondition::Matches(etag) => call.if_match(etag),
            Precondition::None => call,
        }
    }

    /// Writes the bytes of a document again, if it is still the one with this entity tag; its new entity tag.
    ///
    /// # Errors
    /// [`Error::Precondition`], or what S3 returned.
    pub async fn rewrite_own(&self, key: &str, body: &[u8], etag: &str) -> Result<String, Error> {
        let precondition = Precondition::Matches(etag.to_owned());
        match self.own_put(key, body, &precondition).send().await {
            Ok(answer) => Ok(answer.e_tag.unwrap_or_default()),
            Err(error) => Err(precondition.explain(failure::of("PutObject", error))),
        }
    }

    /// Deletes objects of these keys, 1,000 at most, whether they exist or not.
    ///
    /// # Errors
    /// What S3 returned, of one of them or of all.
    pub async fn delete_own(&self, keys: &[String]) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let objects = keys
            .iter()
            .map(|key| ObjectIdentifier::builder().key(key).build());
        let objects: Result<Vec<_>, _> = objects.collect();
        let delete = Delete::builder()
            .set_objects(Some(objects.map_err(unexpected)?))
            .quiet(true)
            .build()
            .map_err(unexpected)?;
        let call = self.s3.delete_objects().bucket(self.bucket.as_str());
        let answer = call.delete(delete).send().await;
        let answer = answer.map_err(|error| failure::of("DeleteObjects", error))?;
        match answer.errors().first() {
            None => Ok(()),
            Some(error) => Err(unexpected(format!(
                "{}: {}",
                error.code().unwrap_or("no code"),
                error.message().unwrap_or_default()
            ))),
        }
    }

    /// Lists up to `limit` (1..=1000) keys that start with `prefix`, behind `after`.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn raw_keys(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<RawKeys, Error> {
        let answer = self.list_page(prefix, after, limit, None).await?;
        let truncated = answer.is_truncated == Some(true);
        let encoding = answer.encoding_type.clone();
        let mut keys = Vec::new();
        for object in answer.contents.unwrap_or_default() {
            let key = decoded(object.key.as_deref(), encoding.as_ref())?;
            keys.push((key, size(object.size)?));
        }
        let last = keys.last().map(|(key, _)| key.clone());
        Ok(RawKeys {
            more_after: last.filter(|_| truncated),
            keys,
        })
    }

    /// Opens an object from its byte `first` on; `None` if there is none. With `etag`, only the one with that entity tag.
    ///
    /// # Errors
    /// [`Error::Precondition`] if it is another one by now; what S3 returned.
    pub async fn open_own(
        &self,
        key: &str,
        first: u64,
        etag: Option<&str>,
    ) -> Result<Option<OpenObject>, Error> {
        let call = self.s3.get_object().bucket(self.bucket.as_str()).key(key);
        let range = (first > 0).then(|| format!("bytes={first}-"));
        let call = call.set_range(range).set_if_match(etag.map(str::to_owned));
        match call.send().await {
            Ok(answer) => Ok(Some(OpenObject {
                etag: answer.e_tag.clone().unwrap_or_default(),
                size: first + size(answer.content_length)?,
                body: answer.body,
            })),
            Err(error) => match failure::of("GetObject", error) {
                Error::NotFound => Ok(None),
                error => Err(error),
            },
        }
    }
}

/// A moment that S3 always reports.
fn moment(reported: Option<DateTime>) -> Result<SystemTime, Error> {
    let millis = reported.and_then(|at| at.to_millis().ok());
    let millis = millis.and_then(|millis| u64::try_from(millis).ok());
    let millis = millis.ok_or_else(|| unexpected("an object without a time"))?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
}
