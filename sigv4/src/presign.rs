//! All steps for a request that is authenticated by its query: a URL that works for a while.
//!
//! The session token is a signed parameter. It builds no URL: scheme, host and path are the caller's.
//!
//! Spec: *Authenticating Requests: Using Query Parameters* (Amazon S3 API reference).

use alloc::string::String;
use core::fmt;

use crate::{
    canonical_query,
    canonical_request::PayloadHash,
    credentials::SessionToken,
    error::SigningError,
    request::{Payload, Profile, Request, SigningContext},
    sign::Signer,
    signature::Signature,
    string_to_sign::{self, ALGORITHM},
    uri_encoding::append_component,
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

impl Signer {
    /// Signs a request by its query. The query returned replaces the request's own, of which it holds every
    /// parameter; the request's headers must be sent as given by whoever uses the URL.
    ///
    /// # Errors
    /// [`SigningError`]; nothing was signed. Towards S3 the payload must be [`Payload::Unsigned`], and the
    /// query must not carry `X-Amz-` signing parameters of its own.
    pub fn presign(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<PresignedQuery, SigningError> {
        string_to_sign::check_scope(context)?;
        if context.profile == Profile::S3 && request.payload != Payload::Unsigned {
            return Err(SigningError::PayloadPresigned);
        }
        let payload_hash = PayloadHash::of(request.payload, context.profile)?;
        let mut query = self.canonical_query(request, context, expiry)?;
        self.canonical_request.compose(
            request,
            context.profile,
            &[],
            &query,
            payload_hash.as_str(),
        )?;
        let hash = self.canonical_request.sha256();
        self.string_to_sign.write(context, &hash)?;
        let signature = self.keys.key(context).sign(&self.string_to_sign);
        query.push_str("&X-Amz-Signature=");
        query.push_str(signature.as_str());
        Ok(PresignedQuery { query, signature })
    }

    /// The canonical query, which is also the query that is sent, but for the signature.
    fn canonical_query(
        &mut self,
        request: &Request<'_>,
        context: &SigningContext<'_>,
        expiry: Expiry,
    ) -> Result<String, SigningError> {
        if request.query.split('&').any(is_reserved) {
            return Err(SigningError::QueryReserved);
        }
        let mut value = String::new();
        let mut unsorted = String::from(request.query);
        let mut add = |name: &str, value: &str| {
            if !unsorted.is_empty() {
                unsorted.push('&');
            }
            unsorted.push_str(name);
            unsorted.push('=');
            append_component(&mut unsorted, value);
        };
        add("X-Amz-Algorithm", ALGORITHM);
        value.push_str(context.credentials.access_key_id());
        value.push('/');
        string_to_sign::append_scope(&mut value, context);
        add("X-Amz-Credential", &value);
        add("X-Amz-Date", context.date.timestamp());
        add("X-Amz-Expires", &alloc::format!("{}", expiry.seconds()));
        if let Some(token) = context.credentials.session_token() {
            add("X-Amz-Security-Token", SessionToken::expose(token));
        }
        value.clear();
        self.canonical_request
            .append_signed_header_names(request.headers, &mut value)?;
        add("X-Amz-SignedHeaders", &value);
        let mut sorted = String::with_capacity(unsorted.len() + 96);
        canonical_query::append(&mut sorted, &unsorted, context.profile)?;
        Ok(sorted)
    }
}

/// Would this parameter collide with one that presigning writes, in any case or spelling?
fn is_reserved(parameter: &str) -> bool {
    const RESERVED: [&str; 7] = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    ];
    let name = parameter
        .split_once('=')
        .map_or(parameter, |(name, _)| name);
    let name = crate::uri_encoding::decode(name).unwrap_or_default();
    RESERVED
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// The query of a presigned request. It grants access: redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedQuery {
    query: String,
    signature: Signature,
}

impl PresignedQuery {
    /// The query to send, without the `?`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.query
    }

    /// The signature within the query.
    #[must_use]
    pub fn signature(&self) -> Signature {
        self.signature
    }
}

impl fmt::Debug for PresignedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedQuery(redacted)")
    }
}
