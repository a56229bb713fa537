//! GetObject and HeadObject: conditions, ranges, parts, and the right to decrypt.

use super::checksum_fields::show_checksum;
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use keyfront_dev_s3_store::{
    blobs::{ByteRange, Lease, Piece, read_pieces},
    catalog::{Object as ObjectRecord, Protection, StoredChecksum},
    data_key::DataKey,
};
use keyfront_dev_s3_wire::{
    checksums::scope_type,
    error_response::{internal, invalid_argument, refused},
};
use s3s::{
    Body, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        ChecksumMode, ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
        StreamingBlob,
    },
};

use super::{
    Operations, blob_error, precondition_failed,
    selection::{Selection, content_range, length, select},
    versions::{READ, Target, requested_version, shown_version},
};
use crate::preconditions::{Preconditions, Unmet, http_date};
use keyfront_dev_s3_access::{
    authority::Caller, customer_key, encryption::Applied, keyring::ObjectName,
};

/// The conditional headers of a read's input; S3's inputs share the names, not a type.
macro_rules! preconditions {
    ($input:ident) => {
        Preconditions {
            if_match: $input.if_match.clone(),
            if_none_match: $input.if_none_match.clone(),
            if_modified_since: $input.if_modified_since.clone(),
            if_unmodified_since: $input.if_unmodified_since.clone(),
        }
    };
}

/// An answer's fields that follow from the object's record.
macro_rules! shown {
    ($answer:ident, $object:ident, $bucket:ident, $customer:expr) => {{
        let applied = Applied::of(&$object.protection, $customer);
        let headers = $object.headers.clone();
        $answer {
            accept_ranges: Some("bytes".to_owned()),
            e_tag: Some(ETag::Strong($object.etag.clone())),
            last_modified: Some($object.modified.to_seconds().into()),
            metadata: Some($object.metadata.clone().into_iter().collect()),
            cache_control: headers.cache_control,
            content_disposition: headers.content_disposition,
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_type: Some(
                headers
                    .content_type
                    .unwrap_or_else(|| DEFAULT_TYPE.to_owned()),
            ),
            expires: headers.expires.map(|moment| moment.to_seconds().into()),
            website_redirect_location: headers.website_redirect,
            server_side_encryption: applied.algorithm,
            ssekms_key_id: applied.key_arn,
            bucket_key_enabled: applied.bucket_key,
            sse_customer_algorithm: applied.customer_algorithm,
            sse_customer_key_md5: applied.customer_key_md5,
            version_id: shown_version(&$bucket, &$object.stamp.id),
            ..$answer::default()
        }
    }};
}

macro_rules! show_stored_checksum {
    ($answer:ident, $checksum:expr) => {
        if let Some(checksum) = $checksum {
            show_checksum!($answer, checksum.algorithm.as_str(), checksum.value);
            $answer.checksum_type = Some(scope_type(checksum.scope));
        }
    };
}

/// The checksum of what is read: the whole object's, or the part's. A range has none.
fn checksum_of(
    object: &ObjectRecord,
    part: Option<i32>,
    selection: &Selection,
) -> Option<StoredChecksum> {
    let whole = object.checksum.clone()?;
    match (part, selection) {
        (None, Selection::Range(_)) => None,
        (None, Selection::Whole) => Some(whole),
        (Some(_), _) if object.parts.is_empty() => Some(whole),
        (Some(number), _) => {
            let mut parts = object.parts.iter();
            let part = parts.find(|part| i64::from(part.number) == i64::from(number))?;
            Some(StoredChecksum {
                value: part.checksum.clone()?,
                ..whole
            })
        }
    }
}

/// S3 returns the number of tags, and nothing where there are none.
fn tag_count(object: &ObjectRecord) -> Option<i32> {
    i32::try_from(object.tags.len())
        .ok()
        .filter(|count| *count > 0)
}

/// What S3 says of objects whose writer said nothing.
const DEFAULT_TYPE: &str = "binary/octet-stream";

impl Operations {
    pub(super) async fn get_object(
        &self,
        caller: &Caller,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        refuse_encryption_headers(&request.headers)?;
        let if_range = request.headers.get(header::IF_RANGE).cloned();
        let mut input = request.input;
        let customer = customer_key!(input).read()?;
        let version = requested_version(input.version_id.as_deref())?;
        let target = Target {
            bucket: &input.bucket,
            key: &input.key,
            version: version.as_ref(),
        };
        let bucket = self.permitted_target(caller, READ, target)?;
        let (object, lease) = self.hold_object(caller, target, &bucket)?;
        let name = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        let customer = customer.as_ref();
        let data_key = self
            .keyring
            .open(caller, name, &object.protection, customer)?;
        evaluate(&preconditions!(input), &object)?;
        let range = input
            .range
            .filter(|_| range_applies(if_range.as_ref(), &object));
        let (selection, parts) = select(&object, range.as_ref(), input.part_number)?;
        let checksum = wants_checksum(input.checksum_mode.as_ref())
            .then(|| checksum_of(&object, input.part_number, &selection));

        let mut answer: GetObjectOutput = shown!(GetObjectOutput, object, bucket, customer);
        answer.parts_count = parts;
        answer.tag_count = tag_count(&object);
        let range = match selection {
            Selection::Whole => 0..object.size,
            Selection::Range(range) => {
                answer.content_range = Some(content_range(&range, object.size));
                range
            }
        };
        answer.content_length = Some(length(&range)?);
        show_stored_checksum!(answer, checksum.flatten());
        let pieces = open_pieces(&data_key, &object)?;
        answer.body = Some(stream(lease, pieces, range).await?);
        let mut response = S3Response::new(answer);
        self.show_lock(caller, name, &bucket, &object.lock, &mut response.headers);
        Ok(response)
    }

    pub(super) async fn head_object(
        &self,
        caller: &Caller,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        refuse_encryption_headers(&request.headers)?;
        let if_range = request.headers.get(header::IF_RANGE).cloned();
        let mut input = request.input;
        let customer = customer_key!(input).read()?;
        let version = requested_version(input.version_id.as_deref())?;
        let target = Target {
            bucket: &input.bucket,
            key: &input.key,
            version: version.as_ref(),
        };
        let bucket = self.permitted_target(caller, READ, target)?;
        let object = self.find_object(caller, target, &bucket)?;
        // As in AWS, reading metadata needs a key of KMS only for the checksum, and a customer's always.
        let wants_checksum = wants_checksum(input.checksum_mode.as_ref());
        let customer = customer.as_ref();
        let is_customers = matches!(object.protection, Protection::Customer { .. });
        let name = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        if wants_checksum || is_customers || customer.is_some() {
            self.keyring
                .open(caller, name, &object.protection, customer)?;
        }
        evaluate(&preconditions!(input), &object)?;
        let range = input.range.take();
        let range = range.filter(|_| range_applies(if_range.as_ref(), &object));
        let (selection, parts) = select(&object, range.as_ref(), input.part_number)?;
        let checksum = wants_checksum.then(|| checksum_of(&object, input.part_number, &selection));

        let mut answer: HeadObjectOutput = shown!(HeadObjectOutput, object, bucket, customer);
        answer.parts_count = parts;
        match selection {
            Selection::Whole => answer.content_length = Some(length(&(0..object.size))?),
            Selection::Range(range) => {
                answer.content_length = Some(length(&range)?);
                answer.content_range = Some(content_range(&range, object.size));
            }
        }
        show_stored_checksum!(answer, checksum.flatten());
        override_headers(&mut answer, &mut input);
        let mut response = S3Response::new(answer);
        // s3s knows the header of a GET only.
        if let Some(count) = tag_count(&object) {
            response.headers.insert("x-amz-tagging-count", count.into());
        }
        let name = ObjectName {
            bucket: &input.bucket,
            key: &input.key,
        };
        self.show_lock(caller, name, &bucket, &object.lock, &mut response.headers);
        Ok(response)
    }
}

/// The object's pieces with their keys opened.
pub(super) fn open_pieces(data_key: &DataKey, object: &ObjectRecord) -> S3Result<Vec<Piece>> {
    let open = |piece: &keyfront_dev_s3_store::catalog::StoredPiece| {
        let key = data_key.unwrap(&piece.key.0, piece.blob.to_string().as_bytes());
        Ok(Piece {
            blob: piece.blob,
            key: key.map_err(|error| internal(&error))?,
            size: piece.size,
        })
    };
    object.pieces.iter().map(open).collect()
}

/// The bytes of a range as an answer's body.
///
/// The first megabyte is opened before the answer begins; damage found later breaks the transfer off.
async fn stream(lease: Lease, pieces: Vec<Piece>, range: ByteRange) -> S3Result<StreamingBlob> {
    let mut bytes = Box::pin(read_pieces(lease, pieces, range));
    let first = bytes.try_next().await.map_err(blob_error)?;
    let frames = stream::iter(first.map(Ok))
        .chain(bytes)
        .inspect_err(|error| tracing::error!(%error, "a stored body broke off"))
        .map_ok(http_body::Frame::data);
    let body = Body::http_body_unsync(http_body_util::StreamBody::new(frames));
    Ok(StreamingBlob::from(body))
}

fn refuse_encryption_headers(headers: &HeaderMap) -> S3Result<()> {
    // Customer keys come with every read.
    let of_writes = |name: &&header::HeaderName| {
        let rest = name.as_str().strip_prefix("x-amz-server-side-encryption");
        rest.is_some_and(|rest| !rest.starts_with("-customer-"))
    };
    let found = headers.keys().find(of_writes);
    match found {
        Some(name) => Err(invalid_argument(format!(
            "{name} header is not supported for this operation."
        ))),
        None => Ok(()),
    }
}

/// The `response-*` parameters, which s3s knows of a GET only.
fn override_headers(answer: &mut HeadObjectOutput, input: &mut HeadObjectInput) {
    for (shown, wanted) in [
        (
            &mut answer.cache_control,
            input.response_cache_control.take(),
        ),
        (
            &mut answer.content_disposition,
            input.response_content_disposition.take(),
        ),
        (
            &mut answer.content_encoding,
            input.response_content_encoding.take(),
        ),
        (
            &mut answer.content_language,
            input.response_content_language.take(),
        ),
        (&mut answer.content_type, input.response_content_type.take()),
    ] {
        *shown = wanted.or_else(|| shown.take());
    }
    answer.expires = input.response_expires.take().or(answer.expires.take());
}

fn wants_checksum(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

fn evaluate(preconditions: &Preconditions, object: &ObjectRecord) -> S3Result<()> {
    preconditions
        .evaluate(&object.etag, object.modified.to_seconds())
        .map_err(|unmet| match unmet {
            Unmet::Failed => precondition_failed(),
            Unmet::NotModified => not_modified(object),
        })
}

/// 304 with the headers a cache updates its copy by.
fn not_modified(object: &ObjectRecord) -> S3Error {
    let mut error = refused(S3ErrorCode::NotModified, "Not Modified");
    error.set_status_code(StatusCode::NOT_MODIFIED);
    let mut headers = HeaderMap::new();
    let mut add = |name: header::HeaderName, value: Option<String>| {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    };
    add(header::ETAG, Some(format!("\"{}\"", object.etag)));
    add(
        header::LAST_MODIFIED,
        http_date(object.modified.to_seconds()),
    );
    add(header::CACHE_CONTROL, object.headers.cache_control.clone());
    error.set_headers(headers);
    error
}

/// RFC 9110, section 13.1.5: a range counts only if the client's copy is still the right one.
fn range_applies(if_range: Option<&HeaderValue>, object: &ObjectRecord) -> bool {
    let Some(value) = if_range.map(|value| value.to_str().unwrap_or("")) else {
        return true;
    };
    value == format!("\"{}\"", object.etag)
        || http_date(object.modified.to_seconds()).as_deref() == Some(value)
}
