//! All steps for a request that is authenticated by its query: a URL that works for a while.
//!
//! The session token is a signed parameter. It builds no URL: scheme, host and path are the caller's.
//!
//! Spec: *Authenticating Requests: Using Query Parameters* (Amazon S3 API reference).

use alloc::string::{String, ToString};
use core::fmt;

use crate::{
    algorithm::Algorithm,
    canonical_headers::HeaderNames,
    canonical_request::{CanonicalRequest, PayloadHash},
    error::SigningError,
    request::{Payload, Profile, Request, SigningContext},
    sign::{Signer, Steps},
    string_to_sign::StringToSign,
    uri_encoding::{append_component, decode},
};

/// How long a presigned request is valid: 1 to 604,800 seconds (seven days).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expiry(u32);

impl Expiry {
    /// # Errors
    /// [`SigningError::Expiry`] outside 1..=604800.
    pub fn from_seconds(seconds: u32) -> Result<Self, SigningError> {
        if (1..=604_800).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(SigningError::Expiry { seconds })
        }
    }

    /// Whole seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl CanonicalRequest {
    /// Writes the canonical request of a request that is authenticated by its query. Its
    /// [`query`](CanonicalRequest::query) is also what is sent, but for the signature.
    ///
    /// # Errors
    /// [`SigningError`]; the buffer is then empty. Towards S3 the payload must be [`Payload::Unsigned`], and
    /// the query must not carry `X-Amz-` signing parameters of its own.
    pub fn write_presigned(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<(), SigningError> {
        self.write_presigned_as(Algorithm::HmacSha256, request, context, expiry)
    }

    /// [`write_presigned`](CanonicalRequest::write_presigned) for SigV4A: `X-Amz-Region-Set` is a parameter too.
    ///
    /// # Errors
    /// [`SigningError`]; the buffer is then empty.
    pub fn write_presigned_multi_region(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<(), SigningError> {
        self.write_presigned_as(Algorithm::EcdsaP256Sha256, request, context, expiry)
    }

    fn write_presigned_as(
        &mut self,
        algorithm: Algorithm,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<(), SigningError> {
        self.clear();
        if context.profile == Profile::S3 && request.payload != Payload::Unsigned {
            return Err(SigningError::PayloadPresigned);
        }
        let payload_hash = PayloadHash::of(request.payload, context.profile, algorithm)?;
        let query = unsorted_query(algorithm, request, context, expiry)?;
        let request = Request {
            query: &query,
            ..*request
        };
        self.compose(&request, context.profile, &[], payload_hash.as_str())
    }
}

impl Signer {
    /// Signs a request by its query. The query returned replaces the request's own, of which it holds every
    /// parameter; the request's headers must be sent as given by whoever uses the URL.
    ///
    /// ```
    /// use keyfront_sigv4::{
    ///     AmzDate, Credentials, Expiry, Payload, Profile, Request, SecretAccessKey, Signer, SigningContext,
    /// };
    ///
    /// let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?;
    /// let request = Request {
    ///     method: "GET",
    ///     path: "/test.txt",
    ///     query: "",
    ///     headers: &[("host", "examplebucket.s3.amazonaws.com")],
    ///     payload: Payload::Unsigned,
    /// };
    /// let context = SigningContext {
    ///     credentials: &Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None)?,
    ///     region: "us-east-1",
    ///     service: "s3",
    ///     profile: Profile::S3,
    ///     date: AmzDate::parse("20130524T000000Z")?,
    /// };
    /// let query = Signer::new().presign(&request, &context, Expiry::from_seconds(86_400)?)?;
    /// let url = format!("https://examplebucket.s3.amazonaws.com/test.txt?{}", query.as_str());
    /// assert!(url.ends_with("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"));
    /// # Ok::<(), keyfront_sigv4::SigningError>(())
    /// ```
    ///
    /// # Errors
    /// [`SigningError`], as [`CanonicalRequest::write_presigned`]; nothing was signed.
    pub fn presign(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<PresignedQuery, SigningError> {
        let string_to_sign = self
            .steps
            .presigned_string_to_sign(request, context, expiry)?;
        let signature = self.keys.key(context).sign(string_to_sign);
        Ok(self.steps.presigned_query(signature.as_str()))
    }
}

impl Steps {
    pub(crate) fn presigned_string_to_sign(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<&StringToSign, SigningError> {
        self.algorithm.check_scope(context)?;
        self.canonical_request
            .write_presigned_as(self.algorithm, request, context, expiry)?;
        let hash = self.canonical_request.sha256();
        let scope = self.algorithm.scope(context);
        self.string_to_sign(&scope, context, &hash)
    }

    pub(crate) fn presigned_query(&self, signature: &str) -> PresignedQuery {
        let signed = self.canonical_request.query();
        let query = [signed, "&X-Amz-Signature=", signature].concat();
        let signature_at = query.len() - signature.len();
        PresignedQuery {
            query,
            signature_at,
        }
    }
}

/// The request's parameters and presigning's, strictly encoded.
fn unsorted_query(
    algorithm: Algorithm,
    request: &Request<'_>,
    context: &SigningContext<'_>,
    expiry: Expiry,
) -> Result<String, SigningError> {
    if request.query.split('&').any(is_reserved) {
        return Err(SigningError::QueryReserved);
    }
    let mut credential = String::from(context.credentials.access_key_id());
    credential.push('/');
    algorithm.append_scope(&mut credential, context);
    let mut names = HeaderNames::new();
    names.validate(request.headers, &[], context.profile)?;
    let expires = expiry.seconds().to_string();
    let parameters = [
        ("X-Amz-Algorithm", algorithm.name()),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", context.date.timestamp()),
        ("X-Amz-Expires", &expires),
        ("X-Amz-SignedHeaders", names.signed()),
    ];
    let regions = algorithm
        .region_set(context)
        .map(|regions| ("X-Amz-Region-Set", regions));
    let token = context
        .credentials
        .session_token()
        .map(|token| ("X-Amz-Security-Token", token.expose()));
    let mut query = String::from(request.query);
    for (name, value) in parameters.into_iter().chain(regions).chain(token) {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        append_component(&mut query, value);
    }
    Ok(query)
}

/// Would this parameter collide with one that presigning writes, in any case or spelling?
fn is_reserved(parameter: &str) -> bool {
    const RESERVED: [&str; 8] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Region-Set",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    ];
    let name = parameter
        .split_once('=')
        .map_or(parameter, |(name, _)| name);
    let name = decode(name).unwrap_or_default();
    RESERVED
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// The query of a presigned request. It grants access: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedQuery {
    query: String,
    /// Where the signature begins, which is the end of `query`.
    signature_at: usize,
}

impl PresignedQuery {
    /// The query to send, without the `?`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.query
    }

    /// The signature within the query, in lower-case hexadecimal.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.query[self.signature_at..]
    }
}

impl fmt::Debug for PresignedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedQuery(redacted)")
    }
}
