//! PutObject, and what every write of an object has in common.

use super::checksum_fields::show_checksum;
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, DeclaredChecksums, Digests, scope_type},
    error_response::refused,
};
use std::collections::BTreeMap;

use keyfront_dev_s3_store::{
    blobs::{BlobId, FreshBlob},
    catalog::{
        ContentHeaders, Millis, Object as ObjectRecord, ObjectLockState, Protection, Stamp,
        StoredPiece, WriteCondition,
    },
};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{ETag, ETagCondition, Metadata, PutObjectInput, PutObjectOutput, Timestamp},
};

use super::{
    Operations, catalog_error,
    lock::{Written, demand_checksum},
    receive::Expected,
    tagging::from_header,
    versions::made_version,
};
use crate::gate::Trailers;
use keyfront_dev_s3_access::{
    authority::Caller,
    customer_key::CustomerKey,
    encryption::{Applied, EncryptionRequest},
    keyring::ObjectName,
};

/// Bytes of names and values of user metadata.
const MAX_METADATA: usize = 2048;

/// Moves the stored content headers out of a write's input; S3's inputs share the names, not a type.
macro_rules! content_headers {
    ($input:ident) => {
        keyfront_dev_s3_store::catalog::ContentHeaders {
            cache_control: $input.cache_control.take(),
            content_disposition: $input.content_disposition.take(),
            content_encoding: $input.content_encoding.take(),
            content_language: $input.content_language.take(),
            content_type: $input.content_type.take(),
            expires: $input
                .expires
                .take()
                .map(|moment| $crate::operations::write::millis(&moment)),
            website_redirect: $input.website_redirect_location.take(),
        }
    };
}
pub(super) use content_headers;

/// Moves the encryption headers out of the input of a write into a bucket.
macro_rules! encryption_request {
    ($input:ident, $bucket:expr) => {
        keyfront_dev_s3_access::encryption::EncryptionRequest {
            algorithm: $input.server_side_encryption.take(),
            key_id: $input.ssekms_key_id.take(),
            context: $input.ssekms_encryption_context.take(),
            bucket_key: $input.bucket_key_enabled.take(),
            customer: keyfront_dev_s3_access::customer_key!($input).admit($bucket)?,
        }
    };
}
pub(super) use encryption_request;

/// What a write says of its object, beside the body.
pub(super) struct Description {
    pub(super) headers: ContentHeaders,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) protection: Protection,
    pub(super) lock: ObjectLockState,
}

impl Description {
    /// The record of an object with one body.
    pub(super) fn of_body(
        self,
        piece: StoredPiece,
        digests: &Digests,
        kept: Algorithm,
        modified: Millis,
    ) -> S3Result<ObjectRecord> {
        Ok(ObjectRecord {
            size: piece.size,
            etag: new_etag(digests)?,
            modified,
            headers: self.headers,
            metadata: self.metadata,
            tags: self.tags,
            protection: self.protection,
            pieces: vec![piece],
            checksum: digests.full_object(kept),
            parts: Vec::new(),
            lock: self.lock,
            stamp: Stamp::default(),
        })
    }
}

impl Operations {
    pub(super) async fn put_object(
        &self,
        caller: &Caller,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let trailers = request.extensions.get::<Trailers>().cloned();
        let stated = DeclaredChecksums::read(&request.headers)?;
        let mut input = request.input;
        let bucket = self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        let condition = write_condition(input.if_match.take(), input.if_none_match.take())?;
        let metadata = checked_metadata(input.metadata.take())?;
        let tags = match &input.tagging {
            Some(written) => {
                self.require_object(
                    caller,
                    "s3:PutObjectTagging",
                    &input.bucket,
                    &input.key,
                    &bucket,
                )?;
                from_header(written)?
            }
            None => BTreeMap::new(),
        };
        let target = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        let lock = self.requested_lock(caller, target, &bucket, &request.headers)?;
        demand_checksum(&lock, &stated, Written::Object)?;
        let body = input.body.take();
        let headers = content_headers!(input);
        let requested: EncryptionRequest = encryption_request!(input, &bucket);
        let customer = requested.customer.clone();
        let choice = requested.settle(&bucket.default)?;
        let (data_key, protection) = self.keyring.make(caller, target, &choice)?;
        let kept = stated.algorithm().unwrap_or(Algorithm::Crc64Nvme);
        let expected = Expected {
            length: input.content_length,
            stated,
            trailers,
            kept,
            md5: has_md5_etag(&protection),
        };
        let received = self.receive(body, &data_key, expected).await?;
        let described = Description {
            headers,
            metadata,
            tags,
            protection,
            lock,
        };
        let object = described.of_body(received.piece, &received.digests, kept, self.now())?;
        let mut answer = put_answer(&object, customer.as_ref());
        answer.version_id = self
            .commit(input.bucket, input.key, object, condition, received.fresh)
            .await?;
        Ok(S3Response::new(answer))
    }

    /// Puts the record, and returns the version it made; runs to its end even if the client goes away meanwhile.
    pub(super) async fn commit(
        &self,
        bucket: String,
        key: String,
        object: ObjectRecord,
        condition: WriteCondition,
        fresh: FreshBlob,
    ) -> S3Result<Option<String>> {
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        see_through(async move {
            let (version, replaced) = catalog.put_object(bucket, key, object, condition).await?;
            fresh.keep();
            blobs.retire(replaced);
            Ok(made_version(&version))
        })
        .await
    }
}

/// Runs a change to its end on its own task, so that no client can interrupt it halfway.
pub(super) async fn see_through<T: Send + 'static>(
    change: impl Future<Output = Result<T, keyfront_dev_s3_store::catalog::CatalogError>>
    + Send
    + 'static,
) -> S3Result<T> {
    let done = tokio::spawn(change).await;
    done.unwrap_or(Err(keyfront_dev_s3_store::catalog::CatalogError::Stopped))
        .map_err(catalog_error)
}

pub(super) fn millis(moment: &Timestamp) -> Millis {
    Millis::from(std::time::SystemTime::from(time::OffsetDateTime::from(
        moment.clone(),
    )))
}

fn put_answer(object: &ObjectRecord, customer: Option<&CustomerKey>) -> PutObjectOutput {
    let applied = Applied::of(&object.protection, customer);
    let mut answer = PutObjectOutput {
        e_tag: Some(ETag::Strong(object.etag.clone())),
        server_side_encryption: applied.algorithm,
        ssekms_key_id: applied.key_arn,
        bucket_key_enabled: applied.bucket_key,
        sse_customer_algorithm: applied.customer_algorithm,
        sse_customer_key_md5: applied.customer_key_md5,
        ..PutObjectOutput::default()
    };
    if let Some(checksum) = &object.checksum {
        show_checksum!(answer, checksum.algorithm.as_str(), checksum.value.clone());
        answer.checksum_type = Some(scope_type(checksum.scope));
    }
    answer
}

/// Under SSE-KMS and SSE-C the ETag is not the MD5 of anything.
pub(super) fn has_md5_etag(protection: &Protection) -> bool {
    matches!(protection, Protection::S3 { .. })
}

/// The MD5 if it was computed, else an opaque tag of the same shape.
pub(super) fn new_etag(digests: &Digests) -> S3Result<String> {
    match digests.md5_hex() {
        Some(md5) => Ok(md5),
        None => opaque_etag(),
    }
}

/// 32 hexadecimal digits that say nothing about the content.
pub(super) fn opaque_etag() -> S3Result<String> {
    let random = BlobId::generate()
        .map_err(|error| keyfront_dev_s3_wire::error_response::internal(&error))?;
    Ok(random.to_string())
}

/// # Errors
/// `NotImplemented` for what S3 does not support either, such as `If-None-Match: "etag"`.
pub(super) fn write_condition(
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> S3Result<WriteCondition> {
    match (if_match, if_none_match) {
        (None, None) => Ok(WriteCondition::Always),
        (None, Some(ETagCondition::Any)) => Ok(WriteCondition::Absent),
        (Some(ETagCondition::Any), None) => Ok(WriteCondition::Present),
        (Some(ETagCondition::ETag(etag)), None) => {
            Ok(WriteCondition::Etag(etag.value().to_owned()))
        }
        (_, Some(_)) => Err(refused(
            S3ErrorCode::NotImplemented,
            "A header you provided implies functionality that is not implemented",
        )),
    }
}

/// # Errors
/// `MetadataTooLarge` over 2 KB of names and values.
pub(super) fn checked_metadata(metadata: Option<Metadata>) -> S3Result<BTreeMap<String, String>> {
    let metadata: BTreeMap<String, String> = metadata.unwrap_or_default().into_iter().collect();
    let size: usize = metadata
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if size > MAX_METADATA {
        return Err(refused(
            S3ErrorCode::MetadataTooLarge,
            "Your metadata headers exceed the maximum allowed metadata size",
        ));
    }
    Ok(metadata)
}
