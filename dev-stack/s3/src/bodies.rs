//! A request's body before an operation has it: documents are compared with their checksums and their schema, and where
//! an operation takes nothing, nothing may come.

use bytes::Bytes;
use http::{HeaderMap, header, header::HeaderName};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use keyfront_dev_s3_wire::{
    checksums::{Algorithm, BodyDigest, DeclaredChecksums},
    error_response::{not_implemented, refused},
    inputs::{Operation, Payload, check_document},
};
use s3s::{Body, S3Error, S3ErrorCode, S3Result, TrailingHeaders};

/// The largest XML body: a completion of 10,000 parts with checksums fits.
pub(crate) const MAX_XML: usize = 8 * 1024 * 1024;

/// The body that goes on to the operation; s3s has decoded it, and made its `Content-Length` the decoded one.
///
/// # Errors
/// `NotImplemented` for a body where there is none; `BadDigest`, `MalformedXML` and the like.
pub(crate) async fn admit(
    operation: &Operation,
    headers: &HeaderMap,
    body: Body,
    trailers: Option<&TrailingHeaders>,
) -> S3Result<Body> {
    let [decoded, sent] = ["x-amz-decoded-content-length", "content-length"];
    if let (Some(decoded), Some(sent)) = (headers.get(decoded), headers.get(sent))
        && decoded != sent
    {
        return Err(incomplete());
    }
    let schema = match operation.payload {
        Payload::Bytes => return Ok(body),
        Payload::None => return nothing(operation, body).await,
        Payload::Policy => None,
        Payload::Document(schema) | Payload::Completion(schema) => Some(schema),
    };
    let bytes = collect(body, MAX_XML)
        .await?
        .ok_or_else(|| refused(S3ErrorCode::MaxMessageLengthExceeded, TOO_LONG))?;
    check_length(headers, bytes.len())?;
    compare(operation, headers, &bytes, trailers)?;
    if let Some(schema) = schema.filter(|_| !bytes.is_empty()) {
        check_document(&bytes, schema)?;
    }
    Ok(Body::from(bytes))
}

const TOO_LONG: &str = "Your request was too large.";

fn check_length(headers: &HeaderMap, length: usize) -> S3Result<()> {
    match headers.get(header::CONTENT_LENGTH) {
        Some(stated) if stated.as_bytes() == length.to_string().as_bytes() => Ok(()),
        None if length == 0 => Ok(()),
        Some(_) => Err(incomplete()),
        None => Err(missing_length()),
    }
}

async fn nothing(operation: &Operation, body: Body) -> S3Result<Body> {
    match collect(body, 0).await? {
        Some(_) => Ok(Body::empty()),
        None => Err(not_implemented(&format!("a body of {}", operation.name))),
    }
}

/// All of a body; `None` if it is longer than `most`.
async fn collect(body: Body, most: usize) -> S3Result<Option<Bytes>> {
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(error) => Err(body_error(&*error)),
    }
}

fn compare(
    operation: &Operation,
    headers: &HeaderMap,
    bytes: &Bytes,
    trailers: Option<&TrailingHeaders>,
) -> S3Result<()> {
    let stated = match operation.payload {
        // The others are about the object that it makes.
        Payload::Completion(_) => {
            let name = HeaderName::from_static("content-md5");
            let values = headers.get_all(&name).iter().cloned();
            let own: HeaderMap = values.map(|value| (name.clone(), value)).collect();
            DeclaredChecksums::read(&own)?
        }
        _ => DeclaredChecksums::read(headers)?,
    };
    let kept = stated.algorithm().unwrap_or(Algorithm::Crc64Nvme);
    let mut digest = BodyDigest::new(&stated, kept, false);
    digest.update(bytes);
    let trailers = trailers.and_then(TrailingHeaders::take);
    digest.finish(&stated, trailers.as_ref()).map(drop)
}

/// s3s's error types for bodies are private, so their texts have to be distinguished; tests pin them.
pub(crate) fn body_error(error: &(dyn std::error::Error + Send + Sync + 'static)) -> S3Error {
    let text = error.to_string();
    tracing::debug!(%text, "a body did not arrive");
    if text.contains("SignatureMismatch") {
        return refused(
            S3ErrorCode::SignatureDoesNotMatch,
            "The request signature we calculated does not match the signature you provided. Check your key and signing \
             method.",
        );
    }
    if text.contains("FormatError") || text.contains("TooLarge") || text.contains("TooMany") {
        return refused(
            S3ErrorCode::InvalidRequest,
            "The aws-chunked body is malformed.",
        );
    }
    incomplete()
}

/// A body whose length is not known before.
pub(crate) fn missing_length() -> S3Error {
    refused(
        S3ErrorCode::MissingContentLength,
        "You must provide the Content-Length HTTP header.",
    )
}

/// The body ended early.
pub(crate) fn incomplete() -> S3Error {
    refused(
        S3ErrorCode::IncompleteBody,
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}
