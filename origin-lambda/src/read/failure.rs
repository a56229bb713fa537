//! A reader's failures as the origin's errors.

use keyfront_envelope::reader::ReadFailure;

use crate::error::{Error, Fault};

/// What the origin answers.
pub(super) fn refused(failure: ReadFailure) -> Error {
    match failure {
        ReadFailure::PreconditionFailed => Error::Precondition,
        ReadFailure::RangeNotSatisfiable { length } => Error::RangeNotSatisfiable { length },
        ReadFailure::UseRange { limit } => Error::UseRange { limit },
        ReadFailure::NotAnEnvelope => Error::NotSealed,
        ReadFailure::EnvelopeRefused(error) => Error::EnvelopeRefused(error),
        ReadFailure::EnvelopeInvalid(error) => Error::EnvelopeInvalid(error),
        ReadFailure::ResponseInvalid(_) => Error::Upstream {
            operation: "HeadObject",
            fault: Fault::Unexpected,
            source: failure.into(),
        },
    }
}

/// What the origin answers when an envelope does not open.
pub(super) fn envelope(error: keyfront_envelope::Error) -> Error {
    refused(error.into())
}
