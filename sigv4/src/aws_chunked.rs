//! Bodies in chunks (`content-encoding: aws-chunked`), each signed over the one before.
//!
//! The request is signed first, with a plan of the body in place of its hash; its signature is the seed of the chain.
//! [`Chunks`] then frames one chunk after another: a head before each chunk's bytes, [`LINE_END`] after them, and an end
//! with the trailer. It is a state machine over bytes the caller holds; it reads, buffers and sends nothing.
//!
//! SigV4A's signatures vary in length, so they are padded with `*` to 144 digits on the wire and chained without padding.
//! What it does not do: checksums. Their values are the caller's to compute, for the trailer.
//!
//! Spec: *Signature calculations: transferring a payload in multiple chunks* and *... including trailing headers*
//! (Amazon S3 API reference).

mod plan;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

pub use self::plan::{ChunkPlan, ChunkSize, PlannedTrailer};
#[cfg(feature = "sigv4a")]
use crate::ecdsa_key::{EcdsaKey, EcdsaKeyCache};
#[cfg(feature = "sigv4a")]
use crate::sigv4a::MultiRegionSigner;
use crate::{
    algorithm::Algorithm,
    append::append,
    canonical_headers,
    canonical_request::EMPTY_SHA256,
    error::SigningError,
    hex::HexDigest,
    hmac_sha256::sha256,
    request::{Payload, Request, SigningContext, StreamingPayload},
    sign::{SignedHeaders, Signer},
    signing_key::SigningKey,
    sigv4a::LONGEST_DER,
    string_to_sign::StringToSign,
};

/// What follows every chunk's bytes.
pub const LINE_END: &str = "\r\n";

const CHUNK_SIGNATURE: &str = ";chunk-signature=";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature:";
const LONGEST_ECDSA_DIGITS: usize = 2 * LONGEST_DER;

impl Signer {
    /// Signs the head of a request whose body follows in chunks. Among the request's headers must be
    /// `x-amz-decoded-content-length` and, with a trailer, `x-amz-trailer`, as the plan has them; `content-encoding:
    /// aws-chunked` belongs there too. The payload of `request` is replaced by the plan's.
    ///
    /// ```
    /// use keyfront_sigv4::{
    ///     AmzDate, ChunkPlan, ChunkSize, Credentials, Payload, Profile, Request, SecretAccessKey, Signer,
    ///     SigningContext, StreamingPayload, aws_chunked::LINE_END,
    /// };
    ///
    /// let data = vec![b'a'; 10_000];
    /// let plan = ChunkPlan {
    ///     payload: StreamingPayload::Signed,
    ///     chunk_size: ChunkSize::LEAST,
    ///     decoded_length: 10_000,
    ///     trailers: &[],
    /// };
    /// let content_length = plan.content_length()?.to_string();
    /// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?;
    /// let request = Request {
    ///     method: "PUT",
    ///     path: "/test.txt",
    ///     query: "",
    ///     headers: &[
    ///         ("host", "examplebucket.s3.amazonaws.com"),
    ///         ("content-encoding", "aws-chunked"),
    ///         ("content-length", &content_length),
    ///         ("x-amz-decoded-content-length", "10000"),
    ///     ],
    ///     payload: Payload::Streaming(plan.payload),
    /// };
    /// let context = SigningContext {
    ///     credentials: &Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None)?,
    ///     region: "us-east-1",
    ///     service: "s3",
    ///     profile: Profile::S3,
    ///     date: AmzDate::parse("20130524T000000Z")?,
    /// };
    /// let mut signer = Signer::new();
    /// let (headers, mut chunks) = signer.sign_chunked(&request, &context, &plan)?;
    /// assert!(headers.authorization().contains("x-amz-decoded-content-length"));
    /// let mut body = Vec::new();
    /// for chunk in data.chunks(plan.chunk_size.bytes()) {
    ///     body.extend_from_slice(chunks.head(chunk)?.as_bytes());
    ///     body.extend_from_slice(chunk);
    ///     body.extend_from_slice(LINE_END.as_bytes());
    /// }
    /// body.extend_from_slice(chunks.end(&[])?.as_bytes());
    /// assert_eq!(body.len().to_string(), content_length);
    /// # Ok::<(), keyfront_sigv4::SigningError>(())
    /// ```
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn sign_chunked<'s>(
        &'s mut self,
        request: &Request<'_>,
        context: &SigningContext<'s>,
        plan: &ChunkPlan<'_>,
    ) -> Result<(SignedHeaders<'s>, Chunks), SigningError> {
        plan.check(request)?;
        let key = match plan.payload {
            StreamingPayload::UnsignedTrailer => None,
            _ => {
                Algorithm::HmacSha256.check_scope(context)?;
                Some(ChunkKey::Hmac(self.keys.key(context).clone()))
            }
        };
        let headers = self.sign(&streaming(request, plan), context)?;
        let chunks = Chunks::new(plan, context, key, headers.signature());
        Ok((headers, chunks))
    }
}

#[cfg(feature = "sigv4a")]
impl MultiRegionSigner {
    /// [`Signer::sign_chunked`] with SigV4A.
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn sign_chunked<'s>(
        &'s mut self,
        request: &Request<'_>,
        context: &SigningContext<'s>,
        plan: &ChunkPlan<'_>,
        keys: &mut EcdsaKeyCache,
    ) -> Result<(SignedHeaders<'s>, Chunks), SigningError> {
        plan.check(request)?;
        let credentials = context.credentials;
        let key = match plan.payload {
            StreamingPayload::UnsignedTrailer => None,
            _ => {
                let secret = credentials.secret_access_key();
                let key = keys.key(credentials.access_key_id(), secret)?;
                Some(ChunkKey::Ecdsa(key.clone()))
            }
        };
        let headers = self.sign(&streaming(request, plan), context, keys)?;
        let chunks = Chunks::new(plan, context, key, headers.signature());
        Ok((headers, chunks))
    }
}

fn streaming<'a>(request: &Request<'a>, plan: &ChunkPlan<'_>) -> Request<'a> {
    let payload = Payload::Streaming(plan.payload);
    Request {
        payload,
        ..*request
    }
}

/// What is left of a body to frame.
#[derive(Debug)]
pub struct Chunks {
    /// `None`: nothing is signed.
    chain: Option<Chain>,
    signs_trailer: bool,
    chunk_size: usize,
    left: u64,
    trailers: Vec<(String, usize)>,
}

impl Chunks {
    fn new(
        plan: &ChunkPlan<'_>,
        context: &SigningContext<'_>,
        key: Option<ChunkKey>,
        seed: &str,
    ) -> Self {
        let trailers = plan.trailers.iter();
        Self {
            chain: key.map(|key| Chain::new(key, context, seed)),
            signs_trailer: plan.payload == StreamingPayload::SignedTrailer,
            chunk_size: plan.chunk_size.bytes(),
            left: plan.decoded_length,
            trailers: trailers
                .map(|trailer| (trailer.name.into(), trailer.value_length))
                .collect(),
        }
    }

    /// How many bytes the next chunk must have; 0: the body is complete, [`end`](Chunks::end) it.
    #[must_use]
    pub fn next_length(&self) -> usize {
        usize::try_from(self.left).map_or(self.chunk_size, |left| left.min(self.chunk_size))
    }

    /// What to send before the chunk's bytes; [`LINE_END`] goes after them.
    ///
    /// # Errors
    /// [`SigningError::ChunkLength`] unless the chunk has [`next_length`](Chunks::next_length) bytes, and more than none.
    pub fn head(&mut self, chunk: &[u8]) -> Result<String, SigningError> {
        let expected = self.next_length();
        if chunk.len() != expected || chunk.is_empty() {
            let given = chunk.len();
            return Err(SigningError::ChunkLength { expected, given });
        }
        self.left -= chunk.len() as u64;
        Ok(self.signed_head(chunk))
    }

    /// What to send after the last chunk: the empty chunk, the trailer and its signature.
    ///
    /// # Errors
    /// [`SigningError::ChunksMissing`] before the whole body was framed; [`SigningError::Trailer`] unless the names and
    /// the lengths of the values are the planned ones, in the same order, and every value is visible ASCII.
    pub fn end(mut self, trailers: &[(&str, &str)]) -> Result<String, SigningError> {
        if self.left > 0 {
            return Err(SigningError::ChunksMissing { bytes: self.left });
        }
        let planned = self.trailers.iter();
        let given = trailers.iter().map(|(name, value)| (*name, value.len()));
        let as_planned = given.eq(planned.map(|(name, length)| (name.as_str(), *length)));
        let is_visible = |value: &str| value.bytes().all(|byte| byte.is_ascii_graphic());
        if !as_planned || !trailers.iter().all(|(_, value)| is_visible(value)) {
            return Err(SigningError::Trailer);
        }
        let mut end = self.signed_head(b"");
        let mut canonical = String::new();
        for (name, value) in trailers {
            append(&mut canonical, &[name, ":", value, "\n"]);
            append(&mut end, &[name, ":", value, LINE_END]);
        }
        if let (Some(chain), true) = (&mut self.chain, self.signs_trailer) {
            append(&mut end, &[TRAILER_SIGNATURE]);
            chain.sign_trailer(&canonical, &mut end);
            append(&mut end, &[LINE_END]);
        }
        append(&mut end, &[LINE_END]);
        Ok(end)
    }

    fn signed_head(&mut self, chunk: &[u8]) -> String {
        let mut head = format!("{:x}", chunk.len());
        if let Some(chain) = &mut self.chain {
            append(&mut head, &[CHUNK_SIGNATURE]);
            chain.sign_chunk(chunk, &mut head);
        }
        append(&mut head, &[LINE_END]);
        head
    }
}

/// The chain of signatures: what every link needs, and the last one.
struct Chain {
    key: ChunkKey,
    /// Algorithm, date and scope of a chunk's string to sign.
    chunk_start: StringToSign,
    /// The same of the trailer's.
    trailer_start: StringToSign,
    previous: String,
}

impl Chain {
    fn new(key: ChunkKey, context: &SigningContext<'_>, seed: &str) -> Self {
        let start = |part| {
            let mut start = StringToSign::new();
            start.begin(key.algorithm(), part, context);
            start
        };
        let (chunk_start, trailer_start) = (start("-PAYLOAD"), start("-TRAILER"));
        Self {
            key,
            chunk_start,
            trailer_start,
            previous: seed.into(),
        }
    }

    fn sign_chunk(&mut self, chunk: &[u8], out: &mut String) {
        let hash = HexDigest::of(&sha256(chunk));
        let text = self
            .chunk_start
            .followed_by(&[&self.previous, EMPTY_SHA256, hash.as_str()]);
        self.sign(&text, out);
    }

    fn sign_trailer(&mut self, canonical: &str, out: &mut String) {
        let hash = HexDigest::of(&sha256(canonical.as_bytes()));
        let text = self
            .trailer_start
            .followed_by(&[&self.previous, hash.as_str()]);
        self.sign(&text, out);
    }

    fn sign(&mut self, text: &StringToSign, out: &mut String) {
        let padding = match &self.key {
            ChunkKey::Hmac(key) => {
                self.previous = key.sign(text).to_string();
                0
            }
            #[cfg(feature = "sigv4a")]
            ChunkKey::Ecdsa(key) => {
                self.previous = key.sign(text).to_string();
                LONGEST_ECDSA_DIGITS - self.previous.len()
            }
        };
        append(out, &[&self.previous]);
        out.extend(core::iter::repeat_n('*', padding));
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chain(redacted)")
    }
}

enum ChunkKey {
    Hmac(SigningKey),
    #[cfg(feature = "sigv4a")]
    Ecdsa(EcdsaKey),
}

impl ChunkKey {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hmac(_) => Algorithm::HmacSha256,
            #[cfg(feature = "sigv4a")]
            Self::Ecdsa(_) => Algorithm::EcdsaP256Sha256,
        }
    }
}

/// A lower-case header name that is not one of the framing's own.
fn is_sendable_trailer_name(name: &str) -> bool {
    canonical_headers::is_token(name)
        && !name.bytes().any(|byte| byte.is_ascii_uppercase())
        && name != "x-amz-trailer-signature"
}
