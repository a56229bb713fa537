//! Which bytes of an object a read means: all, a range, or a part.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use keyfront_dev_s3_store::{blobs::ByteRange, catalog::Object as ObjectRecord};
use keyfront_dev_s3_wire::error_response::{internal, refused};
use s3s::{S3Error, S3ErrorCode, S3Result, dto::Range};

use super::multipart::part_number;
use crate::preconditions::resolve_range;

/// Which bytes of an object are asked for.
pub(super) enum Selection {
    Whole,
    Range(ByteRange),
}

/// The bytes, and the number of parts if a part was asked for.
///
/// # Errors
/// `InvalidRange` or `InvalidPart` (416), `InvalidArgument` for what is no part number, `InvalidRequest` if both were asked
/// for.
pub(super) fn select(
    object: &ObjectRecord,
    range: Option<&Range>,
    part: Option<i32>,
) -> S3Result<(Selection, Option<i32>)> {
    match (range, part) {
        (Some(_), Some(_)) => Err(refused(
            S3ErrorCode::InvalidRequest,
            "Cannot specify both Range header and partNumber query parameter",
        )),
        (None, None) => Ok((Selection::Whole, None)),
        (Some(range), None) => match resolve_range(range, object.size) {
            Some(bytes) => Ok((Selection::Range(bytes), None)),
            None => Err(not_satisfiable(object.size)),
        },
        (None, Some(number)) => {
            part_number(number)?;
            select_part(object, number)
        }
    }
}

fn select_part(object: &ObjectRecord, number: i32) -> S3Result<(Selection, Option<i32>)> {
    if object.parts.is_empty() && number == 1 {
        let whole = 0..object.size;
        return Ok((
            if whole.is_empty() {
                Selection::Whole
            } else {
                Selection::Range(whole)
            },
            None,
        ));
    }
    let mut start = 0;
    for part in &object.parts {
        if i64::from(part.number) == i64::from(number) {
            let count = i32::try_from(object.parts.len()).ok();
            return Ok((Selection::Range(start..start + part.size), count));
        }
        start += part.size;
    }
    let mut error = refused(
        S3ErrorCode::InvalidPart,
        "The requested partnumber is not satisfiable",
    );
    error.set_status_code(StatusCode::RANGE_NOT_SATISFIABLE);
    Err(error)
}

fn not_satisfiable(size: u64) -> S3Error {
    let mut error = refused(
        S3ErrorCode::InvalidRange,
        "The requested range is not satisfiable",
    );
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
        headers.insert(header::CONTENT_RANGE, value);
    }
    error.set_headers(headers);
    error
}

/// The value of `Content-Range`.
pub(super) fn content_range(range: &ByteRange, size: u64) -> String {
    format!(
        "bytes {}-{}/{size}",
        range.start,
        range.end.saturating_sub(1)
    )
}

/// The value of `Content-Length`.
pub(super) fn length(range: &ByteRange) -> S3Result<i64> {
    i64::try_from(range.end - range.start).map_err(|error| internal(&error))
}
