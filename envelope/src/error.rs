//! Everything that can be refused, in one enum, grouped by who is at fault.
//!
//! It maps nothing to an HTTP status: that is the boundary's business.

use alloc::string::String;

/// Why an object could not be sealed or opened.
///
/// Nothing here carries key material, and no variant reveals how a wrong key differs from a
/// tampered one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- the caller: a programming or configuration mistake, nothing was read or written ---
    /// The caller's encryption context contains an entry the format keeps for itself. Remove it.
    #[error("encryption context entry {0:?} is reserved by the format")]
    ReservedContextEntry(String),
    /// The data or master key is not 32 bytes long. KMS must be asked for `AES_256`.
    #[error("a key is {0} bytes long instead of 32")]
    KeyLength(usize),
    /// The wrapped data key is empty or longer than KMS ever returns.
    #[error("the wrapped data key is {0} bytes long")]
    WrappedKeyLength(usize),
    /// More plaintext than AES-GCM may encrypt under one nonce (2^39 - 256 bits, 64 GiB - 32 bytes).
    #[error("content is longer than AES-GCM allows, 68719476704 bytes")]
    ContentTooLong,
    /// The sealer was given another amount of plaintext than announced; the upload must be aborted.
    #[error("content is {actual} bytes long, but {announced} were declared")]
    AnnouncedLength {
        /// What the metadata says.
        announced: u64,
        /// What was sealed.
        actual: u64,
    },
    /// A segment was sealed again with other content than before: the file was altered meanwhile. Nothing of it may be
    /// sent; begin anew with another data key.
    #[error("the content is not what was sealed before")]
    ContentChanged,
    /// Segments of a hosted seal are whole blocks, at least one, and at most as many as a sealer keeps hashes of.
    #[error("segments of {0} bytes cannot be sealed")]
    SegmentLength(u32),
    /// The object has no such segment.
    #[error("the content has no segment {0}")]
    SegmentOutOfRange(u32),
    /// The metadata would not fit S3's 2 KB. Shorten the encryption context or use an instruction file.
    #[error("envelope metadata is {0} bytes long, S3 allows 2048")]
    MetadataTooLarge(usize),
    /// A range beyond the end of the plaintext: HTTP 416 with this length.
    #[error("the range lies outside the {plaintext_length} bytes of plaintext")]
    RangeNotSatisfiable {
        /// Length of the whole plaintext in bytes.
        plaintext_length: u64,
    },

    // --- the reader's policy: the object may be fine, this reader must not open it ---
    /// The object does not commit to its key (V2) and the policy requires it.
    #[error("the object has no key commitment, which the reader requires")]
    CommitmentRequired,
    /// The data key is wrapped by the legacy `kms` mode and the policy refuses it.
    #[error("the data key is wrapped with the legacy mode {0:?}, which the reader does not accept")]
    LegacyWrap(&'static str),
    /// The encryption context stored with the object is not the one the reader expects.
    #[error("the encryption context stored with the object is not the expected one")]
    ContextMismatch,

    // --- the object: damaged, tampered with, or of a kind that is not opened ---
    /// No envelope metadata, neither on the object nor in an instruction file.
    #[error("the object is not an encryption envelope")]
    NotAnEnvelope,
    /// The V1 format (AES-CBC, unauthenticated). Opening it is not implemented.
    #[error("the object has the V1 format, which is not supported")]
    V1Unsupported,
    /// A content cipher other than AES-256-GCM; `AES/CBC/PKCS5Padding` is one.
    #[error("the content cipher {0:?} is not supported")]
    ContentCipherUnsupported(String),
    /// A wrap that is not opened: `AESWrap`, RSA, or an unknown one.
    #[error("the wrapping algorithm {0:?} of the data key is not supported")]
    WrapUnsupported(String),
    /// Fields of two format versions on one object.
    #[error("envelope metadata mixes format versions: unexpected {0}")]
    MixedFormats(&'static str),
    /// A field the format requires is absent.
    #[error("envelope metadata is missing {0}")]
    MissingField(&'static str),
    /// A field that belongs to the object is in the instruction file, or the other way round.
    #[error("envelope metadata has {0} in the wrong place")]
    MisplacedField(&'static str),
    /// A field appears twice.
    #[error("envelope metadata repeats {0}")]
    RepeatedField(&'static str),
    /// A field whose value cannot be what the format says.
    #[error("envelope metadata has an invalid {0}")]
    InvalidField(&'static str),
    /// More metadata than any writer produces.
    #[error("envelope metadata exceeds {0} bytes")]
    MetadataUnbounded(usize),
    /// The instruction file is not one JSON object of strings.
    #[error("the instruction file is not one JSON object of strings")]
    InstructionFileInvalid,
    /// The instruction file has an entry that does not belong into one.
    #[error("the instruction file has an unexpected entry")]
    InstructionFileEntry,
    /// The data key could not be unwrapped with the master key.
    #[error("the data key could not be unwrapped with the master key")]
    UnwrapFailed,
    /// The object was unlocked in the way of another wrap than its own.
    #[error("the data key is not wrapped with the algorithm it was unwrapped by")]
    WrapMismatch,
    /// The data key is not the one the object commits to.
    #[error("the data key is not the one the object commits to")]
    CommitmentMismatch,
    /// The body is shorter than a tag, longer than AES-GCM allows, or not what the metadata says.
    #[error("an object of {0} bytes cannot be this envelope's body")]
    BodyLength(u64),
    /// The body ended early or went on after its end.
    #[error("the body is {actual} bytes long instead of {expected}")]
    Truncated {
        /// Bytes the body should have.
        expected: u64,
        /// Bytes that arrived, at least.
        actual: u64,
    },
    /// The tag does not verify: nothing of the plaintext may be used.
    #[error("the content failed authentication")]
    TagMismatch,
}
