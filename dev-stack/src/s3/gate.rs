//! Between verification and operations: two s3s services, one that only verifies signatures and one
//! that only dispatches operations.
//!
//! In between, the session is judged, the requester is made, and what s3s would misread is put right.
//! An operation sees no signature, and cannot be reached without one.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header, uri};
use s3s::{
    Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, TrailingHeaders,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    config::{S3Config, StaticConfigProvider},
    route::S3Route,
    service::{S3Service, S3ServiceBuilder},
};

use super::{
    address::{self, Hosts},
    authority::{Caller, request_context},
    operations::SUPPORTED_OPERATIONS,
    refusal::{coded, internal, invalid_argument, not_implemented, refused},
    screen::AUTH_PARAMETERS,
};
use crate::{
    clock::Clock,
    identity::{Account, CredentialRegistry, SessionRefusal},
};

/// The largest XML body: a completion of 10,000 parts with checksums fits.
const MAX_XML: usize = 8 * 1024 * 1024;

/// What the server knows of the connection; policies may ask for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: std::net::IpAddr,
    /// Whether the request came over TLS.
    pub(crate) secure: bool,
}

/// The checksums that came behind the body, for operations.
#[derive(Clone)]
pub(crate) struct Trailers(pub(crate) TrailingHeaders);

/// Who may pass.
#[derive(Clone)]
pub(crate) struct Gatekeeper {
    pub(crate) account: Account,
    pub(crate) registry: Arc<CredentialRegistry>,
    pub(crate) clock: Clock,
}

/// The service that verifies signatures and hands verified requests to `operations`.
pub(crate) fn build(gatekeeper: Gatekeeper, operations: impl S3) -> S3Service {
    let hosts = Hosts::of_region(gatekeeper.account.region());
    let mut inner = S3ServiceBuilder::new(operations);
    inner.set_host(hosts.clone());
    inner.set_config(config());
    // s3s asks for access only where there is authentication; unsigned requests never reach this one.
    inner.set_auth(NoSecrets);
    inner.set_access(OnlySupported);

    let mut outer = S3ServiceBuilder::new(NoOperations);
    outer.set_host(hosts);
    outer.set_config(config());
    outer.set_auth(Secrets(Arc::clone(&gatekeeper.registry)));
    outer.set_route(Gate {
        gatekeeper,
        operations: inner.build(),
    });
    outer.build()
}

fn config() -> Arc<StaticConfigProvider> {
    let mut config = S3Config::default();
    config.xml_max_body_size = MAX_XML;
    Arc::new(StaticConfigProvider::new(Arc::new(config)))
}

/// Lets supported operations pass, before s3s reads their input, and only from the gate.
struct OnlySupported;

#[async_trait::async_trait]
impl S3Access for OnlySupported {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let operation = context.s3_op().name();
        if !SUPPORTED_OPERATIONS.contains(&operation) {
            return Err(not_implemented(operation));
        }
        match context.extensions_mut().get::<Caller>() {
            Some(_) => Ok(()),
            None => Err(refused(S3ErrorCode::AccessDenied, "Access Denied")),
        }
    }
}

struct NoSecrets;

#[async_trait::async_trait]
impl S3Auth for NoSecrets {
    async fn get_secret_key(&self, _: &str) -> S3Result<SecretKey> {
        Err(refused(S3ErrorCode::AccessDenied, "Access Denied"))
    }
}

/// Behind the verifying service there is only the gate.
struct NoOperations;

impl S3 for NoOperations {}

struct Secrets(Arc<CredentialRegistry>);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.find(access_key) {
            Some(found) => Ok(found.credentials.secret_access_key.expose().into()),
            None => Err(unknown_access_key()),
        }
    }
}

fn unknown_access_key() -> S3Error {
    refused(
        S3ErrorCode::InvalidAccessKeyId,
        "The AWS Access Key Id you provided does not exist in our records.",
    )
}

struct Gate {
    gatekeeper: Gatekeeper,
    operations: S3Service,
}

#[async_trait::async_trait]
impl S3Route for Gate {
    fn is_match(&self, _: &http::Method, _: &Uri, _: &HeaderMap, _: &mut http::Extensions) -> bool {
        true
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let dispatched = self.admit(request)?;
        let answer = self.operations.call(dispatched).await.map_err(|error| {
            let error: s3s::StdError = error.into();
            internal(&*error)
        })?;
        let (parts, body) = answer.into_parts();
        Ok(S3Response {
            output: body,
            status: Some(parts.status),
            headers: parts.headers,
            extensions: parts.extensions,
        })
    }
}

impl Gate {
    /// Judges the session and turns a verified request into one for the operations.
    fn admit(&self, request: S3Request<Body>) -> S3Result<Request<Body>> {
        let S3Request {
            input: body,
            method,
            uri,
            mut headers,
            mut extensions,
            credentials,
            trailing_headers,
            ..
        } = request;
        let credentials =
            credentials.ok_or_else(|| refused(S3ErrorCode::AccessDenied, "Access Denied"))?;
        let query =
            address::query_pairs(uri.query().unwrap_or("")).map_err(|_| S3ErrorCode::InvalidURI)?;

        let registered = self
            .gatekeeper
            .registry
            .find(&credentials.access_key)
            .ok_or_else(unknown_access_key)?;
        let now = self.gatekeeper.clock.now();
        registered
            .check_session(presented_token(&headers, &query), now)
            .map_err(session_error)?;
        let mut requester = registered.requester(now);
        if let Some(peer) = extensions.get::<Peer>() {
            requester.source_ip = Some(peer.address);
            requester.secure_transport = peer.secure;
        }
        requester.user_agent = headers
            .get(header::USER_AGENT)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned);

        let account = self.gatekeeper.account.id();
        let context = request_context(account, &method, &headers, &query, now);

        refuse_what_would_be_ignored(&headers, account)?;
        put_right(&mut headers)?;
        extensions.insert(Caller { requester, context });
        if let Some(trailers) = trailing_headers {
            extensions.insert(Trailers(trailers));
        }
        let mut dispatched = Request::new(body);
        *dispatched.method_mut() = method;
        *dispatched.uri_mut() = without_signature(&uri, &query)?;
        *dispatched.headers_mut() = headers;
        *dispatched.extensions_mut() = extensions;
        Ok(dispatched)
    }
}

fn presented_token<'a>(headers: &'a HeaderMap, query: &'a [(String, String)]) -> Option<&'a str> {
    let in_query = query
        .iter()
        .find(|(name, _)| name == "X-Amz-Security-Token");
    let in_header = || {
        headers
            .get("x-amz-security-token")
            .and_then(|value| value.to_str().ok())
    };
    in_query.map(|(_, value)| value.as_str()).or_else(in_header)
}

fn session_error(refusal: SessionRefusal) -> S3Error {
    match refusal {
        SessionRefusal::TokenMissing => unknown_access_key(),
        SessionRefusal::TokenUnexpected | SessionRefusal::TokenMismatch => coded(
            StatusCode::BAD_REQUEST,
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
        ),
        SessionRefusal::Expired => coded(
            StatusCode::BAD_REQUEST,
            "ExpiredToken",
            "The provided token has expired.",
        ),
    }
}

/// Headers whose meaning the operations do not have: to ignore them would be to lie.
fn refuse_what_would_be_ignored(headers: &HeaderMap, account: &str) -> S3Result<()> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    for owner in [
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
    ] {
        if text(owner).is_some_and(|expected| expected != account) {
            return Err(refused(S3ErrorCode::AccessDenied, "Access Denied"));
        }
    }
    let refuses_acl = |acl: &str| !matches!(acl, "private" | "bucket-owner-full-control");
    let grants = headers
        .keys()
        .any(|name| name.as_str().starts_with("x-amz-grant-"));
    if grants || text("x-amz-acl").is_some_and(refuses_acl) {
        return Err(coded(
            StatusCode::BAD_REQUEST,
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        ));
    }
    if text("x-amz-storage-class").is_some_and(|class| class != "STANDARD") {
        return Err(not_implemented("storage classes other than STANDARD"));
    }
    for (prefix, what) in [
        ("x-amz-server-side-encryption-customer-", "SSE-C"),
        (
            "x-amz-copy-source-server-side-encryption-customer-",
            "SSE-C",
        ),
        ("x-amz-object-lock-", "Object Lock"),
        ("x-amz-bucket-object-lock-", "Object Lock"),
        ("x-amz-tagging", "object tags"),
        ("x-amz-write-offset-bytes", "appending"),
        ("x-amz-mfa", "MFA delete"),
    ] {
        if headers.keys().any(|name| name.as_str().starts_with(prefix)) {
            return Err(not_implemented(what));
        }
    }
    Ok(())
}

/// Puts right what s3s reads otherwise than AWS.
fn put_right(headers: &mut HeaderMap) -> S3Result<()> {
    for name in [
        "authorization",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ] {
        headers.remove(HeaderName::from_static(name));
    }
    // A range S3 does not support, or that does not parse, is ignored: the whole object is sent.
    let is_single = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|range| s3s::dto::Range::parse(range).is_ok())
    };
    if !headers.get_all(header::RANGE).iter().all(is_single)
        || headers.get_all(header::RANGE).iter().count() > 1
    {
        headers.remove(header::RANGE);
    }
    // `aws-chunked` describes the transfer, which s3s has undone; it is not part of the object.
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let encoding = encoding
            .to_str()
            .map_err(|_| invalid_argument("Content-Encoding is not ASCII."))?;
        let kept: Vec<&str> = encoding
            .split(',')
            .map(str::trim)
            .filter(|coding| *coding != "aws-chunked")
            .collect();
        let kept = HeaderValue::try_from(kept.join(","))
            .map_err(|_| invalid_argument("Content-Encoding"))?;
        if kept.is_empty() {
            headers.remove(header::CONTENT_ENCODING);
        } else {
            headers.insert(header::CONTENT_ENCODING, kept);
        }
    }
    Ok(())
}

fn without_signature(uri: &Uri, query: &[(String, String)]) -> S3Result<Uri> {
    let kept: Vec<String> = query
        .iter()
        .filter(|(name, _)| !AUTH_PARAMETERS.contains(&name.as_str()))
        .map(|(name, value)| {
            format!(
                "{}={}",
                address::query_encoded(name),
                address::query_encoded(value)
            )
        })
        .collect();
    let mut target = uri.path().to_owned();
    if !kept.is_empty() {
        target = format!("{target}?{}", kept.join("&"));
    }
    let mut parts = uri::Parts::default();
    parts.path_and_query = Some(target.parse().map_err(|_| S3ErrorCode::InvalidURI)?);
    Uri::from_parts(parts).map_err(|_| S3ErrorCode::InvalidURI.into())
}
