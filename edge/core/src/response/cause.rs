//! Why an origin did not serve an object, from what can be seen of its answer.
//!
//! S3 says it in the `Code` of its error document; where the host cannot read bodies, the status and the two
//! clocks have to do. Nothing of the document itself is ever shown.

use keyfront_contract::{Failure, Route, upstream::demands_customer_key};

use super::answered::{AnsweredRequest, OriginResponse};
use super::facts::BadRequest;
use crate::http_date;
use crate::refusal::Refusal;
use crate::text::{joined, split_once};

/// S3 refuses signatures older than this many seconds.
const LARGEST_SKEW: u64 = 15 * 60;

/// Error documents are short; a longer body is no error document.
const LONGEST_DOCUMENT: usize = 8_192;

pub(super) fn of(request: &AnsweredRequest<'_>, response: &OriginResponse<'_>) -> Refusal {
    if let Some(refusal) = response.error_body.and_then(of_document) {
        return refusal;
    }
    match response.status {
        404 => Refusal::NotFound,
        403 if is_skewed(request, response) => Refusal::ClockSkew,
        400 | 501 if request.facts.bad_request == BadRequest::Condition => Refusal::HeaderInvalid,
        400 if request.facts.bad_request == BadRequest::CustomerKey => Refusal::CustomerKeyRequired,
        400 | 401 | 403 => Refusal::OriginDenied,
        // Lambda's front door, before the function.
        413 if request.facts.route == Route::Publish => Refusal::BodyTooLarge,
        429 | 503 => Refusal::Throttled,
        _ => Refusal::OriginFailed,
    }
}

fn is_skewed(request: &AnsweredRequest<'_>, response: &OriginResponse<'_>) -> bool {
    let ours = request.signed_at.and_then(http_date::from_amz_date);
    let theirs = response
        .header("date")
        .and_then(http_date::from_imf_fixdate);
    matches!((ours, theirs), (Some(ours), Some(theirs)) if ours.abs_diff(theirs) > LARGEST_SKEW)
}

fn of_document(document: &[u8]) -> Option<Refusal> {
    let document = str::from_utf8(&document[..document.len().min(LONGEST_DOCUMENT)]).ok()?;
    let message = element(document, "Message").unwrap_or_default();
    let code = element(document, "Code")?;
    if demands_customer_key(code, message) {
        return Some(Refusal::CustomerKeyRequired);
    }
    Some(match Failure::of_s3(code, message)? {
        Failure::NotFound => Refusal::NotFound,
        Failure::Denied => Refusal::OriginDenied,
        Failure::KmsDenied => Refusal::KmsDenied,
        Failure::KmsDisabled => Refusal::KmsDisabled,
        Failure::SignatureRejected => Refusal::SignatureRejected,
        Failure::ClockSkew => Refusal::ClockSkew,
        Failure::CredentialsExpired => Refusal::CredentialsExpired,
        Failure::Throttled => Refusal::Throttled,
        Failure::BucketMissing | Failure::Unavailable | Failure::Timeout => Refusal::OriginFailed,
        // Answers to writes, which the bucket is never sent; the status has to do.
        Failure::PreconditionFailed
        | Failure::Conflict
        | Failure::ChecksumMismatch
        | Failure::BodyIncomplete
        | Failure::CiphertextRefused => return None,
    })
}

/// The text of the first element of this name; S3's documents have no attributes, and each name once.
fn element<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let (_, rest) = split_once(document, &joined(&["<", name, ">"]))?;
    let (text, _) = split_once(rest, &joined(&["</", name, ">"]))?;
    Some(text)
}
