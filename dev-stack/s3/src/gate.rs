//! Between verification and operations: two s3s services, one that only verifies signatures and one
//! that only dispatches operations.
//!
//! In between, the session is checked, the requester is made, and what s3s would misread is put right.
//! An operation sees no signature, and cannot be reached without one.

use keyfront_dev_s3_wire::{
    address::{self, Hosts},
    error_response::{coded, internal, not_implemented, refused},
    inputs::{Operation, hoisted_headers, operation_of},
};
use std::sync::Arc;

use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use keyfront_dev_ground::{
    clock::Clock,
    credentials::{CredentialRegistry, SessionRefusal},
};
use keyfront_iam::{Account, Requester};
use s3s::{
    Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, TrailingHeaders,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    config::{S3Config, StaticConfigProvider},
    route::S3Route,
    service::{S3Service, S3ServiceBuilder},
};

use super::{
    blocked_encryption::{self, BlockedTypes},
    bodies::{self, MAX_XML},
    operations::SUPPORTED_OPERATIONS,
    rewrite::{put_right, refuse_what_would_be_ignored, with_query},
};
use keyfront_dev_s3_access::authority::{Caller, request_context};

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

/// The operation whose inputs the gate has compared with the request.
#[derive(Clone, Copy)]
struct Compared(&'static str);

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
    outer.set_host(hosts.clone());
    outer.set_config(config());
    outer.set_auth(Secrets(Arc::clone(&gatekeeper.registry)));
    outer.set_route(Gate {
        gatekeeper,
        hosts,
        operations: inner.build(),
    });
    outer.build()
}

fn config() -> Arc<StaticConfigProvider> {
    let mut config = S3Config::default();
    config.xml_max_body_size = MAX_XML;
    Arc::new(StaticConfigProvider::new(Arc::new(config)))
}

/// Lets supported operations pass, before s3s reads their input, and only from the gate, which knew them for the same.
struct OnlySupported;

#[async_trait::async_trait]
impl S3Access for OnlySupported {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let extensions = context.extensions_mut();
        let compared = extensions.get::<Compared>().copied();
        let is_caller = extensions.get::<Caller>().is_some();
        let operation = context.s3_op().name();
        if !SUPPORTED_OPERATIONS.contains(&operation) {
            return Err(not_implemented(operation));
        }
        match compared {
            Some(Compared(name)) if is_caller && name == operation => Ok(()),
            _ => Err(refused(S3ErrorCode::AccessDenied, "Access Denied")),
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
    hosts: Hosts,
    operations: S3Service,
}

#[async_trait::async_trait]
impl S3Route for Gate {
    fn is_match(&self, _: &Method, _: &Uri, _: &HeaderMap, _: &mut http::Extensions) -> bool {
        true
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let is_head = request.method == Method::HEAD;
        let dispatched = self.admit(request).await?;
        let answer = self.operations.call(dispatched).await.map_err(|error| {
            let error: s3s::StdError = error.into();
            internal(&*error)
        })?;
        let (mut parts, mut body) = answer.into_parts();
        if let Some(blocked) = parts.extensions.remove::<BlockedTypes>() {
            body = blocked_encryption::write(&mut parts.headers, body, blocked).await?;
        }
        // s3s knows no status of a HEAD but 200.
        if is_head && parts.headers.contains_key(header::CONTENT_RANGE) {
            parts.status = StatusCode::PARTIAL_CONTENT;
        }
        Ok(S3Response {
            output: body,
            status: Some(parts.status),
            headers: parts.headers,
            extensions: parts.extensions,
        })
    }
}

impl Gate {
    /// Validates the session and turns a verified request into one for the operations.
    async fn admit(&self, request: S3Request<Body>) -> S3Result<Request<Body>> {
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
        let sent =
            address::query_pairs(uri.query().unwrap_or("")).map_err(|_| S3ErrorCode::InvalidURI)?;

        let requester = self.requester(&credentials.access_key, &headers, &sent, &extensions)?;
        let account = self.gatekeeper.account.id();
        let query = hoisted_headers(sent.clone(), &mut headers)?;
        let context = request_context(account, &method, &headers, &sent, requester.time);
        extensions.insert(Caller { requester, context });
        if let Some(trailers) = trailing_headers {
            extensions.insert(Trailers(trailers));
        }

        refuse_what_would_be_ignored(&headers, account)?;
        let place = self.hosts.place(&headers, &uri);
        let copies = headers.contains_key("x-amz-copy-source");
        let mut dispatched = Request::new(body);
        *dispatched.uri_mut() = with_query(&uri, &query)?;
        let operation = operation_of(&method, place, &query, copies);
        *dispatched.method_mut() = method;
        *dispatched.headers_mut() = headers;
        *dispatched.extensions_mut() = extensions;
        // s3s has the answer to a request that is no operation.
        if let Some(operation) = operation {
            dispatched = compared(operation, &query, dispatched).await?;
        }
        put_right(dispatched.headers_mut())?;
        Ok(dispatched)
    }

    /// Whoever holds this access key, if the session stands.
    fn requester(
        &self,
        access_key: &str,
        headers: &HeaderMap,
        query: &[(String, String)],
        extensions: &http::Extensions,
    ) -> S3Result<Requester> {
        let registered = self
            .gatekeeper
            .registry
            .find(access_key)
            .ok_or_else(unknown_access_key)?;
        let now = self.gatekeeper.clock.now();
        registered
            .check_session(presented_token(headers, query), now)
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
        Ok(requester)
    }
}

/// The request, if it has nothing that its operation does not.
async fn compared(
    operation: &'static Operation,
    query: &[(String, String)],
    request: Request<Body>,
) -> S3Result<Request<Body>> {
    let (mut parts, body) = request.into_parts();
    operation.check_head(query, &parts.headers)?;
    let trailers = parts.extensions.get::<Trailers>();
    let trailers = trailers.map(|trailers| &trailers.0);
    let mut body = bodies::admit(operation, &parts.headers, body, trailers).await?;
    if operation.name == "PutBucketEncryption" {
        let (rest, blocked) = blocked_encryption::take(body).await?;
        body = rest;
        parts.headers.remove(header::CONTENT_LENGTH);
        if let Some(blocked) = blocked {
            parts.extensions.insert(blocked);
        }
    }
    parts.extensions.insert(Compared(operation.name));
    Ok(Request::from_parts(parts, body))
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
