//! The copy of an object that is too large for one CopyObject: an upload whose parts are copied, in the sizes they have.
//! The metadata are given when the upload begins. An upload that fails is aborted.

use std::ops::RangeInclusive;

use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    operation::create_multipart_upload::CreateMultipartUploadOutput,
    types::{CompletedMultipartUpload, CompletedPart, CopyPartResult},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    examine::Metadata,
    outcome::Status,
    part_plan::{self, Parts, Sizes},
    rewrapper::Rewrapper,
    unfinished::Unfinished,
    write::{Copied, Original, checksum_algorithm, described, expiring, overtaken, tagging},
};
use crate::{
    aws::{call_error, is_overtaken},
    objects::copy,
};

/// Parts that are copied at a time.
const PARTS_AT_A_TIME: usize = 4;

impl Rewrapper {
    pub(super) async fn write_in_parts(
        &self,
        original: &Original<'_>,
        metadata: &Metadata,
    ) -> Result<Copied, Unfinished> {
        let ranges = self.ranges(original).await?;
        let upload = self.begin(original, metadata).await?;
        let id = upload.upload_id.unwrap_or_default();
        let written = self.copy_parts(original, &id, ranges).await;
        if written.is_err() {
            self.abort(original.key, &id).await;
        }
        written
    }

    /// The bytes of each part.
    async fn ranges(
        &self,
        original: &Original<'_>,
    ) -> Result<Vec<RangeInclusive<u64>>, Unfinished> {
        let length = original.length();
        let parts = match self.part(original, 1).await? {
            (first, Some(count)) => Some(Parts { count, first }),
            (_, None) => None,
        };
        let sizes = match (part_plan::sizes(length, parts), parts) {
            (Sizes::Known(sizes), _) => sizes,
            (Sizes::Differ, Some(Parts { count, .. })) => {
                let numbers = stream::iter(1..=count);
                let sizes = numbers.map(|number| async move {
                    self.part(original, number).await.map(|(size, _)| size)
                });
                sizes.buffered(PARTS_AT_A_TIME).try_collect().await?
            }
            (Sizes::Differ, None) => Vec::new(),
        };
        part_plan::ranges(&sizes, length).ok_or_else(|| {
            let why = "S3 does not report its parts";
            Unfinished::left(Status::NotCopied, why)
        })
    }

    /// Bytes of a part, and how many parts there are; none of an object that was not uploaded in parts.
    async fn part(
        &self,
        original: &Original<'_>,
        number: u64,
    ) -> Result<(u64, Option<u64>), Unfinished> {
        let call = self
            .target
            .s3
            .head_object()
            .bucket(self.target.bucket.as_str());
        let call = call
            .key(original.key)
            .set_version_id(original.version.map(str::to_owned))
            .if_match(original.etag())
            .part_number(i32::try_from(number).unwrap_or(i32::MAX));
        let seen = call.send().await.map_err(refused)?;
        let count = seen
            .parts_count()
            .and_then(|count| u64::try_from(count).ok());
        let size = u64::try_from(seen.content_length().unwrap_or_default());
        Ok((size.unwrap_or_default(), count.filter(|count| *count > 0)))
    }

    async fn begin(
        &self,
        original: &Original<'_>,
        metadata: &Metadata,
    ) -> Result<CreateMultipartUploadOutput, Unfinished> {
        let seen = original.seen;
        let algorithm = checksum_algorithm(seen);
        let scope = seen.checksum_type.clone().filter(|_| algorithm.is_some());
        let call = self.target.s3.create_multipart_upload();
        let call = call
            .bucket(self.target.bucket.as_str())
            .key(original.key)
            .set_metadata(Some(metadata.clone().into_iter().collect()))
            .set_tagging(tagging(&original.tags))
            .set_checksum_algorithm(algorithm)
            .set_checksum_type(scope);
        let call = described!(call, seen, self.storage(seen));
        let call = copy::keeping!(call, seen);
        let call = call
            .customize()
            .mutate_request(expiring(seen.expires_string()));
        call.send().await.map_err(refused)
    }

    async fn copy_parts(
        &self,
        original: &Original<'_>,
        id: &str,
        ranges: Vec<RangeInclusive<u64>>,
    ) -> Result<Copied, Unfinished> {
        let parts = stream::iter((1..).zip(ranges));
        let parts = parts.map(|(number, range)| self.copy_part(original, id, number, range));
        let parts: Vec<CompletedPart> = parts.buffered(PARTS_AT_A_TIME).try_collect().await?;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let call = self.target.s3.complete_multipart_upload();
        let answer = call
            .bucket(self.target.bucket.as_str())
            .key(original.key)
            .upload_id(id)
            .set_checksum_type(original.seen.checksum_type.clone())
            .if_match(original.onto)
            .multipart_upload(parts.build())
            .send()
            .await
            .map_err(refused)?;
        Ok(Copied {
            etag: answer.e_tag,
            version: answer.version_id,
        })
    }

    async fn copy_part(
        &self,
        original: &Original<'_>,
        id: &str,
        number: i32,
        range: RangeInclusive<u64>,
    ) -> Result<CompletedPart, Unfinished> {
        if self.stop.is_requested() {
            return Err(Unfinished::Stop(anyhow::anyhow!(
                "interrupted; the multipart upload was aborted"
            )));
        }
        let call = self
            .target
            .s3
            .upload_part_copy()
            .bucket(self.target.bucket.as_str());
        let answer = call
            .key(original.key)
            .upload_id(id)
            .part_number(number)
            .copy_source(copy::source(&self.target, original.key, original.version))
            .copy_source_if_match(original.etag())
            .copy_source_range(format!("bytes={}-{}", range.start(), range.end()))
            .send()
            .await
            .map_err(refused)?;
        let copied = answer
            .copy_part_result
            .unwrap_or_else(|| CopyPartResult::builder().build());
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(copied.e_tag)
            .set_checksum_crc32(copied.checksum_crc32)
            .set_checksum_crc32_c(copied.checksum_crc32_c)
            .set_checksum_crc64_nvme(copied.checksum_crc64_nvme)
            .set_checksum_sha1(copied.checksum_sha1)
            .set_checksum_sha256(copied.checksum_sha256)
            .build())
    }

    async fn abort(&self, key: &str, id: &str) {
        let call = self.target.s3.abort_multipart_upload();
        let call = call
            .bucket(self.target.bucket.as_str())
            .key(key)
            .upload_id(id);
        // Why the copy failed matters more; `keyfront audit` finds what is left, a lifecycle rule aborts it.
        let _ = call.send().await;
    }
}

fn refused<E>(error: SdkError<E>) -> Unfinished
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    if is_overtaken(&error) || matches!(status, Some(404 | 412)) {
        return overtaken();
    }
    match status {
        Some(_) => {
            let why = format!("its copy in parts was refused: {:#}", call_error(error));
            Unfinished::left(Status::Failed, why)
        }
        None => Unfinished::Stop(call_error(error)),
    }
}
