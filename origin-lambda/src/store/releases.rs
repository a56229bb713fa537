//! The bucket's calls for the objects of releases: what S3 holds, uploads in parts, and copies.
//!
//! It decides nothing about them: keys and what the manifest says come in as values.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use aws_sdk_s3::{
    config::{Builder, Config as S3Config, timeout::TimeoutConfig},
    error::ProvideErrorMetadata as _,
    types::{
        ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
        MetadataDirective,
    },
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::{
    releases::{self, HeldObject, TreeObject},
    versions::{MAX_COPY, part_ranges},
};
use keyfront_sigv4::uri_encoding::encode_path;

use super::{Store, applied::applied, client::CONNECT, failure, size, unexpected};
use crate::{
    encryption::{ServerSide, SseApplied},
    error::Error,
    object::{Precondition, StoredPart},
};

/// Parts that S3 copies at a time.
const PARTS_AT_ONCE: usize = 8;

/// An object of an earlier release that is to be copied.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseCopy<'a> {
    /// Its key.
    pub from: &'a str,
    /// Its entity tag, which it must still have.
    pub etag: &'a str,
    /// The key of the copy.
    pub to: &'a str,
    /// What the copy is by its manifest.
    pub object: &'a TreeObject<'a>,
    /// How long S3 may take.
    pub within: Duration,
}

impl Store {
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
    /// [`Error::AlreadyExists`]; [`Error::UploadMismatch`] for parts that S3 does not have; [`Error::NotFound`] if the upload is over;
    /// what S3 returned.
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
            Err(error) if error.code() == Some("InvalidPart") => {
                Err(Error::UploadMismatch("parts"))
            }
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
    pub async fn copy_release_object(&self, copy: ReleaseCopy<'_>) -> Result<(), Error> {
        let source = format!("{}/{}", self.bucket, encode_path(copy.from));
        let object = copy.object;
        if object.size > MAX_COPY {
            return self.copy_in_parts(&source, copy).await;
        }
        let sse = ServerSide::Kms.request(&self.key_arn);
        let call = self
            .s3
            .copy_object()
            .bucket(self.bucket.as_str())
            .key(copy.to)
            .copy_source(source)
            .copy_source_if_match(copy.etag)
            .if_none_match("*")
            .metadata_directive(MetadataDirective::Replace)
            .content_type(object.media_type)
            .cache_control(object.cache)
            .set_content_encoding(object.tree.content_encoding().map(str::to_owned))
            .set_metadata(Some(metadata(object)))
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key)
            .customize()
            .config_override(within(copy.within));
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

    async fn copy_in_parts(&self, source: &str, copy: ReleaseCopy<'_>) -> Result<(), Error> {
        let (key, end) = (copy.to, Instant::now() + copy.within);
        let id = self.begin_release_parts(key, copy.object).await?;
        let id = id.as_str();
        let copies = part_ranges(copy.object.size).map(|(number, first, last)| async move {
            let left = end.saturating_duration_since(Instant::now());
            let call = self
                .s3
                .upload_part_copy()
                .bucket(self.bucket.as_str())
                .key(key)
                .upload_id(id)
                .part_number(number)
                .copy_source(source)
                .copy_source_range(format!("bytes={first}-{last}"))
                .copy_source_if_match(copy.etag)
                .customize()
                .config_override(within(left));
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

/// S3 answers once the copy is made: nothing arrives before that.
fn within(time: Duration) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .disable_read_timeout()
        .disable_operation_attempt_timeout()
        .operation_timeout(time)
        .build();
    S3Config::builder().timeout_config(timeouts)
}
