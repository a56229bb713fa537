//! Why a request was not signed.

use alloc::string::String;

/// A refusal to sign. The request is unchanged, and no secret is part of any message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    // --- the request is at fault: fix what the caller builds ---
    /// The method is empty or not an HTTP token.
    #[error("sign: the method is not an HTTP token")]
    Method,
    /// The path does not start with `/`.
    #[error("sign: the path does not start with a slash")]
    PathRelative,
    /// S3: the path is not spelled as S3 would spell it (raw reserved characters, lower-case or needless
    /// escapes, `%2F`). Build it with [`uri_encoding::append_path`](crate::uri_encoding::append_path).
    #[error("sign: the path is not strictly percent-encoded")]
    PathNotStrict,
    /// The path holds a control character, `?` or `#`, and could not be sent as given.
    #[error("sign: the path holds a character that cannot be sent")]
    PathCharacter,
    /// S3: a query component is not strictly encoded. Build it with
    /// [`uri_encoding::append_component`](crate::uri_encoding::append_component).
    #[error("sign: the query is not strictly percent-encoded")]
    QueryNotStrict,
    /// The query holds an invalid escape, an empty component, a control character, `#`, or a literal `+`,
    /// which services read in two ways (plus or space); write `%2B` or `%20`.
    #[error("sign: the query is malformed or ambiguous")]
    QueryMalformed,
    /// The query already carries a parameter that presigning writes.
    #[error("presign: the query already carries a signing parameter")]
    QueryReserved,
    /// A header name is empty or not an HTTP token.
    #[error("sign: header name \"{}\" is not an HTTP token", name.escape_default())]
    HeaderName {
        /// The name as given.
        name: String,
    },
    /// A header value holds something other than visible ASCII and spaces; its bytes on the wire, or its
    /// canonical form, would be a guess.
    #[error("sign: the value of header \"{}\" is not visible ASCII", name.escape_default())]
    HeaderValue {
        /// The name as given.
        name: String,
    },
    /// The caller passed a header that only the signer may write (`authorization`, `x-amz-date`,
    /// `x-amz-content-sha256`, `x-amz-security-token`).
    #[error("sign: header \"{}\" is written by the signer", name.escape_default())]
    HeaderReserved {
        /// The name as given.
        name: String,
    },
    /// More than a thousand headers or query parameters.
    #[error("sign: more than a thousand headers or query parameters")]
    TooMany,
    /// No `host` header among the headers to sign.
    #[error("sign: there is no host header to sign")]
    HostMissing,
    /// More than one `host` header.
    #[error("sign: there is more than one host header")]
    HostRepeated,
    /// A known payload hash is not 64 lower-case hexadecimal digits.
    #[error("sign: the payload hash is not 64 lower-case hexadecimal digits")]
    PayloadHash,
    /// An unsigned payload towards a service other than S3.
    #[error("sign: only S3 accepts an unsigned payload")]
    PayloadUnsigned,
    /// A presigned S3 request whose payload is not [`Payload::Unsigned`](crate::Payload::Unsigned).
    #[error("presign: S3 expects an unsigned payload")]
    PayloadPresigned,
    /// The lifetime of a presigned request is not within 1..=604800 seconds.
    #[error("presign: {seconds} seconds is not within 1 to 604800")]
    Expiry {
        /// The lifetime asked for.
        seconds: u32,
    },
    /// [`Signer::finish`](crate::Signer::finish) without a canonical request begun.
    #[error("sign: there is no canonical request to finish")]
    NotBegun,

    // --- the configuration is at fault: fix the site, the stack or the environment ---
    /// The region is empty or holds something other than letters, digits, `-`, `_`, `.`.
    #[error("scope: the region is not a region name")]
    Region,
    /// The service is empty or holds something other than letters, digits, `-`, `_`, `.`.
    #[error("scope: the service is not a signing name")]
    Service,
    /// The access key id is empty or holds something other than letters, digits, `-`, `_`, `.`.
    #[error("credentials: the access key id is not an access key id")]
    AccessKeyId,
    /// The secret access key is empty or not visible ASCII.
    #[error("credentials: the secret access key is empty or not visible ASCII")]
    SecretAccessKey,
    /// The session token is empty or not visible ASCII. A token that is absent is `None`.
    #[error("credentials: the session token is empty or not visible ASCII")]
    SessionToken,
    /// A moment outside the years 1970 to 9999, or a text that is not `YYYYMMDDTHHMMSSZ`.
    #[error("date: not a moment between the years 1970 and 9999")]
    Date,
}
