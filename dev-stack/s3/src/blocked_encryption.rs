//! `BlockedEncryptionTypes` of a bucket's encryption: an element that s3s does not know.
//!
//! It is taken out of what a client puts and told to the operation beside it, and written into what a client gets.
//! There are two values: `SSE-C`, and `NONE`, which allows all.
//!
//! Spec: *BlockedEncryptionTypes* (Amazon S3 API reference).

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, Full, Limited};
use keyfront_dev_s3_store::catalog::CustomerKeys;
use keyfront_dev_s3_wire::error_response::refused;
use s3s::{Body, S3ErrorCode, S3Result};

const OPEN: &str = "<BlockedEncryptionTypes>";
const CLOSE: &str = "</BlockedEncryptionTypes>";
/// A bucket's encryption is one rule.
const MAX_DOCUMENT: usize = 64 * 1024;

/// What a client puts, or a bucket has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockedTypes(pub(crate) CustomerKeys);

/// Takes the element out of a document that is put.
///
/// # Errors
/// `MalformedXML` for a value that S3 does not have, or a document that is none.
pub(crate) async fn take(body: Body) -> S3Result<(Body, Option<BlockedTypes>)> {
    let collected = Limited::new(body, MAX_DOCUMENT).collect().await;
    let bytes = collected.map_err(|_| malformed())?.to_bytes();
    let document = str::from_utf8(&bytes).map_err(|_| malformed())?;
    let Some((before, rest)) = document.split_once(OPEN) else {
        return Ok((Body::from(bytes), None));
    };
    let (types, after) = rest.split_once(CLOSE).ok_or_else(malformed)?;
    let types: Vec<&str> = types
        .split("<EncryptionType>")
        .skip(1)
        .map(|rest| {
            rest.split_once("</EncryptionType>")
                .map_or("", |(value, _)| value)
        })
        .collect();
    let blocked = match types.as_slice() {
        ["SSE-C"] => CustomerKeys::Blocked,
        ["NONE"] => CustomerKeys::Allowed,
        _ => return Err(malformed()),
    };
    let document = Bytes::from(format!("{before}{after}"));
    Ok((Body::from(document), Some(BlockedTypes(blocked))))
}

/// Writes the element into a rule that a client gets.
///
/// # Errors
/// None but for an answer that cannot be read.
pub(crate) async fn write(
    headers: &mut HeaderMap,
    body: Body,
    BlockedTypes(keys): BlockedTypes,
) -> S3Result<Body> {
    let collected = Limited::new(body, MAX_DOCUMENT).collect().await;
    let bytes = collected.map_err(|_| malformed())?.to_bytes();
    let document = str::from_utf8(&bytes).map_err(|_| malformed())?;
    let value = match keys {
        CustomerKeys::Blocked => "SSE-C",
        CustomerKeys::Allowed => "NONE",
    };
    let element = format!("{OPEN}<EncryptionType>{value}</EncryptionType>{CLOSE}</Rule>");
    let document = document.replacen("</Rule>", &element, 1);
    headers.remove(header::CONTENT_LENGTH);
    Ok(Body::http_body(Full::new(Bytes::from(document))))
}

fn malformed() -> s3s::S3Error {
    refused(
        S3ErrorCode::MalformedXML,
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}
