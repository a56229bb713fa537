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
    /// The path has more than 65,536 bytes.
    #[error("sign: the path has {bytes} bytes, more than can be sent")]
    PathTooLong {
        /// Its length.
        bytes: usize,
    },
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
    /// A header value is empty: some hops drop such a header, and it was signed.
    #[error("sign: the value of header {name:?} is empty")]
    HeaderEmpty {
        /// The name as given.
        name: String,
    },
    /// S3: a header is given more than once; join the values with commas. Other services get them joined, as their
    /// specification says.
    #[error("sign: header {name:?} is given more than once")]
    HeaderRepeated {
        /// The name as given.
        name: String,
    },
    /// The caller passed a header that only the signer may write (`authorization`, `x-amz-date`,
    /// `x-amz-content-sha256`, `x-amz-region-set`, `x-amz-security-token`).
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
    /// A body in chunks towards a service other than S3.
    #[error("sign: only S3 accepts a payload in signed chunks")]
    PayloadStreaming,
    /// A presigned S3 request whose payload is not [`Payload::Unsigned`](crate::Payload::Unsigned).
    #[error("presign: S3 expects an unsigned payload")]
    PayloadPresigned,
    /// The lifetime of a presigned request is not within 1..=604800 seconds.
    #[error("presign: {seconds} seconds is not within 1 to 604800")]
    Expiry {
        /// The lifetime asked for.
        seconds: u32,
    },
    /// A chunk of fewer than 8,192 bytes, other than the last.
    #[error("chunks: {bytes} bytes are less than S3 accepts in a chunk")]
    ChunkSize {
        /// The size asked for.
        bytes: usize,
    },
    /// A chunk that is not as long as planned: all are of the planned size, the last is the rest.
    #[error("chunks: a chunk has {given} bytes instead of {expected}")]
    ChunkLength {
        /// What the plan asks for.
        expected: usize,
        /// What was given.
        given: usize,
    },
    /// The body ended before its planned length.
    #[error("chunks: {bytes} bytes of the body are missing")]
    ChunksMissing {
        /// How many.
        bytes: u64,
    },
    /// The framed body would be longer than 2^64 bytes.
    #[error("chunks: the body is too long")]
    ChunkedLength,
    /// The header `x-amz-decoded-content-length` is missing or not the planned length.
    #[error("chunks: x-amz-decoded-content-length is not the body's length")]
    DecodedLength,
    /// The trailer is not the planned one, `x-amz-trailer` does not name it, its names are not lower-case tokens in
    /// ascending order, a value is not visible ASCII, or the payload has no trailer.
    #[error("chunks: the trailer is not the planned one")]
    Trailer,
    /// [`Signer::finish`](crate::Signer::finish) without a canonical request begun.
    #[error("sign: there is no canonical request to finish")]
    NotBegun,

    // --- the configuration is at fault: fix the site, the stack or the environment ---
    /// The region is empty or holds something other than letters, digits, `-`, `_`, `.`.
    #[error("scope: the region is not a region name")]
    Region,
    /// The region set is empty, has an empty member, or holds something other than letters, digits, `-`, `_`,
    /// `.`, `*` and the commas between members.
    #[error("scope: the region set is not a list of region names")]
    RegionSet,
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
    /// No counter gave a private key within the curve's order; there are 254, each fails once in 2^32.
    #[error("key: no private key can be derived from these credentials")]
    KeyDerivation,
    /// What was given as an ECDSA signature is not the DER form of one.
    #[error("signature: not a DER-encoded P-256 signature")]
    EcdsaSignature,
    /// This signer was built or called without what makes ECDSA signatures.
    #[error("sign: this signer makes no ECDSA signatures")]
    EcdsaUnavailable,
    /// A moment outside the years 1970 to 9999, or a text that is not `YYYYMMDDTHHMMSSZ`.
    #[error("date: not a moment between the years 1970 and 9999")]
    Date,
}
