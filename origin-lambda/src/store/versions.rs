//! What the bucket keeps of former objects: their versions, and bringing one back.

use aws_sdk_s3::{
    operation::{
        copy_object::builders::CopyObjectFluentBuilder, head_object::HeadObjectOutput,
        list_object_versions::ListObjectVersionsOutput,
    },
    primitives::DateTime,
    types::{
        CompletedMultipartUpload, CompletedPart, EncodingType, MetadataDirective, TaggingDirective,
    },
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_names::ObjectKey;
use keyfront_origin_core::versions::{ListedVersion, MAX_COPY, Position, VersionKind, part_ranges};
use keyfront_sigv4::uri_encoding;

use super::{Store, applied::applied, decoded, failure, size, unexpected};
use crate::{
    encryption::{ServerSide, SseRequest},
    error::Error,
    object::Precondition,
    store::ObjectDescription,
};

/// Parts that S3 copies at a time.
const PARTS_AT_ONCE: usize = 8;

/// A page of versions.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionPage {
    /// In the order of their keys' bytes, the newest of a key first.
    pub versions: Vec<ListedVersion<Option<DateTime>>>,
    /// Where the next page begins; `None` when nothing follows.
    pub next: Option<Position>,
}

/// A version to be brought back.
#[derive(Debug)]
pub struct FormerObject<'a> {
    /// Whose version it is.
    pub key: &'a ObjectKey,
    /// S3's id of the version.
    pub version: &'a str,
    /// What it is, and what it is to be stored with.
    pub described: &'a ObjectDescription,
}

/// What was made of a former version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Its new version's id, in a bucket that keeps versions.
    pub version: Option<String>,
    /// Entity tag with its quotes.
    pub etag: String,
}

impl Store {
    /// Lists up to `limit` (1..=1000) versions and marks of deletion of keys that start with `prefix`, behind `after`.
    ///
    /// # Errors
    /// [`Error::Query`] where there is no such version to go on behind; what S3 returned.
    pub async fn list_versions(
        &self,
        prefix: &str,
        after: Option<&Position>,
        limit: u16,
    ) -> Result<VersionPage, Error> {
        let call = self
            .s3
            .list_object_versions()
            .bucket(self.bucket.as_str())
            .prefix(prefix)
            .set_key_marker(after.map(|position| position.key.clone()))
            .set_version_id_marker(after.and_then(|position| position.version.clone()))
            .max_keys(i32::from(limit))
            // Keys that XML cannot carry would make the whole listing unreadable.
            .encoding_type(EncodingType::Url);
        match call.send().await {
            Ok(answer) => page(answer),
            // Where a page begins is all that a client says here.
            Err(error) if after.is_some() && failure::is_no_version(&error) => {
                Err(Error::Query("invalid cursor".to_owned()))
            }
            Err(error) => Err(failure::of("ListObjectVersions", error)),
        }
    }

    /// Describes a version of an object. A mark of deletion is none.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::CustomerKeyRequired`]; or what S3 returned.
    pub async fn describe_version(
        &self,
        key: &ObjectKey,
        version: &str,
    ) -> Result<ObjectDescription, Error> {
        let call = self.head_call(key, None).version_id(version);
        match call.send().await {
            Ok(answer) => self.described(answer),
            Err(error) => Err(match failure::status(&error) {
                // 405: it is a mark of deletion. 400: S3 has no such id, or a customer key is missing.
                Some(405) => Error::NotFound,
                Some(400) => self.undescribed_version(key, version).await,
                _ => failure::of("HeadObject", error),
            }),
        }
    }

    /// Why S3 does not describe a version: `HEAD` has no document that says so, `GET` has.
    async fn undescribed_version(&self, key: &ObjectKey, version: &str) -> Error {
        let call = self
            .s3
            .get_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .version_id(version)
            .range("bytes=0-0");
        match call.send().await {
            Ok(_) => unexpected("HEAD returned 400, and GET did not"),
            Err(error) if failure::is_no_version(&error) => Error::NotFound,
            Err(error) => failure::of("GetObject", error),
        }
    }

    /// Makes a former version the current object by a copy on S3's side, and verifies its encryption.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the precondition; [`Error::Encryption`], after which it is deleted again; what S3 returned.
    pub async fn restore(
        &self,
        former: &FormerObject<'_>,
        precondition: &Precondition,
    ) -> Result<Restored, Error> {
        let described = former.described;
        // What another writer encrypted otherwise comes back under the configured key.
        let server_side = described.encryption.unwrap_or(ServerSide::Kms);
        let sse = server_side.request(self.key_arn());
        if described.size <= MAX_COPY {
            return self.copy_version(former, precondition, sse).await;
        }
        let id = self.begin_copy(former, sse).await?;
        let copied = self.copy_parts(former, precondition, &id).await;
        let copied = match copied {
            Ok(copied) => self.verified_copy(former.key, sse, copied).await,
            Err(error) => Err(error),
        };
        if copied.is_err() {
            // Parts of what was not made only cost.
            let _ = self.abort_multipart(former.key.as_str(), &id).await;
        }
        copied
    }

    fn copy_source(&self, former: &FormerObject<'_>) -> String {
        let key = uri_encoding::encode_path(former.key.as_str());
        let version = uri_encoding::encode_component(former.version);
        format!("{}/{key}?versionId={version}", self.bucket)
    }

    async fn copy_version(
        &self,
        former: &FormerObject<'_>,
        precondition: &Precondition,
        sse: SseRequest<'_>,
    ) -> Result<Restored, Error> {
        let described = former.described;
        let call: CopyObjectFluentBuilder = self
            .s3
            .copy_object()
            .bucket(self.bucket.as_str())
            .key(former.key.as_str())
            .copy_source(self.copy_source(former))
            .set_copy_source_if_match(described.etag.clone())
            .metadata_directive(MetadataDirective::Replace)
            .set_content_type(described.content_type.clone())
            .set_cache_control(described.cache_control.clone())
            .set_content_disposition(described.content_disposition.clone())
            .set_content_encoding(described.content_encoding.clone())
            .set_content_language(described.content_language.clone())
            .set_metadata(Some(described.metadata.clone()))
            .tagging_directive(TaggingDirective::Copy)
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key);
        let call = match precondition {
            Precondition::Absent => call.if_none_match("*"),
            Precondition::Matches(etag) => call.if_match(etag),
            Precondition::None => call,
        };
        let answer = call.send().await;
        let answer =
            answer.map_err(|error| precondition.explain(failure::of("CopyObject", error)))?;
        let applied = applied!(answer);
        let etag = answer.copy_object_result.and_then(|result| result.e_tag);
        let etag = self.verified(former.key, sse, etag, applied).await?;
        Ok(Restored {
            version: answer.version_id,
            etag,
        })
    }

    async fn begin_copy(
        &self,
        former: &FormerObject<'_>,
        sse: SseRequest<'_>,
    ) -> Result<String, Error> {
        let described = former.described;
        let call = self
            .s3
            .create_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(former.key.as_str())
            .set_content_type(described.content_type.clone())
            .set_cache_control(described.cache_control.clone())
            .set_content_disposition(described.content_disposition.clone())
            .set_content_encoding(described.content_encoding.clone())
            .set_content_language(described.content_language.clone())
            .set_metadata(Some(described.metadata.clone()))
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key);
        let answer = call.send().await;
        let answer = answer.map_err(|error| failure::of("CreateMultipartUpload", error))?;
        answer
            .upload_id
            .ok_or_else(|| unexpected("an upload without an id"))
    }

    async fn copy_parts(
        &self,
        former: &FormerObject<'_>,
        precondition: &Precondition,
        id: &str,
    ) -> Result<Restored, Error> {
        let copies = part_ranges(former.described.size).map(|(number, first, last)| async move {
            let call = self
                .s3
                .upload_part_copy()
                .bucket(self.bucket.as_str())
                .key(former.key.as_str())
                .upload_id(id)
                .part_number(number)
                .copy_source(self.copy_source(former))
                .copy_source_range(format!("bytes={first}-{last}"))
                .set_copy_source_if_match(former.described.etag.clone());
            let answer = call.send().await;
            let answer = answer.map_err(|error| failure::of("UploadPartCopy", error))?;
            let etag = answer.copy_part_result.and_then(|result| result.e_tag);
            let part = CompletedPart::builder().part_number(number).set_e_tag(etag);
            Ok::<_, Error>(part.build())
        });
        let parts: Vec<_> = stream::iter(copies)
            .buffered(PARTS_AT_ONCE)
            .try_collect()
            .await?;
        let list = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let call = self
            .s3
            .complete_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(former.key.as_str())
            .upload_id(id)
            .multipart_upload(list.build());
        let call = match precondition {
            Precondition::Absent => call.if_none_match("*"),
            Precondition::Matches(etag) => call.if_match(etag),
            Precondition::None => call,
        };
        let answer = call
            .send()
            .await
            .map_err(|error| precondition.explain(failure::of("CompleteMultipartUpload", error)))?;
        Ok(Restored {
            version: answer.version_id,
            etag: answer.e_tag.unwrap_or_default(),
        })
    }

    /// The answer to the completion of parts does not say all of how S3 encrypted them; `HEAD` does.
    async fn verified_copy(
        &self,
        key: &ObjectKey,
        sse: SseRequest<'_>,
        copied: Restored,
    ) -> Result<Restored, Error> {
        let call = self.head_call(key, None);
        let call = call.set_version_id(copied.version.clone());
        let answer = call.send().await;
        let answer: HeadObjectOutput = answer.map_err(|error| failure::of("HeadObject", error))?;
        let applied = applied!(answer);
        let etag = self.verified(key, sse, Some(copied.etag), applied).await?;
        Ok(Restored { etag, ..copied })
    }
}

/// S3 answers with versions and marks of deletion apart, each in its order.
fn page(answer: ListObjectVersionsOutput) -> Result<VersionPage, Error> {
    let encoding = answer.encoding_type.as_ref();
    let mut versions = Vec::new();
    for version in answer.versions.unwrap_or_default() {
        versions.push(ListedVersion {
            key: decoded(version.key.as_deref(), encoding)?,
            id: version.version_id.unwrap_or_default(),
            is_current: version.is_latest.unwrap_or_default(),
            modified: version.last_modified,
            kind: VersionKind::Object {
                size: size(version.size)?,
                etag: version.e_tag,
            },
        });
    }
    for mark in answer.delete_markers.unwrap_or_default() {
        versions.push(ListedVersion {
            key: decoded(mark.key.as_deref(), encoding)?,
            id: mark.version_id.unwrap_or_default(),
            is_current: mark.is_latest.unwrap_or_default(),
            modified: mark.last_modified,
            kind: VersionKind::Deletion,
        });
    }
    // Both lists are the newest first within a key, so that a stable order by key, the current one, and time merges them.
    versions.sort_by(|one, other| {
        let newest_first = other.is_current.cmp(&one.is_current);
        let later_first = other.modified.cmp(&one.modified);
        one.key.cmp(&other.key).then(newest_first).then(later_first)
    });
    let next = match (answer.is_truncated, answer.next_key_marker) {
        (Some(true), Some(key)) => Some(Position {
            key: decoded(Some(&key), encoding)?,
            version: answer.next_version_id_marker,
        }),
        (Some(true), None) => return Err(unexpected("a truncated page without a marker")),
        _ => None,
    };
    Ok(VersionPage { versions, next })
}
