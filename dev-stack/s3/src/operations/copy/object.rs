//! CopyObject: the whole of an object, with the headers, metadata and tags that the request asks for.

use std::collections::BTreeMap;

use keyfront_dev_s3_access::{
    authority::Caller,
    customer_key::CustomerKey,
    encryption::{Applied, EncryptionRequest},
    keyring::ObjectName,
    source_customer_key,
};
use keyfront_dev_s3_store::catalog::{
    Bucket, ContentHeaders, Object as ObjectRecord, WriteCondition,
};
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, scope_type},
    error_response::{invalid_argument, not_implemented, refused},
};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, ETagCondition,
        MetadataDirective, TaggingDirective,
    },
};

use super::{MAX_COPY, source::source_preconditions};
use crate::operations::{
    Operations,
    checksum_fields::show_checksum,
    tagging::from_header,
    write::{
        Description, checked_metadata, content_headers, encryption_request, has_md5_etag,
        write_condition,
    },
};

/// The headers and metadata of a copy: those of the request or the source's, as it says. A redirect belongs to its object and
/// is never copied.
fn headers_of_copy(
    input: &mut CopyObjectInput,
    source: &ObjectRecord,
) -> S3Result<(ContentHeaders, BTreeMap<String, String>)> {
    if replaces_metadata(input.metadata_directive.as_ref())? {
        let headers = content_headers!(input);
        return Ok((headers, checked_metadata(input.metadata.take())?));
    }
    let headers = ContentHeaders {
        website_redirect: input.website_redirect_location.take(),
        ..source.headers.clone()
    };
    Ok((headers, source.metadata.clone()))
}

impl Operations {
    pub(in crate::operations) async fn copy_object(
        &self,
        caller: &Caller,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let mut input = request.input;
        let bucket = self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        let condition = destination_condition(&request.headers)?;
        let preconditions = source_preconditions!(input);
        let key_of_source = source_customer_key!(input).read()?;
        let source = self.open_source(
            caller,
            &input.copy_source,
            &preconditions,
            key_of_source.as_ref(),
        )?;
        check_copy_size(source.object.size)?;
        let requested: EncryptionRequest = encryption_request!(input, &bucket);
        let customer = requested.customer.clone();
        let changes = replaces_metadata(input.metadata_directive.as_ref())?
            || requested.algorithm.is_some()
            || customer.is_some()
            || key_of_source.is_some()
            || requested.bucket_key.is_some()
            || input.website_redirect_location.is_some();
        if is_onto_itself(&input.copy_source, &input.bucket, &input.key) && !changes {
            return Err(changes_nothing());
        }
        let (headers, metadata) = headers_of_copy(&mut input, &source.object)?;
        let target = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        let lock = self.requested_lock(caller, target, &bucket, &request.headers)?;
        let tags = self.copied_tags(caller, &input, &source.object, &bucket)?;
        let choice = requested.settle(&bucket.default)?;
        let (data_key, protection) = self.keyring.make(caller, target, &choice)?;
        let kept = match &input.checksum_algorithm {
            Some(algorithm) => Algorithm::from_name(algorithm.as_str())?,
            None => kept_algorithm(&source.object),
        };
        let whole = 0..source.object.size;
        let copied = source.version.clone();
        let received = self
            .reseal(source, whole, &data_key, kept, has_md5_etag(&protection))
            .await?;
        let described = Description {
            headers,
            metadata,
            tags,
            protection,
            lock,
        };
        let object = described.of_body(received.piece, &received.digests, kept, self.now())?;
        let mut answer = copy_answer(&object, customer.as_ref());
        answer.copy_source_version_id = copied;
        answer.version_id = self
            .commit(input.bucket, input.key, object, condition, received.fresh)
            .await?;
        Ok(S3Response::new(answer))
    }

    /// The tags of a copy. As in AWS, tags are read and written by permissions of their own.
    fn copied_tags(
        &self,
        caller: &Caller,
        input: &CopyObjectInput,
        source: &ObjectRecord,
        bucket: &Bucket,
    ) -> S3Result<BTreeMap<String, String>> {
        let directive = input.tagging_directive.as_ref();
        let replaces = directive.is_some_and(|one| one.as_str() == TaggingDirective::REPLACE);
        if input.tagging.is_some() && !replaces {
            return Err(not_implemented(
                "x-amz-tagging of a copy that takes the source's tags",
            ));
        }
        let tags = match directive.map(TaggingDirective::as_str) {
            None | Some(TaggingDirective::COPY) if source.tags.is_empty() => {
                return Ok(BTreeMap::new());
            }
            None | Some(TaggingDirective::COPY) => {
                if let CopySource::Bucket {
                    bucket,
                    key,
                    version_id,
                } = &input.copy_source
                {
                    let action = match version_id {
                        None => "s3:GetObjectTagging",
                        Some(_) => "s3:GetObjectVersionTagging",
                    };
                    self.permitted_object(caller, action, bucket, key)?;
                }
                source.tags.clone()
            }
            Some(TaggingDirective::REPLACE) => {
                from_header(input.tagging.as_deref().unwrap_or_default())?
            }
            Some(_) => return Err(invalid_argument("Unknown tagging directive.")),
        };
        self.require_object(
            caller,
            "s3:PutObjectTagging",
            &input.bucket,
            &input.key,
            bucket,
        )?;
        Ok(tags)
    }
}

/// `If-Match` and `If-None-Match` of a copy are about its destination; s3s does not read them.
fn destination_condition(headers: &http::HeaderMap) -> S3Result<WriteCondition> {
    let condition = |name| -> S3Result<Option<ETagCondition>> {
        let Some(value) = headers.get(name) else {
            return Ok(None);
        };
        let read = ETagCondition::parse_http_header(value.as_bytes());
        read.map(Some)
            .map_err(|_| invalid_argument("A condition is not an entity tag."))
    };
    write_condition(
        condition(http::header::IF_MATCH)?,
        condition(http::header::IF_NONE_MATCH)?,
    )
}

fn check_copy_size(size: u64) -> S3Result<()> {
    if size <= MAX_COPY {
        return Ok(());
    }
    let message = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
    Err(refused(S3ErrorCode::InvalidRequest, message))
}

fn changes_nothing() -> S3Error {
    let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                   the object's metadata, storage class, website redirect location or encryption attributes.";
    refused(S3ErrorCode::InvalidRequest, message)
}

fn replaces_metadata(directive: Option<&MetadataDirective>) -> S3Result<bool> {
    match directive.map(MetadataDirective::as_str) {
        None | Some(MetadataDirective::COPY) => Ok(false),
        Some(MetadataDirective::REPLACE) => Ok(true),
        Some(_) => Err(invalid_argument("Unknown metadata directive.")),
    }
}

/// Whether an object is copied as it is to where it is. To copy a version so is to restore it.
fn is_onto_itself(source: &CopySource, bucket: &str, key: &str) -> bool {
    matches!(source, CopySource::Bucket { bucket: b, key: k, version_id: None } if **b == *bucket && **k == *key)
}

fn kept_algorithm(object: &ObjectRecord) -> Algorithm {
    let named = object
        .checksum
        .as_ref()
        .map(|checksum| Algorithm::from_name(&checksum.algorithm));
    named.and_then(Result::ok).unwrap_or(Algorithm::Crc64Nvme)
}

fn copy_answer(object: &ObjectRecord, customer: Option<&CustomerKey>) -> CopyObjectOutput {
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(object.etag.clone())),
        last_modified: Some(object.modified.to_time().into()),
        ..CopyObjectResult::default()
    };
    if let Some(checksum) = &object.checksum {
        show_checksum!(result, checksum.algorithm.as_str(), checksum.value.clone());
        result.checksum_type = Some(scope_type(checksum.scope));
    }
    let applied = Applied::of(&object.protection, customer);
    CopyObjectOutput {
        copy_object_result: Some(result),
        server_side_encryption: applied.algorithm,
        ssekms_key_id: applied.key_arn,
        bucket_key_enabled: applied.bucket_key,
        sse_customer_algorithm: applied.customer_algorithm,
        sse_customer_key_md5: applied.customer_key_md5,
        ..CopyObjectOutput::default()
    }
}
