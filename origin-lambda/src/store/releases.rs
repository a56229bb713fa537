//! The bucket's calls for releases, whose keys are Keyfront's own and no [`ObjectKey`](keyfront_names::ObjectKey)s.
//!
//! It knows no sites and no manifests: keys, bytes and headers come in as values.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    operation::put_object::builders::PutObjectFluentBuilder,
    primitives::{ByteStream, DateTime},
    types::{
        ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
        Delete, MetadataDirective, ObjectIdentifier,
    },
};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::{
    releases::{self, HeldObject, TreeObject},
    versions::{MAX_COPY, part_ranges},
};
use keyfront_sigv4::uri_encoding::encode_path;

use super::{Store, applied::applied, arriving, decoded, failure, size, unexpected};
use crate::{
    encryption::{ServerSide, SseApplied},
    error::Error,
    object::{Precondition, StoredPart},
};

/// Parts that S3 copies at a time.
const PARTS_AT_ONCE: usize = 8;

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
        let call = self.s3.head_object().bucket(self.bucket.as_str()).key(key);
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) => match failure::of("HeadObject", error) {
                Error::NotFound => Ok(false),
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

    /// Writes the bytes of a document again, if it is still the one with this entity tag.
    ///
    /// # Errors
    /// [`Error::Precondition`], or what S3 returned.
    pub async fn rewrite_own(&self, key: &str, body: &[u8], etag: &str) -> Result<(), Error> {
        let precondition = Precondition::Matches(etag.to_owned());
        match self.own_put(key, body, &precondition).send().await {
            Ok(_) => Ok(()),
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

    /// What S3 says of an object of a release; `None` if there is none.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn held_object(&self, key: &str) -> Result<Option<HeldObject>, Error> {
        let call = self.s3.head_object().bucket(self.bucket.as_str()).key(key);
        let answer = match call.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match failure::of("HeadObject", error) {
                    Error::NotFound => Ok(None),
                    error => Err(error),
                };
            }
        };
        Ok(Some(HeldObject {
            size: size(answer.content_length())?,
            etag: answer.e_tag.unwrap_or_default(),
            content_headers: [
                answer.content_type,
                answer.cache_control,
                answer.content_encoding,
                answer.content_disposition,
                answer.content_language,
                answer.expires_string,
            ],
            metadata: answer.metadata.unwrap_or_default(),
            encryption: SseApplied {
                algorithm: answer
                    .server_side_encryption
                    .map(|sse| sse.as_str().to_owned()),
                key_id: answer.ssekms_key_id,
                bucket_key: answer.bucket_key_enabled,
                customer_algorithm: answer.sse_customer_algorithm,
                customer_key_md5: answer.sse_customer_key_md5,
            },
            sha256: answer.checksum_sha256,
        }))
    }

    /// Begins a multipart upload of an object of a release; S3's id of it.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn begin_release_parts(
        &self,
        key: &str,
        object: &TreeObject<'_>,
    ) -> Result<String, Error> {
        let sse = ServerSide::Kms.request(&self.key_arn);
        let call = self
            .s3
            .create_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(key)
            .content_type(object.media_type)
            .cache_control(object.cache)
            .set_content_encoding(object.tree.content_encoding().map(str::to_owned))
            .set_metadata(Some(metadata(object)))
            // Needs nothing from the parts' senders. The SHA-256 of the whole is computed when the release is verified.
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject)
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key);
        let answer = call.send().await;
        let answer = answer.map_err(|error| failure::of("CreateMultipartUpload", error))?;
        answer
            .upload_id
            .ok_or_else(|| unexpected("an upload without an id"))
    }

    /// Makes an object of a release of its parts, unless something is there.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`]; [`Error::NotFound`] if the upload is over; what S3 returned.
    pub async fn complete_release_parts(
        &self,
        key: &str,
        upload: &str,
        parts: &[StoredPart],
    ) -> Result<(), Error> {
        let parts = parts.iter().map(|part| {
            CompletedPart::builder()
                .part_number(i32::try_from(part.number).unwrap_or(i32::MAX))
                .e_tag(&part.etag)
                .build()
        });
        self.complete_parts(key, upload, parts.collect()).await
    }

    async fn complete_parts(
        &self,
        key: &str,
        upload: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<(), Error> {
        let list = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let call = self
            .s3
            .complete_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(list.build());
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(Precondition::Absent.explain(failure::of("CompleteMultipartUpload", error)))
            }
        }
    }

    /// Copies an object on S3's side to what the manifest describes, unless something is there. S3 computes the SHA-256 of
    /// what it copies in one request.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::AlreadyExists`]; [`Error::Precondition`] if the source is another one by now; what S3
    /// returned.
    pub async fn copy_release_object(
        &self,
        source: (&str, &str),
        key: &str,
        object: &TreeObject<'_>,
    ) -> Result<(), Error> {
        let (from, etag) = source;
        let source = format!("{}/{}", self.bucket, encode_path(from));
        if object.size > MAX_COPY {
            return self.copy_in_parts((&source, etag), key, object).await;
        }
        let sse = ServerSide::Kms.request(&self.key_arn);
        let call = self
            .s3
            .copy_object()
            .bucket(self.bucket.as_str())
            .key(key)
            .copy_source(source)
            .copy_source_if_match(etag)
            .if_none_match("*")
            .metadata_directive(MetadataDirective::Replace)
            .content_type(object.media_type)
            .cache_control(object.cache)
            .set_content_encoding(object.tree.content_encoding().map(str::to_owned))
            .set_metadata(Some(metadata(object)))
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key);
        match call.send().await {
            Ok(answer) => {
                let applied = applied!(answer);
                match sse.is_met_by(&applied) {
                    true => Ok(()),
                    // Verification finds it.
                    false => Err(Error::Encryption {
                        applied: applied.to_string(),
                    }),
                }
            }
            Err(error) => Err(Precondition::Absent.explain(failure::of("CopyObject", error))),
        }
    }

    async fn copy_in_parts(
        &self,
        source: (&str, &str),
        key: &str,
        object: &TreeObject<'_>,
    ) -> Result<(), Error> {
        let (source, etag) = source;
        let id = self.begin_release_parts(key, object).await?;
        let id = id.as_str();
        let copies = part_ranges(object.size).map(|(number, first, last)| async move {
            let call = self
                .s3
                .upload_part_copy()
                .bucket(self.bucket.as_str())
                .key(key)
                .upload_id(id)
                .part_number(number)
                .copy_source(source)
                .copy_source_range(format!("bytes={first}-{last}"))
                .copy_source_if_match(etag);
            let answer = call.send().await;
            let answer = answer.map_err(|error| failure::of("UploadPartCopy", error))?;
            let etag = answer.copy_part_result.and_then(|result| result.e_tag);
            let part = CompletedPart::builder().part_number(number).set_e_tag(etag);
            Ok::<_, Error>(part.build())
        });
        let copied: Result<Vec<_>, Error> = stream::iter(copies)
            .buffered(PARTS_AT_ONCE)
            .try_collect()
            .await;
        let completed = match copied {
            Ok(parts) => self.complete_parts(key, id, parts).await,
            Err(error) => Err(error),
        };
        if completed.is_err() {
            // Parts of what was not made only cost.
            let _ = self.abort_multipart(key, id).await;
        }
        completed
    }
}

fn metadata(object: &TreeObject<'_>) -> HashMap<String, String> {
    let entries = releases::metadata(object).into_iter();
    entries
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// A moment that S3 always reports.
fn moment(reported: Option<DateTime>) -> Result<SystemTime, Error> {
    let millis = reported.and_then(|at| at.to_millis().ok());
    let millis = millis.and_then(|millis| u64::try_from(millis).ok());
    let millis = millis.ok_or_else(|| unexpected("an object without a time"))?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
}
