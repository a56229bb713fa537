//! Everything the origin can return instead of success, and the problem type that a client sees of it.
//!
//! It renders and logs nothing, and knows no client of S3 or KMS: what they return arrives as a [`Fault`].

mod problem;
mod release_refusal;
mod share_refusal;
#[cfg(test)]
mod tests;

use keyfront_names::KeyError;

pub use self::{
    problem::PROBLEMS,
    release_refusal::{ReleaseConflict, UnverifiedObject},
    share_refusal::ShareRefusal,
};
use crate::{
    budget::BudgetSpent,
    oidc::JwtRefusal,
    publisher::{Denial, PolicyError},
    viewing::{NothingGranted, ViewersPolicyError},
};

/// A failure's original cause, kept for the operator's log and never shown to a client.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not fulfilled. Variants are grouped by who is at fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    // --- the caller's request; the operator does nothing ---
    /// The path does not decode to a valid object key.
    #[error("the path is not a valid object key")]
    Key(#[source] KeyError),
    /// A query parameter is unknown, repeated or malformed.
    #[error("invalid query: {0}")]
    Query(String),
    /// A request header is malformed, contradictory or asks for what is not offered.
    #[error("invalid header {name}: {reason}")]
    Header {
        /// Lower-case header name.
        name: &'static str,
        /// What the caller should change.
        reason: String,
    },
    /// The body ended before, or went on after, its declared length.
    #[error("the body does not have the declared length")]
    BodyIncomplete,
    /// The body does not match the checksum sent with it.
    #[error("the body does not match the checksum sent with it")]
    Checksum,
    /// No such object, or no such route.
    #[error("there is nothing at this path")]
    NotFound,
    /// The path of a route, behind an address that ends with a slash.
    #[error(
        "the path begins with two slashes; configure the address of this API without a trailing slash"
    )]
    DoubleSlash,
    /// The object is under a customer key (SSE-C) that is not one of those this request is read with.
    #[error(
        "the object is encrypted with a customer key: read it with GET /read/{{key}}, as the publisher whose key it is"
    )]
    CustomerKeyRequired,
    /// The object was sealed in a browser with a key of its publisher's own, which the origin never had: the publishers' page opens it.
    #[error(
        "the object was sealed in a browser with its publisher's own key {key_id}, which nobody else has: open it on the publishers' page, or with `keyfront open` and a link that was made there"
    )]
    PublisherKeyRequired {
        /// What the page shows as the key's id.
        key_id: String,
    },
    /// The object is there and is no envelope: it is served plain, not by the reader.
    #[error("the object is not an envelope, and only envelopes are served here")]
    NotSealed,
    /// The route exists, the method does not.
    #[error("the method is not allowed on this path")]
    Method,
    /// The client stopped sending.
    #[error("the body stopped arriving")]
    BodyTimeout,
    /// Another writer was storing the same key; the caller may retry.
    #[error("another write to this key is in progress")]
    WriteConflict,
    /// A body without a declared length is larger than what is buffered.
    #[error("a body over {limit} bytes needs a content-length")]
    LengthRequired {
        /// Bytes buffered at most.
        limit: u64,
    },
    /// The key is taken and overwriting was not requested.
    #[error("an object with this key already exists")]
    AlreadyExists,
    /// The object is not the one the request's conditions name.
    #[error("a precondition of the request failed")]
    Precondition,
    /// The range lies behind the end of the content.
    #[error("the range lies outside the {length} bytes of content")]
    RangeNotSatisfiable {
        /// Bytes of the whole content.
        length: u64,
    },
    /// The response would be larger than this transport allows; parts of it are not.
    #[error("a response is limited to {limit} bytes; request a range")]
    UseRange {
        /// Bytes of one response.
        limit: u64,
    },
    /// What is to be stored with the object does not fit S3's 2 KB of metadata.
    #[error("the metadata is too large: {0}")]
    MetadataTooLarge(&'static str),
    /// An upload is asked for in a way that cannot be done, or not be bound into its signatures.
    #[error("the upload is refused: {0}")]
    UploadRefused(String),
    /// The bucket takes no body without a checksum, and none is declared.
    #[error(
        "the bucket has Object Lock and requires a checksum: declare sha256 or crc64nvme for the object, or for each part"
    )]
    ChecksumRequired,
    /// An object cannot be shared in the way that was asked for.
    #[error(transparent)]
    ShareRefused(#[from] ShareRefusal),
    /// A presigned request or a link is to be valid for longer than its signature can be, or for no time.
    #[error("invalid lifetime of {asked} seconds: it must be 1 to {most} seconds, since {reason}")]
    LifetimeRefused {
        /// Seconds that were asked for.
        asked: u32,
        /// Seconds that are possible.
        most: u32,
        /// What limits them, and what to do instead.
        reason: &'static str,
    },
    /// A release cannot be activated or removed now, or a loose object would lie where releases are served.
    #[error(transparent)]
    ReleaseConflict(#[from] ReleaseConflict),
    /// A release lacks what it needs: its manifest, objects, or their check.
    #[error("the release is not complete: {reason}")]
    ReleaseIncomplete {
        /// What is missing, and what to do.
        reason: String,
        /// The first objects that are missing or wrong.
        objects: Vec<UnverifiedObject>,
    },
    /// The upload's token is not one of this publisher's, or the upload is over.
    #[error("no such upload is in progress")]
    UploadUnknown,
    /// Bytes are missing; the upload can go on.
    #[error("the upload is not complete: {0}")]
    UploadIncomplete(String),
    /// What was sent is not what was authorised; it was removed.
    #[error("the uploaded object does not have the authorised {0}")]
    UploadMismatch(&'static str),

    // --- the publisher's identity and rules; the operator edits the publishers' policy ---
    /// No usable credential came with the request.
    #[error("not authenticated: {0}")]
    Unauthenticated(&'static str),
    /// The bearer token is a JWT that is not accepted.
    #[error("not authenticated: {0}")]
    JwtRefused(JwtRefusal),
    /// The publisher is known and its rules do not allow this.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The publisher has spent its budget of the moment.
    #[error(transparent)]
    BudgetSpent(#[from] BudgetSpent),

    // --- the viewer's identity and rules; the operator edits the viewers' policy ---
    /// More logins end at this instance than it asks KMS about: wait a minute.
    #[error("too many logins of unknown origin are in progress; try again in a minute")]
    LoginsBusy,
    /// No token came with a viewer's request.
    #[error("not logged in: {0}")]
    LoginRequired(&'static str),
    /// The viewer's token is not accepted.
    #[error("not logged in: {0}")]
    ViewerTokenRefused(JwtRefusal),
    /// The viewer is known, and no rule grants anything.
    #[error(transparent)]
    ViewerDenied(#[from] NothingGranted),

    // --- configuration; the operator repairs the deployment ---
    /// The viewers' policy does not parse: repair the document. Nobody logs in until then.
    #[error("the viewers' policy is not valid")]
    ViewersPolicyInvalid(#[source] ViewersPolicyError),
    /// The bucket holds no publishers' policy: write `.keyfront/publishers.json`.
    #[error("the bucket has no publishers' policy")]
    PolicyMissing,
    /// The publishers' policy does not parse: repair the document. Nothing is allowed until then.
    #[error("the publishers' policy is not valid")]
    PolicyInvalid(#[source] PolicyError),
    /// The event is not a Function URL event: the function is invoked by something else.
    #[error("invalid Function URL event: {0}")]
    Event(&'static str),
    /// A master key is needed and none is configured: set `KEYFRONT_MASTER_KEY`.
    #[error("no client-side master key is configured")]
    MasterKeyMissing,
    /// An object is to be written or read with a customer key, and there is none: set `KEYFRONT_CUSTOMER_KEY_PARAMETER`,
    /// or the publisher's `customer_key`, to a SecureString that the origin's role may read and that holds a key.
    #[error("no usable customer key is configured")]
    CustomerKeyMissing(#[source] Source),
    /// The operating system has no randomness.
    #[error("no random bytes for a new key")]
    Randomness(#[source] Source),
    /// A defect in this program; the log has the panic.
    #[error("the request handler failed")]
    Internal,

    // --- upstream ---
    /// The policy cannot be read just now and the last good one is too old.
    #[error("the policy cannot be read")]
    PolicyUnavailable(#[source] Source),
    /// An issuer's keys cannot be read just now, and the token's key is not among the known ones.
    /// Look at the issuer, and at `jwks_uri` in the policy.
    #[error("the keys of issuer {issuer:?} cannot be read")]
    IssuerUnavailable {
        /// The issuer's id in the policy.
        issuer: String,
        /// What came instead of keys.
        #[source]
        source: Source,
    },
    /// An issuer does not exchange the code of a login, or answers with something else than an ID token. Look at the
    /// issuer, and at `token_endpoint` and `client_id` in the viewers' policy.
    #[error("issuer {issuer:?} does not exchange the code of a login")]
    CodeNotExchanged {
        /// The issuer's id in the policy.
        issuer: String,
        /// What came instead of tokens.
        #[source]
        source: Source,
    },
    /// The log of a site does not end with the entry that its pointer holds: somebody wrote one of them past this API, or
    /// restored an earlier version of the pointer. Compare with an attested copy, and restore what was there.
    #[error(
        "entry {n} of the log of site {site:?} is not what its pointer says: somebody altered one of them past this API, or put an \
         earlier pointer back; compare with an attested copy, and restore the version that belongs to the log"
    )]
    ReleaseLogAltered {
        /// The site.
        site: String,
        /// The entry.
        n: u64,
    },
    /// S3 stored the object with another encryption than asked for; it was deleted again.
    #[error("the object was stored with {applied} instead of the configured key")]
    Encryption {
        /// SSE type and key as S3 returned them; for the log only.
        applied: String,
    },
    /// S3 takes no object under a customer key, and no policy says so: the bucket blocks SSE-C, as every new one does.
    /// Set `BlockedEncryptionTypes` to `NONE` in its encryption.
    #[error(
        "S3 denies access to objects with customer keys: the bucket blocks SSE-C, as new buckets do since April 2026; allow it by BlockedEncryptionTypes NONE in the bucket's encryption configuration"
    )]
    CustomerKeyRefused(#[source] Source),
    /// The customer key's parameter cannot be read just now.
    #[error("the customer key cannot be read")]
    CustomerKeyUnavailable(#[source] Source),
    /// The object is an envelope this reader must not open: of format V2 where commitment is
    /// required, of a legacy wrap, or sealed for another place. Look at who wrote it.
    #[error("the object's envelope is not accepted")]
    EnvelopeRefused(#[source] keyfront_envelope::Error),
    /// The object is a damaged or altered envelope. Restore it.
    #[error("the object's envelope is not valid")]
    EnvelopeInvalid(#[source] keyfront_envelope::Error),
    /// KMS says that a wrapped data key is not of the configured key and the expected context: it
    /// was altered, moved, or made by another key.
    #[error("KMS refused to decrypt the object's data key")]
    DataKeyRefused(#[source] Source),
    /// A call to S3 or KMS failed.
    #[error("{operation} failed: {fault:?}")]
    Upstream {
        /// S3's or KMS's name of the operation.
        operation: &'static str,
        /// What the failure means.
        fault: Fault,
        /// The SDK's error.
        #[source]
        source: Source,
    },
}

/// What a failed call to S3 or KMS means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// S3 refused the origin's role: check its policy and the bucket policy.
    Denied,
    /// KMS refused the origin's role: grant kms:GenerateDataKey and kms:Decrypt, and for links kms:Sign and
    /// kms:GetPublicKey of the key that signs them.
    KmsDenied,
    /// The key is disabled, pending deletion or gone: enable it again.
    KmsDisabled,
    /// S3 does not accept the origin's signature or access key.
    SignatureRejected,
    /// The clocks of the origin and of S3 differ by more than S3 tolerates.
    ClockSkew,
    /// The bucket does not exist, or lives in another Region.
    BucketMissing,
    /// The origin has no credentials.
    CredentialsMissing,
    /// The origin's session has expired.
    CredentialsExpired,
    /// S3 or KMS asks to slow down.
    Throttled,
    /// S3 cannot be reached or returns a server error.
    Unavailable,
    /// S3 did not answer in time.
    Timeout,
    /// A response that fits nothing above; the log has it.
    Unexpected,
}

impl Error {
    /// Whether the same call may succeed a moment later without anyone acting.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Upstream {
                fault: Fault::Throttled | Fault::Unavailable | Fault::Timeout,
                ..
            }
        )
    }
}

/// The caller may know why: a refusal is about the caller's own token.
impl From<JwtRefusal> for Error {
    fn from(refusal: JwtRefusal) -> Self {
        Self::JwtRefused(refusal)
    }
}
