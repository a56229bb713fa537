//! Why a read gives no content. One variant for each response that a reader gives instead.

use alloc::string::String;

use crate::error::Error;

/// Why a read gives no content. Variants are grouped by who is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadFailure {
    // The viewer's request.
    /// 412: the object is not the one that the request's conditions name.
    #[error("a precondition of the request failed")]
    PreconditionFailed,
    /// 416, with `Content-Range: bytes */LENGTH`.
    #[error("the range lies outside the {length} bytes of content")]
    RangeNotSatisfiable {
        /// Bytes of the whole plaintext.
        length: u64,
    },
    /// 413: a response may not be this long here; ranges of the object are served.
    #[error("a response is limited to {limit} bytes; request a range")]
    UseRange {
        /// Bytes that one response may have.
        limit: u64,
    },
    /// 404: the object is there and is not an envelope. It is served elsewhere, as it is.
    #[error("the object is not an encryption envelope")]
    NotAnEnvelope,
    /// 403: the object was sealed in a browser with its publisher's own key, which no reader has. The publishers' page opens it, or
    /// `keyfront open` with a link that the publisher made there.
    #[error(
        "the object was sealed in a browser with its publisher's own key {key_id}, which nobody else has: open it on the publishers' page, or with `keyfront open` and a link that the publisher made there"
    )]
    PublisherKeyRequired {
        /// What the page shows as the key's id.
        key_id: String,
    },

    // The reader's policy.
    /// The object is an envelope that this reader must not open. Check the reader's settings, or who wrote it.
    #[error("the object's envelope is not accepted")]
    EnvelopeRefused(#[source] Error),

    // The object.
    /// The object's envelope is damaged or forged. Restore the object.
    #[error("the object's envelope is not valid")]
    EnvelopeInvalid(#[source] Error),

    // The bucket.
    /// The response describes no object. Check that the endpoint is an S3.
    #[error("the bucket's response has no valid {0}")]
    ResponseInvalid(&'static str),
    /// 502: between the response that the read was planned by and the next, the object became another. Read it again.
    #[error("the object was replaced while it was read")]
    Replaced,
}

/// Whose fault it is that an envelope does not open: the policy, or the object.
impl From<Error> for ReadFailure {
    fn from(error: Error) -> Self {
        match error {
            Error::RangeNotSatisfiable { plaintext_length } => Self::RangeNotSatisfiable {
                length: plaintext_length,
            },
            Error::NotAnEnvelope => Self::NotAnEnvelope,
            Error::CommitmentRequired | Error::LegacyWrap(_) | Error::ContextMismatch => {
                Self::EnvelopeRefused(error)
            }
            // Every other error of opening is about the object's own bytes.
            _ => Self::EnvelopeInvalid(error),
        }
    }
}
