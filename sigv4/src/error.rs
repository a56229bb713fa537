//! Why a request was not signed.

use alloc::string::String;
use core::fmt;

/// A refusal to sign. The request is unchanged, and no secret is part of any message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    // --- the request is at fault: fix what the caller builds ---
    /// The method is empty or not an HTTP token.
    Method,
    /// The path does not start with `/`.
    PathRelative,
    /// The path has more than 65,536 bytes.
    PathTooLong {
        /// Its length.
        bytes: usize,
    },
    /// S3: the path is not spelled as S3 would spell it (raw reserved characters, lower-case or needless
    /// escapes, `%2F`). Build it with [`uri_encoding::append_path`](crate::uri_encoding::append_path).
    PathNotStrict,
    /// The path holds a control character, `?` or `#`, and could not be sent as given.
    PathCharacter,
    /// S3: a query component is not strictly encoded. Build it with
    /// [`uri_encoding::append_component`](crate::uri_encoding::append_component).
    QueryNotStrict,
    /// The query holds an invalid escape, an empty component, a control character, `#`, or a literal `+`,
    /// which services read in two ways (plus or space); write `%2B` or `%20`.
    QueryMalformed,
    /// The query already carries a parameter that presigning writes.
    QueryReserved,
    /// A header name is empty or not an HTTP token.
    HeaderName {
        /// The name as given.
        name: String,
    },
    /// A header value holds something other than visible ASCII and spaces; its bytes on the wire, or its
    /// canonical form, would be a guess.
    HeaderValue {
        /// The name as given.
        name: String,
    },
    /// A header value is empty: some hops drop such a header, and it was signed.
    HeaderEmpty {
        /// The name as given.
        name: String,
    },
    /// S3: a header is given more than once; join the values with commas. Other services get them joined, as their
    /// specification says.
    HeaderRepeated {
        /// The name as given.
        name: String,
    },
    /// The caller passed a header that only the signer may write (`authorization`, `x-amz-date`,
    /// `x-amz-content-sha256`, `x-amz-region-set`, `x-amz-security-token`).
    HeaderReserved {
        /// The name as given.
        name: String,
    },
    /// More than a thousand headers or query parameters.
    TooMany,
    /// No `host` header among the headers to sign.
    HostMissing,
    /// More than one `host` header.
    HostRepeated,
    /// A known payload hash is not 64 lower-case hexadecimal digits.
    PayloadHash,
    /// An unsigned payload towards a service other than S3.
    PayloadUnsigned,
    /// A body in chunks towards a service other than S3.
    PayloadStreaming,
    /// A presigned S3 request whose payload is not [`Payload::Unsigned`](crate::Payload::Unsigned).
    PayloadPresigned,
    /// The lifetime of a presigned request is not within 1..=604800 seconds.
    Expiry {
        /// The lifetime asked for.
        seconds: u32,
    },
    /// A chunk of fewer than 8,192 bytes, other than the last.
    ChunkSize {
        /// The size asked for.
        bytes: usize,
    },
    /// A chunk that is not as long as planned: all are of the planned size, the last is the rest.
    ChunkLength {
        /// What the plan asks for.
        expected: usize,
        /// What was given.
        given: usize,
    },
    /// The body ended before its planned length.
    ChunksMissing {
        /// How many.
        bytes: u64,
    },
    /// The framed body would be longer than 2^64 bytes.
    ChunkedLength,
    /// The header `x-amz-decoded-content-length` is missing or not the planned length.
    DecodedLength,
    /// The trailer is not the planned one, `x-amz-trailer` does not name it, its names are not lower-case tokens in
    /// ascending order, a value is not visible ASCII, or the payload has no trailer.
    Trailer,
    /// [`Signer::finish`](crate::Signer::finish) without a canonical request begun.
    NotBegun,

    // --- the configuration is at fault: fix the site, the stack or the environment ---
    /// The region is empty or holds something other than letters, digits, `-`, `_`, `.`.
    Region,
    /// The region set is empty, has an empty member, or holds something other than letters, digits, `-`, `_`,
    /// `.`, `*` and the commas between members.
    RegionSet,
    /// The service is empty or holds something other than letters, digits, `-`, `_`, `.`.
    Service,
    /// The access key id is empty or holds something other than letters, digits, `-`, `_`, `.`.
    AccessKeyId,
    /// The secret access key is empty or not visible ASCII.
    SecretAccessKey,
    /// The session token is empty or not visible ASCII. A token that is absent is `None`.
    SessionToken,
    /// No counter gave a private key within the curve's order; there are 254, each fails once in 2^32.
    KeyDerivation,
    /// What was given as an ECDSA signature is not the DER form of one.
    EcdsaSignature,
    /// This signer was built or called without what makes ECDSA signatures.
    EcdsaUnavailable,
    /// A moment outside the years 1970 to 9999, or a text that is not `YYYYMMDDTHHMMSSZ`.
    Date,
}

impl SigningError {
    /// The message, in up to three parts. `Display` writes no more than this; where `core::fmt` is a tenth of a WASM
    /// module, they are joined without it.
    #[must_use]
    #[rustfmt::skip] // One row an error.
    pub fn parts(&self) -> [&str; 3] {
        let whole = match self {
            // Their names are tokens: what is none is reported as `HeaderName`, without it.
            Self::HeaderValue { name } => return ["sign: the value of header \"", name, "\" is not visible ASCII"],
            Self::HeaderEmpty { name } => return ["sign: the value of header \"", name, "\" is empty"],
            Self::HeaderRepeated { name } => return ["sign: header \"", name, "\" is given more than once"],
            Self::HeaderReserved { name } => return ["sign: header \"", name, "\" is written by the signer"],
            Self::Method => "sign: the method is not an HTTP token",
            Self::PathRelative => "sign: the path does not start with a slash",
            Self::PathTooLong { .. } => "sign: the path has more bytes than can be sent",
            Self::PathNotStrict => "sign: the path is not strictly percent-encoded",
            Self::PathCharacter => "sign: the path holds a character that cannot be sent",
            Self::QueryNotStrict => "sign: the query is not strictly percent-encoded",
            Self::QueryMalformed => "sign: the query is malformed or ambiguous",
            Self::QueryReserved => "presign: the query already carries a signing parameter",
            Self::HeaderName { .. } => "sign: a header name is not an HTTP token",
            Self::TooMany => "sign: more than a thousand headers or query parameters",
            Self::HostMissing => "sign: there is no host header to sign",
            Self::HostRepeated => "sign: there is more than one host header",
            Self::PayloadHash => "sign: the payload hash is not 64 lower-case hexadecimal digits",
            Self::PayloadUnsigned => "sign: only S3 accepts an unsigned payload",
            Self::PayloadStreaming => "sign: only S3 accepts a payload in signed chunks",
            Self::PayloadPresigned => "presign: S3 expects an unsigned payload",
            Self::Expiry { .. } => "presign: the lifetime is not within 1 to 604800 seconds",
            Self::ChunkSize { .. } => "chunks: a chunk has fewer bytes than S3 accepts",
            Self::ChunkLength { .. } => "chunks: a chunk is not as long as planned",
            Self::ChunksMissing { .. } => "chunks: the body ended before its planned length",
            Self::ChunkedLength => "chunks: the body is too long",
            Self::DecodedLength => "chunks: x-amz-decoded-content-length is not the body's length",
            Self::Trailer => "chunks: the trailer is not the planned one",
            Self::NotBegun => "sign: there is no canonical request to finish",
            Self::Region => "scope: the region is not a region name",
            Self::RegionSet => "scope: the region set is not a list of region names",
            Self::Service => "scope: the service is not a signing name",
            Self::AccessKeyId => "credentials: the access key id is not an access key id",
            Self::SecretAccessKey => "credentials: the secret access key is empty or not visible ASCII",
            Self::SessionToken => "credentials: the session token is empty or not visible ASCII",
            Self::KeyDerivation => "key: no private key can be derived from these credentials",
            Self::EcdsaSignature => "signature: not a DER-encoded P-256 signature",
            Self::EcdsaUnavailable => "sign: this signer makes no ECDSA signatures",
            Self::Date => "date: not a moment between the years 1970 and 9999",
        };
        [whole, "", ""]
    }
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts()
            .into_iter()
            .try_for_each(|part| f.write_str(part))
    }
}
