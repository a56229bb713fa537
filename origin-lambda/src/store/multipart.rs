//! The bucket's calls for uploads that go round the origin: multipart uploads, and the judgement of
//! what S3 stored.

use aws_sdk_s3::{
    operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder,
    types::{
        ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
        MultipartUpload, ServerSideEncryption,
    },
};
use keyfront_names::ObjectKey;

use super::{Store, failure, size, unexpected};
use crate::{
    encryption::ServerSide,
    error::Error,
    sealed_metadata,
    uploads::{Checksum, UPLOAD_ID_METADATA, Upload},
};

/// A part S3 holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number, from 1.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// Entity tag with its quotes.
    pub etag: String,
}

/// An object as verification sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The upload it came from, if it came from one.
    pub upload: Option<String>,
    /// The media type.
    pub content_type: Option<String>,
    /// `x-amz-server-side-encryption` as S3 answers it.
    pub sse: Option<String>,
    /// The key S3 encrypted with.
    pub sse_key: Option<String>,
    /// Whether it did so through a bucket key.
    pub bucket_key: Option<bool>,
    /// SHA-256, base64.
    pub sha256: Option<String>,
    /// CRC-64/NVME, base64.
    pub crc64nvme: Option<String>,
}

impl Store {
    /// The key every object must be encrypted with.
    pub fn key_arn(&self) -> &crate::config::KeyArn {
        &self.key_arn
    }

    /// Begins a multipart upload and returns S3's id for it.
    ///
    /// # Errors
    /// What S3 answered.
    pub async fn create_multipart(
        &self,
        key: &ObjectKey,
        upload: &Upload,
    ) -> Result<String, Error> {
        let sealed = upload.sealed.clone();
        let sealed = sealed.map(|text| (sealed_metadata::NAME.to_owned(), text));
        let id = (UPLOAD_ID_METADATA.to_owned(), upload.id.clone());
        let metadata = sealed.into_iter().chain([id]).collect();
        let request = self
            .s3
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key.as_str())
            .content_type(&upload.content_type)
            .cache_control(&upload.cache_control)
            .set_content_disposition(upload.content_disposition.clone())
            .set_content_encoding(upload.content_encoding.clone())
            .set_metadata(Some(metadata))
            // S3's own checksum where none is declared: it needs nothing from the parts' senders.
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject);
        let answer = self
            .encrypted(request, upload.encryption.server_side())
            .send()
            .await
            .map_err(|error| failure::of("CreateMultipartUpload", error))?;
        answer
            .upload_id
            .ok_or_else(|| unexpected("an upload without an id"))
    }

    fn encrypted(
        &self,
        request: CreateMultipartUploadFluentBuilder,
        mode: ServerSide,
    ) -> CreateMultipartUploadFluentBuilder {
        let key = self.key_arn.as_str();
        match mode {
            ServerSide::Kms => request
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .ssekms_key_id(key)
                .bucket_key_enabled(true),
            ServerSide::DsseKms => request
                .server_side_encryption(ServerSideEncryption::AwsKmsDsse)
                .ssekms_key_id(key),
            ServerSide::S3 => request.server_side_encryption(ServerSideEncryption::Aes256),
        }
    }

    /// The parts S3 holds of a multipart upload, in order.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the upload was completed or aborted, or what S3 answered.
    pub async fn list_parts(&self, key: &ObjectKey, id: &str) -> Result<Vec<StoredPart>, Error> {
        let mut parts = Vec::new();
        let mut marker = None;
        loop {
            let answer = self
                .s3
                .list_parts()
                .bucket(&self.bucket)
                .key(key.as_str())
                .upload_id(id)
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

    /// Makes an object of the parts; S3 compares the checksum and the condition on the key.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`], [`Error::Checksum`], [`Error::NotFound`] if the upload is gone, or
    /// what S3 answered.
    pub async fn complete_multipart(
        &self,
        key: &ObjectKey,
        id: &str,
        upload: &Upload,
        parts: &[StoredPart],
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
            .bucket(&self.bucket)
            .key(key.as_str())
            .upload_id(id)
            .multipart_upload(list.build())
            .set_if_none_match((!upload.overwrite).then(|| "*".to_owned()));
        let request = match &upload.checksum {
            Some(checksum @ Checksum::Crc64Nvme(_)) => request
                .checksum_crc64_nvme(checksum.value())
                .checksum_type(ChecksumType::FullObject),
            Some(Checksum::Sha256(_)) | None => request,
        };
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(match failure::of("CompleteMultipartUpload", error) {
                Error::Precondition if !upload.overwrite => Error::AlreadyExists,
                error => error,
            }),
        }
    }

    /// Gives up a multipart upload, whether it still exists or not.
    ///
    /// # Errors
    /// What S3 answered.
    pub async fn abort_multipart(&self, key: &str, id: &str) -> Result<(), Error> {
        let call = self
            .s3
            .abort_multipart_upload()
            .bucket(&self.bucket)
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
    /// What S3 answered.
    pub async fn multiparts_under_way(&self, prefix: &str) -> Result<Vec<MultipartUpload>, Error> {
        let call = self.s3.list_multipart_uploads();
        let answer = call.bucket(&self.bucket).prefix(prefix).send().await;
        Ok(answer
            .map_err(|error| failure::of("ListMultipartUploads", error))?
            .uploads
            .unwrap_or_default())
    }

    /// What lies under the key now, with its checksums.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what S3 answered.
    pub async fn landed(&self, key: &ObjectKey) -> Result<Landed, Error> {
        let call = self.s3.head_object().bucket(&self.bucket).key(key.as_str());
        let answer = call
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(|error| failure::of("HeadObject", error))?;
        Ok(Landed {
            size: size(answer.content_length())?,
            upload: answer
                .metadata()
                .and_then(|metadata| metadata.get(UPLOAD_ID_METADATA).cloned()),
            etag: answer.e_tag.unwrap_or_default(),
            content_type: answer.content_type,
            sse: answer
                .server_side_encryption
                .map(|sse| sse.as_str().to_owned()),
            sse_key: answer.ssekms_key_id,
            bucket_key: answer.bucket_key_enabled,
            sha256: answer.checksum_sha256,
            crc64nvme: answer.checksum_crc64_nvme,
        })
    }
}
