//! S3's error documents: their `Code` says why an object is not served.
//!
//! Apart from [`clean`](super::clean), since not every host can read bodies, and one that cannot should not carry this. Nothing of
//! the document itself is ever shown.

use keyfront_contract::{Failure, upstream::demands_customer_key};

use crate::refusal::Refusal;
use crate::text::{joined, split_once};

/// Error documents are short; a longer body is not one.
const LONGEST_DOCUMENT: usize = 8_192;

/// What an error of S3 means, by the beginning of its body; `None` where that does not say.
#[must_use]
pub fn cause_of_document(document: &[u8]) -> Option<Refusal> {
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
