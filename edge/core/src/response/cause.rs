//! Why an origin did not serve an object, from what can be seen of its answer.
//!
//! S3 says it in the `Code` of its error document; where the host cannot read bodies, the status and the two
//! clocks have to do. Nothing of the document itself is ever shown.

use super::{AnsweredRequest, OriginResponse};
use crate::http_date;
use crate::origin_request::OriginKind;
use crate::refusal::Refusal;
use crate::text::{joined, split_once};

/// S3 refuses signatures older than this many seconds.
const LARGEST_SKEW: u64 = 15 * 60;

/// Error documents are short; a longer body is no error document.
const LONGEST_DOCUMENT: usize = 8_192;

pub(super) fn of(request: &AnsweredRequest<'_>, response: &OriginResponse<'_>) -> Refusal {
    if let Some(refusal) = response.error_body.and_then(told_by_document) {
        return refusal;
    }
    match response.status {
        404 => Refusal::NotFound,
        403 if is_skewed(request, response) => Refusal::ClockSkew,
        400 | 401 | 403 => Refusal::OriginDenied,
        // Lambda's front door, before the function.
        413 if request.facts.origin == OriginKind::Publish => Refusal::BodyTooLarge,
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

fn told_by_document(document: &[u8]) -> Option<Refusal> {
    let document = str::from_utf8(&document[..document.len().min(LONGEST_DOCUMENT)]).ok()?;
    let message = element(document, "Message").unwrap_or_default();
    Some(match element(document, "Code")? {
        "NoSuchKey" => Refusal::NotFound,
        "AccessDenied" if split_once(message, "kms:").is_some() => Refusal::KmsDenied,
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" | "InvalidObjectState" => {
            Refusal::OriginDenied
        }
        "SignatureDoesNotMatch"
        | "AuthorizationHeaderMalformed"
        | "InvalidAccessKeyId"
        | "InvalidSecurity"
        | "InvalidToken"
        | "XAmzContentSHA256Mismatch" => Refusal::SignatureRejected,
        "RequestTimeTooSkewed" | "RequestExpired" => Refusal::ClockSkew,
        "ExpiredToken" => Refusal::CredentialsExpired,
        "SlowDown" | "ServiceUnavailable" | "KMS.ThrottlingException" => Refusal::Throttled,
        "KMS.DisabledException"
        | "KMS.InvalidStateException"
        | "KMS.KMSInvalidStateException"
        | "KMS.NotFoundException" => Refusal::KmsDisabled,
        "InternalError" | "NoSuchBucket" | "PermanentRedirect" => Refusal::OriginFailed,
        _ => return None,
    })
}

/// The text of the first element of this name; S3's documents have no attributes, and each name once.
fn element<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let (_, rest) = split_once(document, &joined(&["<", name, ">"]))?;
    let (text, _) = split_once(rest, &joined(&["</", name, ">"]))?;
    Some(text)
}
