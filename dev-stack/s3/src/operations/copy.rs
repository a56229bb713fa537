//! CopyObject and UploadPartCopy: the body is opened and sealed again, under the destination's own keys.

use super::checksum_fields::show_checksum;
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, BodyDigest, DeclaredChecksums, scope_type},
    error_response::{invalid_argument, not_implemented, refused},
};
use std::collections::BTreeMap;

use futures::TryStreamExt;
use keyfront_dev_s3_store::{
    blobs::{ByteRange, read_pieces},
    catalog::{Bucket, ContentHeaders, Object as ObjectRecord, WriteCondition},
    data_key::DataKey,
};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETag,
        ETagCondition, MetadataDirective, Range, TaggingDirective, UploadPartCopyInput,
        UploadPartCopyOutput,
    },
};

use super::{
    Operations, blob_error,
    multipart::{PartTarget, part_algorithm, part_number},
    precondition_failed,
    read::open_pieces,
    receive::{Received, too_large},
    tagging::from_header,
    versions::{READ, Target, requested_version, shown_version},
    write::{
        Description, checked_metadata, content_headers, encryption_request, has_md5_etag,
        write_condition,
    },
};
use crate::{
    authority::Caller,
    customer_key::{CustomerKey, customer_key, source_customer_key},
    encryption::{Applied, EncryptionRequest},
    keyring::ObjectName,
    preconditions::{Preconditions, resolve_range},
};

/// The largest object one CopyObject copies.
const MAX_COPY: u64 = 5 * 1024 * 1024 * 1024;

/// The object a copy reads, opened for the caller.
struct Source {
    object: ObjectRecord,
    pieces: Vec<keyfront_dev_s3_store::blobs::Piece>,
    lease: keyfront_dev_s3_store::blobs::Lease,
    /// Which version it is, where its bucket keeps any.
    version: Option<String>,
}

/// The `x-amz-copy-source-if-*` headers of an input; S3's inputs share the names, not a type.
macro_rules! source_preconditions {
    ($input:ident) => {
        Preconditions {
            if_match: $input.copy_source_if_match.take(),
            if_none_match: $input.copy_source_if_none_match.take(),
            if_modified_since: $input.copy_source_if_modified_since.take(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.take(),
        }
    };
}

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
    pub(super) async fn copy_object(
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
        let target = (&*input.bucket, &*input.key);
        let lock = self.requested_lock(caller, target, &bucket, &request.headers)?;
        let (headers, metadata) = headers_of_copy(&mut input, &source.object)?;
        let tags = self.copied_tags(caller, &input, &source.object, &bucket)?;
        let name = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        let choice = requested.settle(&bucket.default)?;
        let (data_key, protection) = self.keyring.make(caller, name, &choice)?;
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

    pub(super) async fn upload_part_copy(
        &self,
        caller: &Caller,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let mut input = request.input;
        let bucket = self.permitted_object(caller, "s3:PutObject", &input.bucket, &input.key)?;
        let customer = customer_key!(input).admit(&bucket)?;
        let number = part_number(input.part_number)?;
        let target = PartTarget::new(&input.bucket, &input.key, &input.upload_id)?;
        let upload = self.find_upload(&target)?;
        let preconditions = source_preconditions!(input);
        let key_of_source = source_customer_key!(input).read()?;
        let source = self.open_source(
            caller,
            &input.copy_source,
            &preconditions,
            key_of_source.as_ref(),
        )?;
        let range = copied_range(input.copy_source_range.as_deref(), source.object.size)?;
        if range.end - range.start > MAX_COPY {
            return Err(too_large());
        }
        let data_key = self.open_upload(caller, &target, &upload, customer.as_ref())?;
        let kept = part_algorithm(&upload)?;
        let md5 = has_md5_etag(&upload.protection);
        let copied = source.version.clone();
        let received = self.reseal(source, range, &data_key, kept, md5).await?;
        let applied = Applied::of(&upload.protection, customer.as_ref());
        let part = self.store_part(target, number, [kept; 2], received).await?;
        let mut result = CopyPartResult {
            e_tag: Some(ETag::Strong(part.etag)),
            last_modified: Some(part.modified.to_time().into()),
            ..CopyPartResult::default()
        };
        if let Some((algorithm, value)) = part.checksum {
            show_checksum!(result, algorithm.as_str(), value);
        }
        Ok(S3Response::new(UploadPartCopyOutput {
            copy_part_result: Some(result),
            copy_source_version_id: copied,
            server_side_encryption: applied.algorithm,
            ssekms_key_id: applied.key_arn,
            bucket_key_enabled: applied.bucket_key,
            sse_customer_algorithm: applied.customer_algorithm,
            sse_customer_key_md5: applied.customer_key_md5,
            ..UploadPartCopyOutput::default()
        }))
    }

    /// Opens the source for the caller, who needs s3:GetObject (of a version, s3:GetObjectVersion) and the right to decrypt.
    fn open_source(
        &self,
        caller: &Caller,
        source: &CopySource,
        preconditions: &Preconditions,
        customer: Option<&CustomerKey>,
    ) -> S3Result<Source> {
        let CopySource::Bucket {
            bucket: name,
            key,
            version_id,
        } = source
        else {
            return Err(not_implemented("access points"));
        };
        let version = requested_version(version_id.as_deref())?;
        let target = Target {
            bucket: name,
            key,
            version: version.as_ref(),
        };
        let bucket = self.permitted_target(caller, READ, target)?;
        let (object, lease) = self
            .hold_object(caller, target, &bucket)
            .map_err(source_error)?;
        let name = ObjectName { bucket: name, key };
        let data_key = self
            .keyring
            .open(caller, name, &object.protection, customer)?;
        preconditions
            .evaluate(&object.etag, object.modified.to_seconds())
            .map_err(|_| precondition_failed())?;
        let pieces = open_pieces(&data_key, &object)?;
        Ok(Source {
            version: shown_version(&bucket, &object.stamp.id),
            object,
            pieces,
            lease,
        })
    }

    /// Copies a range of `source` into a fresh body under `data_key`.
    async fn reseal(
        &self,
        source: Source,
        range: ByteRange,
        data_key: &DataKey,
        kept: Algorithm,
        md5: bool,
    ) -> S3Result<Received> {
        let stated = DeclaredChecksums::default();
        let mut digest = BodyDigest::new(&stated, kept, md5);
        let mut sink = self.start_piece(data_key)?;
        let mut bytes = std::pin::pin!(read_pieces(source.lease, source.pieces, range));
        while let Some(chunk) = bytes.try_next().await.map_err(blob_error)? {
            digest.update(&chunk);
            sink.writer.write(&chunk).await.map_err(blob_error)?;
        }
        let digests = digest.finish(&stated, None)?;
        let (piece, fresh) = sink.finish().await?;
        Ok(Received {
            piece,
            digests,
            fresh,
        })
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

/// A delete marker by its id is no source; all else is refused as in a read.
fn source_error(error: S3Error) -> S3Error {
    match error.code() {
        S3ErrorCode::MethodNotAllowed => refused(
            S3ErrorCode::InvalidRequest,
            "The source of a copy request may not specifically refer to a delete marker by version id.",
        ),
        _ => error,
    }
}

fn kept_algorithm(object: &ObjectRecord) -> Algorithm {
    let named = object
        .checksum
        .as_ref()
        .map(|checksum| Algorithm::from_name(&checksum.algorithm));
    named.and_then(Result::ok).unwrap_or(Algorithm::Crc64Nvme)
}

fn copied_range(text: Option<&str>, size: u64) -> S3Result<ByteRange> {
    let Some(text) = text else {
        return Ok(0..size);
    };
    let malformed = || -> S3Error {
        invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last \
                          are the zero-based offsets of the first and last bytes to copy",
        )
    };
    let range = Range::parse(text).map_err(|_| malformed())?;
    let Range::Int {
        last: Some(last), ..
    } = range
    else {
        return Err(malformed());
    };
    if last >= size {
        return Err(invalid_argument(format!(
            "Range specified is not valid for source object of size: {size}"
        )));
    }
    resolve_range(&range, size).ok_or_else(malformed)
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
