//! What a verified request becomes before an operation sees it: no signature, nothing s3s would misread, no value of a
//! header that no operation would honour.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, uri};
use keyfront_dev_s3_wire::{
    address,
    error_response::{coded, invalid_argument, not_implemented, refused},
};
use s3s::{
    S3ErrorCode, S3Result,
    dto::{Timestamp, TimestampFormat},
};

/// Values whose meaning the operations do not have: to ignore them would be to lie.
pub(super) fn refuse_what_would_be_ignored(headers: &HeaderMap, account: &str) -> S3Result<()> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    for owner in [
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
    ] {
        if text(owner).is_some_and(|expected| expected != account) {
            return Err(refused(S3ErrorCode::AccessDenied, "Access Denied"));
        }
    }
    let refuses_acl = |acl: &str| !matches!(acl, "private" | "bucket-owner-full-control");
    let grants = headers
        .keys()
        .any(|name| name.as_str().starts_with("x-amz-grant-"));
    if grants || text("x-amz-acl").is_some_and(refuses_acl) {
        return Err(coded(
            StatusCode::BAD_REQUEST,
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        ));
    }
    if text("x-amz-storage-class").is_some_and(|class| class != "STANDARD") {
        return Err(not_implemented("storage classes other than STANDARD"));
    }
    Ok(())
}

/// Puts right what s3s reads otherwise than AWS.
pub(super) fn put_right(headers: &mut HeaderMap) -> S3Result<()> {
    let streamed = headers
        .get("x-amz-content-sha256")
        .is_some_and(|hash| hash.as_bytes().starts_with(b"STREAMING-"));
    for name in [
        "authorization",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ] {
        headers.remove(HeaderName::from_static(name));
    }
    // RFC 9110, section 13.1: a date that is none is ignored.
    for name in [header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE] {
        let is_date = |value: &HeaderValue| {
            let text = value.to_str().unwrap_or_default();
            Timestamp::parse(TimestampFormat::HttpDate, text).is_ok()
        };
        if !headers.get_all(&name).iter().all(is_date) {
            headers.remove(name);
        }
    }
    // A range S3 does not support, or that does not parse, is ignored: the whole object is sent.
    let is_single = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|range| s3s::dto::Range::parse(range).is_ok())
    };
    if !headers.get_all(header::RANGE).iter().all(is_single)
        || headers.get_all(header::RANGE).iter().count() > 1
    {
        headers.remove(header::RANGE);
    }
    // `aws-chunked` describes the transfer, which s3s has undone; it is not part of the object. Where nothing was framed,
    // it is a client's mistake, which is kept as sent.
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|_| streamed) {
        let encoding = encoding
            .to_str()
            .map_err(|_| invalid_argument("Content-Encoding is not ASCII."))?;
        let kept: Vec<&str> = encoding
            .split(',')
            .map(str::trim)
            .filter(|coding| *coding != "aws-chunked")
            .collect();
        let kept = HeaderValue::try_from(kept.join(","))
            .map_err(|_| invalid_argument("Content-Encoding"))?;
        if kept.is_empty() {
            headers.remove(header::CONTENT_ENCODING);
        } else {
            headers.insert(header::CONTENT_ENCODING, kept);
        }
    }
    Ok(())
}

/// The target with another query.
pub(super) fn with_query(uri: &Uri, query: &[(String, String)]) -> S3Result<Uri> {
    let kept: Vec<String> = query
        .iter()
        .map(|(name, value)| {
            format!(
                "{}={}",
                address::query_encoded(name),
                address::query_encoded(value)
            )
        })
        .collect();
    let mut target = uri.path().to_owned();
    if !kept.is_empty() {
        target = format!("{target}?{}", kept.join("&"));
    }
    let mut parts = uri::Parts::default();
    parts.path_and_query = Some(target.parse().map_err(|_| S3ErrorCode::InvalidURI)?);
    Uri::from_parts(parts).map_err(|_| S3ErrorCode::InvalidURI.into())
}
