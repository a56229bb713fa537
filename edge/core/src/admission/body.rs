//! The body: with which hash it is signed, and the publisher's `Authorization` that goes with it.
//!
//! It hashes nothing; hosts that can read a body do.

use keyfront_contract::route::{
    LOGIN_PAGES, LOGINS, PAGE_DOCUMENTS, PAGE_FILES, PAGE_LOGIN, PUBLIC_PATHS,
};
use keyfront_sigv4::Payload;

use crate::method::Method;
use crate::refusal::Refusal;
use crate::site::FunctionOrigin;
use crate::text::is_sha256_hex;
use crate::viewer_request::{RequestBody, ViewerRequest};

/// What is signed for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    /// No bytes.
    Empty,
    /// The SHA-256 of the whole body, in lower-case hexadecimal.
    Sha256Hex(&'a str),
    /// A publish body whose hash nobody knows yet.
    Unhashed,
}

impl<'a> Body<'a> {
    /// As it is signed: unsigned payloads do not exist towards Function URLs.
    ///
    /// # Errors
    /// [`Refusal::BodyTooLarge`] if nobody knows the hash of the whole body.
    pub(crate) fn payload(self) -> Result<Payload<'a>, Refusal> {
        match self {
            Self::Empty => Ok(Payload::Bytes(b"")),
            Self::Sha256Hex(hash) => Ok(Payload::Sha256Hex(hash)),
            Self::Unhashed => Err(Refusal::BodyTooLarge),
        }
    }
}

/// Reads have no body; what a CDN lets through beside one is not signed for.
///
/// # Errors
/// [`Refusal::BodyTooLarge`] if there may be one.
pub(super) fn of_read(body: RequestBody<'_>) -> Result<Body<'static>, Refusal> {
    match body {
        RequestBody::Empty => Ok(Body::Empty),
        RequestBody::Sha256Hex(_) | RequestBody::Unseen => Err(Refusal::BodyTooLarge),
    }
}

/// The hash a publish body is signed with: the viewer's own (the origin compares it), or the host's.
pub(super) fn of_publish<'a>(request: &ViewerRequest<'a>) -> Body<'a> {
    let named = request
        .header("x-amz-content-sha256")
        .filter(|value| is_sha256_hex(value));
    match (named, request.body) {
        (Some(hash), _) | (None, RequestBody::Sha256Hex(hash)) => Body::Sha256Hex(hash),
        (None, RequestBody::Empty) => Body::Empty,
        (None, RequestBody::Unseen) => Body::Unhashed,
    }
}

/// The publisher's own `Authorization`, if it is one header that can be sent on as it is.
///
/// # Errors
/// [`Refusal::Unauthenticated`] without one, where the API would refuse the call too: it costs no call of the function.
pub(super) fn publish_authorization<'a>(
    request: &ViewerRequest<'a>,
    method: Method,
    publish: &FunctionOrigin,
    path: &str,
) -> Result<Option<&'a str>, Refusal> {
    let given = request
        .header("authorization")
        .filter(|value| !value.is_empty() && value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    match given.is_some() || is_public(method, &publish.prefix, path) {
        true => Ok(given),
        false => Err(Refusal::Unauthenticated),
    }
}

/// Whether the function answers a request to a path behind this prefix without knowing who sends it.
fn is_public(method: Method, prefix: &str, path: &str) -> bool {
    // A host that is the function's altogether has the publishers' page on it.
    let has_page = prefix.is_empty();
    let documents: &[&str] = match prefix {
        LOGINS => &LOGIN_PAGES,
        "" => &PAGE_DOCUMENTS,
        _ => &[],
    };
    match method {
        Method::Get | Method::Head => {
            PUBLIC_PATHS.contains(&path)
                || documents.contains(&path)
                || (has_page && path.starts_with(PAGE_FILES))
        }
        Method::Post => has_page && path == PAGE_LOGIN,
        _ => false,
    }
}
