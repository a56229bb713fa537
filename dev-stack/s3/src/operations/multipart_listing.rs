//! ListParts and ListMultipartUploads.

use super::checksum_fields::show_checksum;
use keyfront_dev_s3_store::catalog::{StoredPart, Upload, UploadId, UploadListQuery};
use keyfront_dev_s3_wire::{
    checksums::scope_type,
    error_response::{invalid_argument, not_implemented},
};
use s3s::{
    S3Request, S3Response, S3Result,
    dto::{
        ChecksumAlgorithm, ETag, Initiator, ListMultipartUploadsInput, ListMultipartUploadsOutput,
        ListPartsInput, ListPartsOutput, MultipartUpload, Part, StorageClass,
    },
};

use super::{
    Operations, catalog_error,
    listing::{Text, asking, page_size},
    multipart::PartTarget,
};
use keyfront_dev_s3_access::{authority::Caller, customer_key};

impl Operations {
    pub(super) async fn list_parts(
        &self,
        caller: &Caller,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let mut input = request.input;
        let customer = customer_key!(input).read()?;
        self.permitted_object(
            caller,
            "s3:ListMultipartUploadParts",
            &input.bucket,
            &input.key,
        )?;
        let target = PartTarget::new(&input.bucket, &input.key, &input.upload_id)?;
        let upload = self.find_upload(&target)?;
        // No list needs a key, but one that is presented is the upload's.
        if customer.is_some() {
            self.open_upload(caller, &target, &upload, customer.as_ref())?;
        }
        let max_parts = page_size(input.max_parts)?;
        let marker = part_marker(input.part_number_marker)?;
        let mut parts: Vec<Part> = self
            .catalog
            .parts(&target.upload)
            .map_err(catalog_error)?
            .into_iter()
            .map(|(number, part)| part_line(number, part))
            .filter(|part| part.part_number > Some(marker))
            .collect();
        let limit = usize::try_from(max_parts).unwrap_or(0);
        let is_truncated = parts.len() > limit;
        parts.truncate(limit);
        let next = parts.last().and_then(|part| part.part_number);
        Ok(S3Response::new(ListPartsOutput {
            checksum_algorithm: upload
                .checksum_algorithm
                .clone()
                .map(ChecksumAlgorithm::from),
            checksum_type: upload
                .checksum_algorithm
                .as_ref()
                .map(|_| scope_type(upload.checksum_scope)),
            initiator: Some(initiator(&upload)),
            is_truncated: Some(is_truncated),
            bucket: Some(input.bucket),
            key: Some(input.key),
            max_parts: Some(max_parts),
            next_part_number_marker: next.filter(|_| is_truncated),
            owner: Some(self.owner()),
            part_number_marker: Some(marker),
            parts: Some(parts),
            storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
            upload_id: Some(input.upload_id),
            ..ListPartsOutput::default()
        }))
    }

    pub(super) async fn list_multipart_uploads(
        &self,
        caller: &Caller,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let caller = asking(
            caller,
            input.prefix.as_deref(),
            input.delimiter.as_deref(),
            None,
        );
        self.permitted_bucket(&caller, "s3:ListBucketMultipartUploads", &input.bucket)?;
        if input
            .delimiter
            .as_deref()
            .is_some_and(|delimiter| !delimiter.is_empty())
        {
            return Err(not_implemented("delimiter in ListMultipartUploads"));
        }
        let text = Text::new(input.encoding_type.as_ref())?;
        let max_uploads = page_size(input.max_uploads)?;
        let limit = usize::try_from(max_uploads).unwrap_or(0);
        let key_marker = input.key_marker.clone().filter(|key| !key.is_empty());
        let id_marker = input.upload_id_marker.clone().filter(|id| !id.is_empty());
        let query = UploadListQuery {
            prefix: input.prefix.clone().unwrap_or_default(),
            after: key_marker.map(|key| (key, id_marker)),
            limit,
        };
        let mut found = self
            .catalog
            .uploads(&input.bucket, &query)
            .map_err(catalog_error)?;
        let is_truncated = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| is_truncated);
        let next_key_marker = last.map(|(key, ..)| text.show(key));
        let next_upload_id_marker = last.map(|(_, id, _)| id.to_string());
        let owner = self.owner();
        let uploads = found.iter().map(|(key, id, upload)| MultipartUpload {
            key: Some(text.show(key)),
            owner: Some(owner.clone()),
            ..upload_line(id, upload)
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            is_truncated: Some(is_truncated),
            next_key_marker,
            next_upload_id_marker,
            key_marker: input.key_marker.as_deref().map(|key| text.show(key)),
            upload_id_marker: input.upload_id_marker,
            prefix: input.prefix.as_deref().map(|prefix| text.show(prefix)),
            max_uploads: Some(max_uploads),
            encoding_type: input.encoding_type,
            bucket: Some(input.bucket),
            ..ListMultipartUploadsOutput::default()
        }))
    }
}

/// # Errors
/// `InvalidArgument` if negative.
pub(super) fn part_marker(requested: Option<i32>) -> S3Result<i32> {
    match requested.unwrap_or(0) {
        marker if marker < 0 => Err(invalid_argument(
            "Argument part-number-marker must be an integer between 0 and 2147483647",
        )),
        marker => Ok(marker),
    }
}

fn initiator(upload: &Upload) -> Initiator {
    Initiator {
        display_name: None,
        id: Some(upload.initiator.clone()),
    }
}

fn upload_line(id: &UploadId, upload: &Upload) -> MultipartUpload {
    let algorithm = upload.checksum_algorithm.clone();
    MultipartUpload {
        upload_id: Some(id.to_string()),
        initiated: Some(upload.initiated.to_time().into()),
        initiator: Some(initiator(upload)),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        checksum_type: algorithm
            .as_ref()
            .map(|_| scope_type(upload.checksum_scope)),
        checksum_algorithm: algorithm.map(ChecksumAlgorithm::from),
        ..MultipartUpload::default()
    }
}

fn part_line(number: u32, part: StoredPart) -> Part {
    let mut line = Part {
        part_number: i32::try_from(number).ok(),
        size: i64::try_from(part.piece.size).ok(),
        e_tag: Some(ETag::Strong(part.etag)),
        last_modified: Some(part.modified.to_time().into()),
        ..Part::default()
    };
    if let Some((algorithm, value)) = part.checksum {
        show_checksum!(line, algorithm.as_str(), value);
    }
    line
}
