//! What is signed, for whom, and by which service's rules.
//!
//! Plain borrowed values; the checks are made by the step that needs them.

use crate::{amz_date::AmzDate, credentials::Credentials};

/// A request exactly as it will be sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method, in the spelling sent (`GET`).
    pub method: &'a str,
    /// The path as on the request line, percent-encoded, from its first `/` up to the `?`.
    pub path: &'a str,
    /// The query as on the request line, without the `?`; empty if there is none. Order is free.
    pub query: &'a str,
    /// Every header to sign, `host` included, in any order and case, none with an empty value; a name
    /// may be repeated, but not towards S3. All of them
    /// must be sent as given. Headers that a CDN rewrites do not belong here.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, or what is known of it.
    pub payload: Payload<'a>,
}

/// The body of a request as the signature sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// The whole body; it is hashed here. `Bytes(b"")` costs nothing.
    Bytes(&'a [u8]),
    /// The SHA-256 of the body, as 64 lower-case hexadecimal digits.
    Sha256Hex(&'a str),
    /// `UNSIGNED-PAYLOAD`: the signature says nothing about the body. S3 only.
    Unsigned,
    /// `STREAMING-...`: the body follows in chunks ([`aws_chunked`](crate::aws_chunked)). S3 only.
    Streaming(StreamingPayload),
}

/// What of a body in chunks is signed, and whether headers follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamingPayload {
    /// Every chunk is signed; `STREAMING-AWS4-...-PAYLOAD`.
    Signed,
    /// Every chunk and the trailer are signed; `STREAMING-AWS4-...-PAYLOAD-TRAILER`.
    SignedTrailer,
    /// Neither is; `STREAMING-UNSIGNED-PAYLOAD-TRAILER`. Only the trailer's checksum guards the body.
    UnsignedTrailer,
}

/// Who signs, for which service, when.
#[derive(Clone, Copy, Debug)]
pub struct SigningContext<'a> {
    /// The signer's credentials.
    pub credentials: &'a Credentials,
    /// The region of the endpoint, `eu-central-1`, or whatever name a store that is not Amazon's goes by. SigV4A
    /// reads it as a *region set*: one or more names separated by commas, `*` for any (`us-east-1,us-west-*`).
    pub region: &'a str,
    /// The service's signing name, `s3` or `lambda`.
    pub service: &'a str,
    /// The service's rules, usually [`Profile::of`] its signing name.
    pub profile: Profile,
    /// The moment of signing; services refuse one more than a few minutes off.
    pub date: AmzDate,
}

/// How a service encodes, normalises and hashes what it verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Amazon S3: path and query are encoded once and never normalised; `x-amz-content-sha256` is always
    /// sent. The wire form *is* the canonical form, and anything else is refused.
    S3,
    /// Every other service: the canonical path is the wire path encoded once more.
    Standard {
        /// Whether dot segments and repeated slashes are removed first.
        path: PathNormalization,
        /// Whether the payload's hash is also sent (and signed) as a header.
        content_sha256: ContentSha256Header,
    },
}

impl Profile {
    /// What most services expect: a normalised path, the payload's hash in the canonical request only.
    pub const STANDARD: Self = Self::Standard {
        path: PathNormalization::Normalized,
        content_sha256: ContentSha256Header::Omitted,
    };

    /// The rules of the service with this signing name.
    #[must_use]
    pub fn of(service: &str) -> Self {
        match service {
            "s3" | "s3express" | "s3-outposts" | "s3-object-lambda" => Self::S3,
            _ => Self::STANDARD,
        }
    }

    /// Is `x-amz-content-sha256` one of the headers the signer writes?
    #[must_use]
    pub fn sends_content_sha256(self) -> bool {
        match self {
            Self::S3 => true,
            Self::Standard { content_sha256, .. } => content_sha256 == ContentSha256Header::Sent,
        }
    }
}

/// Whether a service normalises the path (RFC 3986, 5.2.4, and repeated slashes) before it verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathNormalization {
    /// Dot segments and empty segments are removed from the canonical path.
    Normalized,
    /// The path is taken as it was sent.
    Verbatim,
}

/// Whether `x-amz-content-sha256` is written and signed for services that do not require it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentSha256Header {
    /// The header is sent; a Lambda Function URL behind a CDN relies on it.
    Sent,
    /// The hash is only the last line of the canonical request.
    Omitted,
}
