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
        ReadFailure::PublisherKeyRequired { key_id } => Error::PublisherKeyRequired { key_id },
        ReadFailure::EnvelopeRefused(error) => Error::EnvelopeRefused(error),
        ReadFailure::EnvelopeInvalid(error) => Error::EnvelopeInvalid(error),
        ReadFailure::ResponseInvalid(_) => unexpected("HeadObject", failure),
        ReadFailure::Replaced => unexpected("GetObject", failure),
    }
}

fn unexpected(operation: &'static str, failure: ReadFailure) -> Error {
    Error::Upstream {
        operation,
        fault: Fault::Unexpected,
        source: failure.into(),
    }
}

/// What the origin answers when the body of an object that was described does not come.
pub(super) fn body(error: Error) -> Error {
    match error {
        Error::Precondition => refused(ReadFailure::Replaced),
        error => error,
    }
}

/// What the origin answers when an envelope does not open.
pub(super) fn envelope(error: keyfront_envelope::Error) -> Error {
    refused(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_replaced_while_it_is_read_fails_as_at_the_edge() {
        let problem = body(Error::Precondition).problem();
        assert_eq!((problem.status, problem.code), (502, "origin-failed"));
        assert!(matches!(body(Error::NotFound), Error::NotFound));
    }
}
