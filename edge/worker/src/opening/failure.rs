//! A reader's failures as the edge's refusals.

use keyfront_contract::Failure;
use keyfront_edge::Refusal;
use keyfront_envelope::reader::ReadFailure;
use wasm_bindgen::JsValue;
use worker::console_error;

/// What the Worker answers.
#[allow(clippy::needless_pass_by_value, reason = "passed to `map_err`")]
pub(crate) fn refusal(failure: ReadFailure) -> Refusal {
    match failure {
        ReadFailure::UseRange { .. } => Refusal::UseRange,
        ReadFailure::NotAnEnvelope => Refusal::NotFound,
        ReadFailure::PublisherKeyRequired { .. } => Refusal::PublisherKeyRequired,
        ReadFailure::EnvelopeRefused(_) => Refusal::EnvelopeRefused,
        ReadFailure::EnvelopeInvalid(_) => Refusal::EnvelopeInvalid,
        ReadFailure::ResponseInvalid(_)
        | ReadFailure::Replaced
        // Responses of their own, which only a plan gives.
        | ReadFailure::PreconditionFailed
        | ReadFailure::RangeNotSatisfiable { .. } => Refusal::OriginFailed,
    }
}

/// What the Worker answers when an envelope does not open.
pub(crate) fn envelope(error: keyfront_envelope::Error) -> Refusal {
    refusal(error.into())
}

/// What the Worker answers when KMS gives no key.
pub(crate) fn of_kms(meaning: Failure) -> Refusal {
    match meaning {
        Failure::CiphertextRefused => Refusal::EnvelopeInvalid,
        Failure::KmsDenied => Refusal::KmsDenied,
        Failure::KmsDisabled => Refusal::KmsDisabled,
        Failure::Throttled => Refusal::Throttled,
        Failure::CredentialsExpired => Refusal::CredentialsExpired,
        Failure::SignatureRejected => Refusal::SignatureRejected,
        Failure::Unavailable
        | Failure::Timeout
        // KMS has no objects, buckets, bodies or policies of a bucket.
        | Failure::NotFound
        | Failure::PreconditionFailed
        | Failure::Conflict
        | Failure::ChecksumMismatch
        | Failure::BodyIncomplete
        | Failure::Denied
        | Failure::ClockSkew
        | Failure::BucketMissing => Refusal::OriginFailed,
    }
}

/// The runtime itself failed: a connection broke, or it did not take what it was given.
pub(crate) fn of_runtime(error: impl Into<JsValue>) -> Refusal {
    let error: JsValue = error.into();
    console_error!("keyfront origin-failed: {error:?}");
    Refusal::OriginFailed
}
