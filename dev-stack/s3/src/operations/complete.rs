//! CompleteMultipartUpload: the object's record is made of its parts'.
//!
//! It moves no bytes: the record names the parts' bodies.

use super::checksum_fields::show_checksum;
use keyfront_dev_s3_store::catalog::{
    Completion, CompletionRefusal, Millis, Object as ObjectRecord, PartSummary, Protection, Stamp,
    StoredPart, Upload,
};
use keyfront_dev_s3_wire::{
    address::url_encoded,
    checksums::{self, scope_from_name, scope_type},
    error_response::refused,
};
use md5::{Digest, Md5};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        ChecksumType, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
        CompletedMultipartUpload, CompletedPart, ETag,
    },
};

use super::{
    Operations, catalog_error,
    multipart::{PartTarget, part_algorithm, part_number},
    versions::made_version,
    write::{has_md5_etag, opaque_etag, see_through, write_condition},
};
use keyfront_dev_s3_access::{
    authority::Caller, customer_key, encryption::Applied, keyring::ObjectName,
};

impl Operations {
    pub(super) async fn complete_multipart_upload(
        &self,
        caller: &Caller,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let mut input = request.input;
        let customer = customer_key!(input).read()?;
        self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        let target = PartTarget::new(&input.bucket, &input.key, &input.upload_id)?;
        if let Some(object) = self.completed_before(&target)? {
            return Ok(S3Response::new(completed(input.bucket, input.key, &object)));
        }
        let upload = self.find_upload(&target)?;
        // The parts were encrypted when they came: no key of a customer is called for.
        let is_customers = matches!(upload.protection, Protection::Customer { .. });
        if customer.is_some() || !is_customers {
            self.open_upload(caller, &target, &upload, customer.as_ref())?;
        }
        check_type(&upload, input.checksum_type.as_ref())?;
        let stated = [
            &input.checksum_crc32,
            &input.checksum_crc32c,
            &input.checksum_crc64nvme,
            &input.checksum_sha1,
            &input.checksum_sha256,
        ];
        let stated: Vec<String> = stated.into_iter().flatten().cloned().collect();
        let size = input.mpu_object_size;
        let sums_of_parts = listed_checksums(input.multipart_upload.as_ref());
        let opaque = opaque_etag()?;
        let modified = self.now();
        let completion = Completion {
            bucket: input.bucket.clone(),
            key: input.key.clone(),
            upload: target.upload,
            parts: listed_parts(input.multipart_upload)?,
            condition: write_condition(input.if_match, input.if_none_match)?,
        };
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        let object = see_through(async move {
            let assemble = move |upload: Upload, parts: Vec<(u32, StoredPart)>| {
                check_parts(&parts, &sums_of_parts)?;
                let object = assemble(upload, parts, modified, opaque);
                check_stated(&object, &stated, size)?;
                Ok(object)
            };
            let (object, retired) = catalog.complete_upload(completion, assemble).await?;
            blobs.retire(retired);
            Ok(object)
        })
        .await?;
        Ok(S3Response::new(completed(input.bucket, input.key, &object)))
    }
}

impl Operations {
    /// A client that lost the answer completes again, and gets the same.
    fn completed_before(&self, target: &PartTarget) -> S3Result<Option<ObjectRecord>> {
        let ObjectName { bucket, key } = target.object();
        let found = self.catalog.completed(bucket, key, &target.upload);
        found.map_err(catalog_error)
    }
}

fn listed_parts(list: Option<CompletedMultipartUpload>) -> S3Result<Vec<(u32, String)>> {
    let parts = list.and_then(|list| list.parts).unwrap_or_default();
    let read = |part: CompletedPart| {
        let number = part_number(part.part_number.unwrap_or(0))?;
        let etag = part.e_tag.map(ETag::into_value).unwrap_or_default();
        // Clients send ETags with and without quotes inside the XML.
        Ok((number, etag.trim_matches('"').to_owned()))
    };
    parts.into_iter().map(read).collect()
}

/// A part's number, the name of an algorithm, and a checksum in base64.
type ListedChecksum = (u32, &'static str, String);

fn listed_checksums(list: Option<&CompletedMultipartUpload>) -> Vec<ListedChecksum> {
    let parts = list.and_then(|list| list.parts.as_deref());
    let read = |part: &CompletedPart| {
        let number = part.part_number.and_then(|number| number.try_into().ok());
        [
            ("CRC32", part.checksum_crc32.clone()),
            ("CRC32C", part.checksum_crc32c.clone()),
            ("CRC64NVME", part.checksum_crc64nvme.clone()),
            ("SHA1", part.checksum_sha1.clone()),
            ("SHA256", part.checksum_sha256.clone()),
        ]
        .map(|(name, value)| Some((number?, name, value?)))
    };
    parts
        .unwrap_or_default()
        .iter()
        .flat_map(read)
        .flatten()
        .collect()
}

/// A checksum that is listed is the part's own: of the upload's algorithm, or the one it came with.
fn check_parts(
    parts: &[(u32, StoredPart)],
    listed: &[ListedChecksum],
) -> Result<(), CompletionRefusal> {
    for (number, name, value) in listed {
        let part = parts.iter().find(|(known, _)| known == number);
        let known = part.into_iter();
        let mut known = known.flat_map(|(_, part)| part.checksum.iter().chain(&part.stated));
        if !known.any(|(algorithm, sum)| algorithm == name && sum == value) {
            return Err(CompletionRefusal::InvalidPart(*number));
        }
    }
    Ok(())
}

fn check_type(upload: &Upload, stated: Option<&ChecksumType>) -> S3Result<()> {
    let Some(stated) = stated else {
        return Ok(());
    };
    if scope_from_name(stated.as_str())? == upload.checksum_scope {
        return Ok(());
    }
    let message = format!(
        "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
        scope_type(upload.checksum_scope).as_str()
    );
    Err(refused(S3ErrorCode::InvalidRequest, message))
}

/// The object's record, made of its parts.
fn assemble(
    upload: Upload,
    parts: Vec<(u32, StoredPart)>,
    modified: Millis,
    opaque: String,
) -> ObjectRecord {
    let sums: Option<Vec<(String, u64)>> = parts
        .iter()
        .map(|(_, part)| {
            part.checksum
                .as_ref()
                .map(|(_, value)| (value.clone(), part.piece.size))
        })
        .collect();
    let algorithm = part_algorithm(&upload).ok();
    let checksum = sums
        .zip(algorithm)
        .and_then(|(sums, algorithm)| checksums::of_parts(algorithm, upload.checksum_scope, &sums));
    let etag = if has_md5_etag(&upload.protection) {
        md5_of_md5s(&parts)
    } else {
        opaque
    };
    let summaries = parts.iter().map(|(number, part)| PartSummary {
        number: *number,
        size: part.piece.size,
        checksum: part.checksum.as_ref().map(|(_, value)| value.clone()),
    });
    ObjectRecord {
        size: parts.iter().map(|(_, part)| part.piece.size).sum(),
        etag: format!("{etag}-{}", parts.len()),
        modified,
        headers: upload.headers,
        metadata: upload.metadata,
        tags: std::collections::BTreeMap::new(),
        protection: upload.protection,
        checksum,
        lock: upload.lock,
        stamp: Stamp::default(),
        parts: summaries.collect(),
        pieces: parts.into_iter().map(|(_, part)| part.piece).collect(),
    }
}

fn md5_of_md5s(parts: &[(u32, StoredPart)]) -> String {
    let mut md5 = Md5::new();
    for (_, part) in parts {
        md5.update(hex::decode(&part.etag).unwrap_or_default());
    }
    hex::encode(md5.finalize())
}

/// A client may state the whole object's checksum and size when it completes.
fn check_stated(
    object: &ObjectRecord,
    stated: &[String],
    size: Option<i64>,
) -> Result<(), CompletionRefusal> {
    let whole = object.checksum.as_ref().map(|checksum| {
        let value = checksum.value.as_str();
        (value, value.rsplit_once('-').map_or(value, |(sum, _)| sum))
    });
    let fits = |value: &String| whole.is_some_and(|(full, bare)| value == full || value == bare);
    let right_size = size.is_none_or(|size| u64::try_from(size) == Ok(object.size));
    if stated.iter().all(fits) && right_size {
        Ok(())
    } else {
        Err(CompletionRefusal::Checksum)
    }
}

fn completed(bucket: String, key: String, object: &ObjectRecord) -> CompleteMultipartUploadOutput {
    let applied = Applied::of(&object.protection, None);
    let mut answer = CompleteMultipartUploadOutput {
        location: Some(format!("/{bucket}/{}", url_encoded(&key))),
        bucket: Some(bucket),
        key: Some(key),
        e_tag: Some(ETag::Strong(object.etag.clone())),
        server_side_encryption: applied.algorithm,
        ssekms_key_id: applied.key_arn,
        bucket_key_enabled: applied.bucket_key,
        version_id: made_version(&object.stamp.id),
        ..CompleteMultipartUploadOutput::default()
    };
    if let Some(checksum) = &object.checksum {
        show_checksum!(answer, checksum.algorithm.as_str(), checksum.value.clone());
        answer.checksum_type = Some(scope_type(checksum.scope));
    }
    answer
}
