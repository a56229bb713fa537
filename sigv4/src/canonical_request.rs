//! Step 1: the canonical request, the one text both sides must agree on.
//!
//! It is written in one pass into a buffer that is reused from request to request. Its SHA-256 is all the
//! later steps need, and that may be computed elsewhere (Node's `crypto.hash` is four times faster than
//! WASM). It does not decide what is sent.
//!
//! Spec: "Create a canonical request" in *Signature Version 4 signing process* (AWS IAM user guide).

use alloc::string::String;
use core::{fmt, ops::Range};

use crate::{
    algorithm::Algorithm,
    append::append,
    canonical_headers::{self, Header, HeaderNames},
    canonical_path, canonical_query,
    error::SigningError,
    hex::{self, HexDigest},
    hmac_sha256::sha256,
    request::{Payload, Profile, Request, SigningContext, StreamingPayload},
    wipe,
};

/// SHA-256 of nothing: the payload hash of every GET and HEAD.
pub(crate) const EMPTY_SHA256: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The canonical request in a reusable buffer. It holds the session token: redacted in `Debug`, zeroized
/// on drop.
#[derive(Default)]
pub struct CanonicalRequest {
    text: String,
    query: Range<usize>,
    names: HeaderNames,
    payload_hash: Range<usize>,
}

impl CanonicalRequest {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            text: String::new(),
            query: 0..0,
            names: HeaderNames::new(),
            payload_hash: 0..0,
        }
    }

    /// Writes the canonical request of a request that is authenticated by headers: `x-amz-date`,
    /// `x-amz-security-token` and (as the profile asks) `x-amz-content-sha256` are among its signed headers.
    ///
    /// # Errors
    /// [`SigningError`]; the buffer is then empty.
    pub fn write(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
    ) -> Result<(), SigningError> {
        self.write_as(Algorithm::HmacSha256, request, context)
    }

    /// [`write`](CanonicalRequest::write) for SigV4A: `x-amz-region-set` is signed too.
    ///
    /// # Errors
    /// [`SigningError`]; the buffer is then empty.
    pub fn write_multi_region(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
    ) -> Result<(), SigningError> {
        self.write_as(Algorithm::EcdsaP256Sha256, request, context)
    }

    pub(crate) fn write_as(
        &mut self,
        algorithm: Algorithm,
        request: &Request<'_>,
        context: &SigningContext<'_>,
    ) -> Result<(), SigningError> {
        let hash = PayloadHash::of(request.payload, context.profile, algorithm)?;
        let date = ("x-amz-date", context.date.timestamp());
        let content = ("x-amz-content-sha256", hash.as_str());
        let sends_content = context.profile.sends_content_sha256();
        let regions = algorithm
            .region_set(context)
            .map(|regions| ("x-amz-region-set", regions));
        let token = context
            .credentials
            .session_token()
            .map(|token| ("x-amz-security-token", token.expose()));
        let mut written: [Header<'_>; 4] = [date; 4];
        let mut count = 0;
        let all = [sends_content.then_some(content), Some(date), regions, token];
        for header in all.into_iter().flatten() {
            written[count] = header;
            count += 1;
        }
        self.compose(request, context.profile, &written[..count], hash.as_str())
    }

    /// The text, as it is hashed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The last line but one: signed header names, separated by `;`.
    #[must_use]
    pub fn signed_headers(&self) -> &str {
        match self.text.is_empty() {
            true => "",
            false => self.names.signed(),
        }
    }

    /// The last line: 64 hexadecimal digits, `UNSIGNED-PAYLOAD` or `STREAMING-...`.
    #[must_use]
    pub fn payload_hash(&self) -> &str {
        self.part(&self.payload_hash)
    }

    /// SHA-256 of the text.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        sha256(self.as_bytes())
    }

    /// The third line: the parameters, encoded and sorted.
    #[must_use]
    pub fn query(&self) -> &str {
        self.part(&self.query)
    }

    fn part(&self, range: &Range<usize>) -> &str {
        // Not an index, whose failure would say much: 1 KB of WASM.
        let part = self.text.get(range.clone());
        part.expect("the range was noted when this text was written")
    }

    /// All six parts, in one pass.
    pub(crate) fn compose(
        &mut self,
        request: &Request<'_>,
        profile: Profile,
        written: &[Header<'_>],
        payload_hash: &str,
    ) -> Result<(), SigningError> {
        self.clear();
        let composed = self.append_parts(request, profile, written, payload_hash);
        if composed.is_err() {
            self.clear();
        }
        composed
    }

    fn append_parts(
        &mut self,
        request: &Request<'_>,
        profile: Profile,
        written: &[Header<'_>],
        payload_hash: &str,
    ) -> Result<(), SigningError> {
        if !canonical_headers::is_token(request.method) {
            return Err(SigningError::Method);
        }
        self.names.validate(request.headers, written, profile)?;
        let text = &mut self.text;
        let capacity = capacity(request, written);
        if text.capacity() < capacity {
            // It would leave the last request's token behind.
            wipe::text(text);
            text.reserve(capacity);
        }
        append(text, &[request.method, "\n"]);
        canonical_path::append(text, request.path, profile)?;
        append(text, &["\n"]);
        let query = text.len();
        canonical_query::append(text, request.query, profile)?;
        self.query = query..text.len();
        self.names.append_lines(text, request.headers, written)?;
        append(text, &["\n\n", self.names.signed(), "\n", payload_hash]);
        self.payload_hash = text.len() - payload_hash.len()..text.len();
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        (self.query, self.payload_hash) = (0..0, 0..0);
    }
}

impl Drop for CanonicalRequest {
    fn drop(&mut self) {
        wipe::text(&mut self.text);
    }
}

impl fmt::Debug for CanonicalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CanonicalRequest({} bytes, redacted)", self.text.len())
    }
}

/// The payload's line.
pub(crate) enum PayloadHash<'a> {
    Known(&'a str),
    Computed(HexDigest),
}

impl<'a> PayloadHash<'a> {
    pub(crate) fn of(
        payload: Payload<'a>,
        profile: Profile,
        algorithm: Algorithm,
    ) -> Result<Self, SigningError> {
        match payload {
            Payload::Bytes([]) => Ok(Self::Known(EMPTY_SHA256)),
            Payload::Bytes(body) => Ok(Self::Computed(HexDigest::of(&sha256(body)))),
            Payload::Sha256Hex(hash) if hex::is_digest(hash) => Ok(Self::Known(hash)),
            Payload::Sha256Hex(_) => Err(SigningError::PayloadHash),
            Payload::Unsigned if profile == Profile::S3 => Ok(Self::Known(UNSIGNED_PAYLOAD)),
            Payload::Unsigned => Err(SigningError::PayloadUnsigned),
            Payload::Streaming(streaming) if profile == Profile::S3 => {
                Ok(Self::Known(streaming_name(streaming, algorithm)))
            }
            Payload::Streaming(_) => Err(SigningError::PayloadStreaming),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Known(hash) => hash,
            Self::Computed(hash) => hash.as_str(),
        }
    }
}

fn streaming_name(payload: StreamingPayload, algorithm: Algorithm) -> &'static str {
    match (payload, algorithm) {
        (StreamingPayload::Signed, Algorithm::HmacSha256) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        (StreamingPayload::Signed, Algorithm::EcdsaP256Sha256) => {
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
        }
        (StreamingPayload::SignedTrailer, Algorithm::HmacSha256) => {
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
        }
        (StreamingPayload::SignedTrailer, Algorithm::EcdsaP256Sha256) => {
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"
        }
        (StreamingPayload::UnsignedTrailer, _) => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    }
}

/// Room for the whole text when nothing needs escaping, so that a token is not left behind in buffers that
/// were outgrown.
fn capacity(request: &Request<'_>, written: &[Header<'_>]) -> usize {
    let headers = request.headers.iter().chain(written);
    let lines: usize = headers
        .map(|(name, value)| 2 * name.len() + value.len() + 3)
        .sum();
    request.method.len() + request.path.len() + request.query.len() + lines + 80
}
