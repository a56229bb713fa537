//! The bucket's calls for multipart uploads, and what S3 has stored of them.

use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
    MultipartUpload as SdkUpload,
};
use keyfront_names::ObjectKey;

use super::{Store, failure, put::metadata, size, unexpected};
use crate::{
    encryption::SseApplied,
    error::Error,
    object::{ObjectAttributes, Precondition, StoredObject, StoredPart, UPLOAD_ID_METADATA},
};

/// A multipart upload that S3 knows.
#[derive(Debug, Clone, Copy)]
pub struct MultipartUpload<'a> {
    /// Where the object goes.
    pub key: &'a ObjectKey,
    /// S3's id.
    pub id: &'a str,
}

impl Store {
    /// Begins a multipart upload and returns S3's id for it.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn create_multipart(
        &self,
        key: &ObjectKey,
        attributes: &ObjectAttributes,
    ) -> Result<String, Error> {
        let sse = attributes.server_side.request(self.key_arn());
        let coding = attributes.content_encoding;
        let output = self
            .s3
            .create_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(key.as_str())
            .content_type(&attributes.content_type)
            .cache_control(&attributes.cache_control)
            .set_content_disposition(attributes.content_disposition.clone())
            .set_content_encoding(coding.map(|coding| coding.as_str().to_owned()))
            .set_metadata(Some(metadata(attributes)))
            // S3's own checksum where none is declared: it needs nothing from the parts' senders.
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject)
            .set_server_side_encryption(sse.algorithm.map(Into::into))
            .set_ssekms_key_id(sse.key_id.map(str::to_owned))
            .set_bucket_key_enabled(sse.bucket_key)
            .send()
            .await
            .map_err(|error| failure::of("CreateMultipartUpload", error))?;
        output
            .upload_id
            .ok_or_else(|| unexpected("an upload without an id"))
    }

    /// The parts S3 holds of a multipart upload, in order.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the upload was completed or aborted, or what S3 returned.
    pub async fn list_parts(&self, upload: MultipartUpload<'_>) -> Result<Vec<StoredPart>, Error> {
        let mut parts = Vec::new();
        let mut marker = None;
        loop {
            let answer = self
                .s3
                .list_parts()
                .bucket(self.bucket.as_str())
                .key(upload.key.as_str())
                .upload_id(upload.id)
                .set_part_number_marker(marker.take())
                .send()
                .await
                .map_err(|error| failure::of("ListParts", error))?;
            for part in answer.parts.unwrap_or_default() {
                let number = part.part_number.and_then(|number| number.try_into().ok());
                parts.push(StoredPart {
                    number: number.ok_or_else(|| unexpected("a part without a number"))?,
                    size: size(part.size)?,
                    etag: part.e_tag.unwrap_or_default(),
                });
            }
            match answer.next_part_number_marker {
                Some(next) if answer.is_truncated == Some(true) => marker = Some(next),
                _ => return Ok(parts),
            }
        }
    }

    /// Makes an object of the parts; S3 compares the checksum, a CRC-64/NVME in base64, and the condition on the key.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::Checksum`], [`Error::NotFound`] if the upload is gone, or
    /// what S3 returned.
    pub async fn complete_multipart(
        &self,
        upload: MultipartUpload<'_>,
        parts: &[StoredPart],
        crc64nvme: Option<&str>,
        precondition: &Precondition,
    ) -> Result<(), Error> {
        let completed = parts.iter().map(|part| {
            CompletedPart::builder()
                .part_number(i32::try_from(part.number).unwrap_or(i32::MAX))
                .e_tag(&part.etag)
                .build()
        });
        let list = CompletedMultipartUpload::builder().set_parts(Some(completed.collect()));
        let request = self
            .s3
            .complete_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(upload.key.as_str())
            .upload_id(upload.id)
            .multipart_upload(list.build());
        let request = match precondition {
            Precondition::Absent => request.if_none_match("*"),
            Precondition::Matches(etag) => request.if_match(etag),
            Precondition::None => request,
        };
        let request = match crc64nvme {
            Some(checksum) => request
                .checksum_crc64_nvme(checksum)
                .checksum_type(ChecksumType::FullObject),
            None => request,
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(precondition.explain(failure::of("CompleteMultipartUpload", error))),
        }
    }

    /// Gives up a multipart upload, whether it still exists or not.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn abort_multipart(&self, key: &str, id: &str) -> Result<(), Error> {
        let call = self
            .s3
            .abort_multipart_upload()
            .bucket(self.bucket.as_str())
            .key(key)
            .upload_id(id);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => match failure::of("AbortMultipartUpload", error) {
                Error::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }

    /// The first page (1,000) of multipart uploads under way for keys that start with `prefix`.
    ///
    /// # Errors
    /// What S3 returned.
    pub async fn multiparts_under_way(&self, prefix: &str) -> Result<Vec<SdkUpload>, Error> {
        let call = self.s3.list_multipart_uploads();
        let answer = call
            .bucket(self.bucket.as_str())
            .prefix(prefix)
            .send()
            .await;
        Ok(answer
            .map_err(|error| failure::of("ListMultipartUploads", error))?
            .uploads
            .unwrap_or_default())
    }

    /// What lies under the key now, with its checksums.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::CustomerKeyRequired`]; or what S3 returned.
    pub async fn stored_object(&self, key: &ObjectKey) -> Result<StoredObject, Error> {
        let call = self
            .s3
            .head_object()
            .bucket(self.bucket.as_str())
            .key(key.as_str());
        let answer = match call.checksum_mode(ChecksumMode::Enabled).send().await {
            Ok(answer) => answer,
            Err(error) if failure::is_unexplained(&error) => {
                return Err(self.undescribed(key).await);
            }
            Err(error) => return Err(failure::of("HeadObject", error)),
        };
        Ok(StoredObject {
            size: size(answer.content_length())?,
            upload: answer
                .metadata()
                .and_then(|metadata| metadata.get(UPLOAD_ID_METADATA).cloned()),
            etag: answer.e_tag.unwrap_or_default(),
            content_headers: [
                answer.content_type,
                answer.cache_control,
                answer.content_encoding,
                answer.content_disposition,
                answer.content_language,
                answer.expires_string,
            ],
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
            crc64nvme: answer.checksum_crc64_nvme,
        })
    }
}
