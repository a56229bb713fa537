//! All steps for a request that is authenticated by headers.
//!
//! It adds headers to no request: [`SignedHeaders`] lists them, ready to send.

use alloc::string::String;
use core::fmt;

use crate::{
    amz_date::AmzDate,
    append::append,
    canonical_request::CanonicalRequest,
    credentials::SessionToken,
    error::SigningError,
    request::{Request, SigningContext},
    signature::Signature,
    signing_key::SigningKeyCache,
    string_to_sign::{self, StringToSign},
};

/// The state worth keeping between requests: buffers and signing keys. One for each thread.
#[derive(Debug, Default)]
pub struct Signer {
    pub(crate) keys: SigningKeyCache,
    pub(crate) canonical_request: CanonicalRequest,
    pub(crate) string_to_sign: StringToSign,
    authorization: String,
}

impl Signer {
    /// No keys, empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            keys: SigningKeyCache::new(),
            canonical_request: CanonicalRequest::new(),
            string_to_sign: StringToSign::new(),
            authorization: String::new(),
        }
    }

    /// Signs a request: the headers returned must be added to it, and it must be sent as it was given.
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
        string_to_sign::check_scope(context)?;
        self.canonical_request.write(request, context)?;
        let hash = sha256(&self.canonical_request);
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
        string_to_sign::check_scope(context)?;
        self.canonical_request.write(request, context)?;
        Ok(&self.canonical_request)
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
        if self.canonical_request.as_str().is_empty() {
            return Err(SigningError::NotBegun);
        }
        self.string_to_sign
            .write(context, canonical_request_sha256)?;
        let signature = self.keys.key(context).sign(&self.string_to_sign);
        self.write_authorization(context, &signature);
        let sends_hash = context.profile.sends_content_sha256();
        Ok(SignedHeaders {
            authorization: &self.authorization,
            date: context.date,
            content_sha256: sends_hash.then(|| self.canonical_request.payload_hash()),
            session_token: context.credentials.session_token(),
            signature,
        })
    }

    fn write_authorization(&mut self, context: &SigningContext<'_>, signature: &Signature) {
        let out = &mut self.authorization;
        out.clear();
        let id = context.credentials.access_key_id();
        append(out, &[string_to_sign::ALGORITHM, " Credential=", id, "/"]);
        string_to_sign::append_scope(out, context);
        let signed_headers = self.canonical_request.signed_headers();
        append(
            out,
            &[
                ", SignedHeaders=",
                signed_headers,
                ", Signature=",
                signature.as_str(),
            ],
        );
    }
}

/// The headers that authenticate a request, ready to send.
#[derive(Clone, Copy)]
pub struct SignedHeaders<'s> {
    authorization: &'s str,
    date: AmzDate,
    content_sha256: Option<&'s str>,
    session_token: Option<&'s SessionToken>,
    signature: Signature,
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

    /// The signature within `authorization`.
    #[must_use]
    pub fn signature(&self) -> Signature {
        self.signature
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
        always.into_iter().chain(hash).chain(token)
    }
}

impl fmt::Debug for SignedHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SignedHeaders({}, {}, redacted)",
            self.date, self.signature
        )
    }
}
