//! All steps for a request that is authenticated by headers.
//!
//! It adds headers to no request: [`SignedHeaders`] lists them, ready to send.

use alloc::string::String;
use core::fmt;

use crate::{
    algorithm::Algorithm,
    amz_date::AmzDate,
    append::append,
    canonical_request::CanonicalRequest,
    credentials::SessionToken,
    error::SigningError,
    request::{Request, SigningContext},
    signing_key::SigningKeyCache,
    string_to_sign::StringToSign,
};

/// The state worth keeping between requests: buffers and signing keys. One for each thread.
#[derive(Debug)]
pub struct Signer {
    pub(crate) keys: SigningKeyCache,
    pub(crate) steps: Steps,
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer {
    /// No keys, empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: SigningKeyCache::new(),
            steps: Steps::new(Algorithm::HmacSha256),
        }
    }

    /// Signs a request: the headers returned must be added to it, and it must be sent as it was given.
    ///
    /// ```
    /// use keyfront_sigv4::{
    ///     AmzDate, Credentials, Payload, Profile, Request, SecretAccessKey, Signer, SigningContext,
    /// };
    ///
    /// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?;
    /// let request = Request {
    ///     method: "GET",
    ///     path: "/test.txt",
    ///     query: "",
    ///     headers: &[("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9")],
    ///     payload: Payload::Bytes(b""),
    /// };
    /// let context = SigningContext {
    ///     credentials: &Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None)?,
    ///     region: "us-east-1",
    ///     service: "s3",
    ///     profile: Profile::S3,
    ///     date: AmzDate::parse("20130524T000000Z")?,
    /// };
    /// let mut signer = Signer::new();
    /// let signed = signer.sign(&request, &context)?;
    /// assert_eq!(signed.signature(), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    /// for (name, value) in signed.iter() {
    ///     println!("{name}: {value}");
    /// }
    /// # Ok::<(), keyfront_sigv4::SigningError>(())
    /// ```
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn sign<'s>(
        &'s mut self,
        request: &Request<'_>,
        context: &SigningContext<'s>,
    ) -> Result<SignedHeaders<'s>, SigningError> {
        self.sign_hashed_by(request, context, |canonical_request| {
            canonical_request.sha256()
        })
    }

    /// [`Signer::sign`] with the canonical request hashed by the host, where the host has the faster SHA-256.
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn sign_hashed_by<'s>(
        &'s mut self,
        request: &Request<'_>,
        context: &SigningContext<'s>,
        sha256: impl FnOnce(&CanonicalRequest) -> [u8; 32],
    ) -> Result<SignedHeaders<'s>, SigningError> {
        let hash = sha256(self.steps.canonical_request(request, context)?);
        self.finish(context, &hash)
    }

    /// Step 1 alone, for a host that hashes between two calls: write, let the host hash
    /// [`CanonicalRequest::as_bytes`], then [`finish`](Signer::finish) with the same context.
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed.
    pub fn begin(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
    ) -> Result<&CanonicalRequest, SigningError> {
        self.steps.canonical_request(request, context)
    }

    /// Steps 2 to 4 over the canonical request last begun, from its SHA-256.
    ///
    /// # Errors
    /// [`SigningError::NotBegun`] if there is no canonical request; errors of the scope.
    pub fn finish<'s>(
        &'s mut self,
        context: &SigningContext<'s>,
        canonical_request_sha256: &[u8; 32],
    ) -> Result<SignedHeaders<'s>, SigningError> {
        let (key, scope) = self.keys.key_and_scope(context)?;
        let string_to_sign = self
            .steps
            .string_to_sign(scope, context, canonical_request_sha256)?;
        let signature = key.sign(string_to_sign);
        Ok(self
            .steps
            .signed_headers(scope, context, signature.as_str()))
    }
}

/// What both algorithms do around the signature, in buffers that are reused.
#[derive(Debug)]
pub(crate) struct Steps {
    pub(crate) algorithm: Algorithm,
    pub(crate) canonical_request: CanonicalRequest,
    string_to_sign: StringToSign,
    authorization: String,
}

impl Steps {
    pub(crate) const fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            canonical_request: CanonicalRequest::new(),
            string_to_sign: StringToSign::new(),
            authorization: String::new(),
        }
    }

    /// The string to sign of a POST policy.
    pub(crate) fn string_to_sign_of_policy(&mut self, policy: &str) -> &StringToSign {
        self.string_to_sign.write_policy(policy);
        &self.string_to_sign
    }

    #[inline(never)] // One copy for both signers: half a kilobyte of WASM each.
    pub(crate) fn canonical_request(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
    ) -> Result<&CanonicalRequest, SigningError> {
        self.canonical_request
            .write_as(self.algorithm, request, context)?;
        Ok(&self.canonical_request)
    }

    #[inline(never)] // One copy for both signers: half a kilobyte of WASM each.
    pub(crate) fn string_to_sign(
        &mut self,
        scope: &str,
        context: &SigningContext<'_>,
        canonical_request_sha256: &[u8; 32],
    ) -> Result<&StringToSign, SigningError> {
        if self.canonical_request.as_str().is_empty() {
            return Err(SigningError::NotBegun);
        }
        self.string_to_sign.write_in(
            self.algorithm,
            scope,
            context.date,
            canonical_request_sha256,
        );
        Ok(&self.string_to_sign)
    }

    #[inline(never)] // One copy for both signers: half a kilobyte of WASM each.
    pub(crate) fn signed_headers<'s>(
        &'s mut self,
        scope: &str,
        context: &SigningContext<'s>,
        signature: &str,
    ) -> SignedHeaders<'s> {
        let (out, algorithm) = (&mut self.authorization, self.algorithm);
        out.clear();
        let id = context.credentials.access_key_id();
        let names = self.canonical_request.signed_headers();
        append(out, &[algorithm.name(), " Credential=", id, "/", scope]);
        append(out, &[", SignedHeaders=", names, ", Signature=", signature]);
        let sends_hash = context.profile.sends_content_sha256();
        SignedHeaders {
            authorization: &self.authorization,
            signature_at: self.authorization.len() - signature.len(),
            date: context.date,
            content_sha256: sends_hash.then(|| self.canonical_request.payload_hash()),
            region_set: algorithm.region_set(context),
            session_token: context.credentials.session_token(),
        }
    }
}

/// The headers that authenticate a request, ready to send.
#[derive(Clone, Copy)]
pub struct SignedHeaders<'s> {
    authorization: &'s str,
    /// Where the signature begins, which is the end of `authorization`.
    signature_at: usize,
    date: AmzDate,
    content_sha256: Option<&'s str>,
    region_set: Option<&'s str>,
    session_token: Option<&'s SessionToken>,
}

impl<'s> SignedHeaders<'s> {
    /// The value of `authorization`.
    #[must_use]
    pub fn authorization(&self) -> &'s str {
        self.authorization
    }

    /// The value of `x-amz-date`.
    #[must_use]
    pub fn x_amz_date(&self) -> &str {
        self.date.timestamp()
    }

    /// The value of `x-amz-content-sha256`, if the profile sends it.
    #[must_use]
    pub fn x_amz_content_sha256(&self) -> Option<&'s str> {
        self.content_sha256
    }

    /// The value of `x-amz-security-token`, if the credentials have one. A secret.
    #[must_use]
    pub fn x_amz_security_token(&self) -> Option<&'s str> {
        self.session_token.map(SessionToken::expose)
    }

    /// The value of `x-amz-region-set`, which SigV4A sends.
    #[must_use]
    pub fn x_amz_region_set(&self) -> Option<&'s str> {
        self.region_set
    }

    /// The signature within `authorization`, in lower-case hexadecimal: 64 digits of SigV4, up to 144 of SigV4A.
    #[must_use]
    pub fn signature(&self) -> &'s str {
        self.authorization
            .get(self.signature_at..)
            .unwrap_or_default()
    }

    /// Every header to add, with its lower-case name. None of these names is among the request's own.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let always = [
            ("authorization", self.authorization),
            ("x-amz-date", self.x_amz_date()),
        ];
        let hash = self
            .content_sha256
            .map(|hash| ("x-amz-content-sha256", hash));
        let token = self
            .x_amz_security_token()
            .map(|token| ("x-amz-security-token", token));
        let regions = self.region_set.map(|regions| ("x-amz-region-set", regions));
        always.into_iter().chain(hash).chain(regions).chain(token)
    }
}

impl fmt::Debug for SignedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SignedHeaders({}, {}, redacted)",
            self.date,
            self.signature()
        )
    }
}
