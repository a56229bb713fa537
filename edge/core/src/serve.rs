//! Serving: the pipeline admit -> route -> sign, over one viewer's request.
//!
//! [`Edge`] keeps what is worth keeping between requests. Time, credentials and the site come in with every
//! request; nothing is sent from here.

use alloc::{string::String, sync::Arc, vec};

use keyfront_sigv4::{
    AmzDate, CanonicalRequest, Credentials, EcdsaSignature, Payload, SecretAccessKey, SessionToken,
    SigningError, StringToSign, uri_encoding,
};

use crate::admission::{self, Method, Methods, RequestBody, ViewerRequest};
use crate::answer::{Answer, Header};
use crate::cors::{self, Grant};
use crate::origin_request::{self, Connection, Draft, Host, OriginKind, OriginRequest, Signers};
use crate::refusal::{BodyOf, Refusal};
use crate::response::ResponseFacts;
use crate::routing::{self, Route};
use crate::site::{FunctionOrigin, Site, SiteCache};
use crate::text::split_once;

/// The role's credentials as the host found them for this very request.
#[derive(Clone, Copy)]
pub struct RoleCredentials<'a> {
    /// `""` if there is none.
    pub access_key_id: &'a str,
    /// `""` if there is none.
    pub secret_access_key: &'a str,
    /// `""` if the credentials are long-lived.
    pub session_token: &'a str,
    /// End of the session in Unix seconds, where the host knows it.
    pub expires_at: Option<i64>,
}

impl core::fmt::Debug for RoleCredentials<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RoleCredentials(redacted)")
    }
}

/// Everything about a request that is not the viewer's.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// Unix seconds.
    pub now: i64,
    /// Read for this request.
    pub credentials: RoleCredentials<'a>,
    /// The site document; empty if the origin carries none.
    pub site: &'a [u8],
    /// Where the host will send the request.
    pub connection: Connection<'a>,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// Send this to the origin, then [`clean`](crate::response::clean) what it answers.
    Forward(OriginRequest),
    /// Answer this.
    Answer {
        /// Complete but for `Content-Length`.
        answer: Answer,
        /// For the operator's log; `None` if there is nothing an operator could do.
        log: Option<String>,
    },
}

/// The edge's memory: parsed sites, signing keys, the last credentials seen. One for each thread.
#[derive(Debug, Default)]
pub struct Edge {
    sites: SiteCache,
    signers: Signers,
    credentials: Option<Credentials>,
}

impl Edge {
    /// An edge that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sites: SiteCache::new(),
            signers: Signers::new(),
            credentials: None,
        }
    }

    /// Serves one request.
    pub fn serve(&mut self, request: &ViewerRequest<'_>, invocation: &Invocation<'_>) -> Served {
        self.serve_hashed_by(request, invocation, CanonicalRequest::sha256)
    }

    /// [`Edge::serve`] with the canonical request hashed by the host, where the host has the faster SHA-256.
    pub fn serve_hashed_by(
        &mut self,
        request: &ViewerRequest<'_>,
        invocation: &Invocation<'_>,
        sha256: impl FnOnce(&CanonicalRequest) -> [u8; 32],
    ) -> Served {
        self.serve_signed_by(request, invocation, sha256, |_, _| {
            Err(SigningError::EcdsaUnavailable)
        })
    }

    /// [`Edge::serve_hashed_by`] for hosts that also make the ECDSA signatures of SigV4A. `ecdsa` is called only for a
    /// site that asks; without it (as by [`Edge::serve`]) such a site is refused.
    pub fn serve_signed_by(
        &mut self,
        request: &ViewerRequest<'_>,
        invocation: &Invocation<'_>,
        sha256: impl FnOnce(&CanonicalRequest) -> [u8; 32],
        ecdsa: impl FnOnce(&Credentials, &StringToSign) -> Result<EcdsaSignature, SigningError>,
    ) -> Served {
        let host = Host { sha256, ecdsa };
        let site = match self.sites.site(invocation.site) {
            Ok(site) => site,
            Err(error) => return refused(request, &Grant::Unruled, &error.into()),
        };
        let grant = Grant::decide(
            &site.cors,
            request.header("origin").filter(|origin| is_origin(origin)),
        );
        match self.admitted(&site, &grant, request, invocation, host) {
            Ok(served) => served,
            Err(refusal) => refused(request, &grant, &refusal),
        }
    }

    /// Whether the host has to know the hash of this request's body before it can be served: it goes to the publish
    /// endpoint, and the viewer named none. A host that was shown the whole body has no need to ask.
    pub fn needs_body_hash(&mut self, request: &ViewerRequest<'_>, site: &[u8]) -> bool {
        let Ok(site) = self.sites.site(site) else {
            return false;
        };
        let Ok(path) = admission::path(request.path, request.query) else {
            return false;
        };
        let publishes = |origin: &FunctionOrigin| origin.strip(&path).is_some();
        site.publish.as_ref().is_some_and(publishes)
            && Methods::Publish.admit(&site, request.method).is_ok()
            && origin_request::publish_payload(request).is_err()
    }

    /// The path, as on the request line, of the page a site shows with its 404s, for hosts that can put it in their
    /// place. Served like any other path; `None` if the site names none.
    pub fn missing_page(&mut self, site: &[u8]) -> Option<String> {
        let site = self.sites.site(site).ok()?;
        let mut path = String::from("/");
        path.push_str(&uri_encoding::encode_path(site.not_found.as_deref()?));
        Some(path)
    }

    fn admitted(
        &mut self,
        site: &Arc<Site>,
        grant: &Grant,
        request: &ViewerRequest<'_>,
        invocation: &Invocation<'_>,
        host: Host<
            impl FnOnce(&CanonicalRequest) -> [u8; 32],
            impl FnOnce(&Credentials, &StringToSign) -> Result<EcdsaSignature, SigningError>,
        >,
    ) -> Result<Served, Refusal> {
        let path = admission::path(request.path, request.query)?;
        let route = routing::route(site, &path)?;
        let draft = match draft(site, grant, (&route, &path), request, invocation.connection)? {
            Drafted::Request(draft) => draft,
            Drafted::Answer(answer) => return Ok(Served::Answer { answer, log: None }),
        };
        let date = AmzDate::from_unix(invocation.now).map_err(Refusal::Unsignable)?;
        let credentials = current(
            &mut self.credentials,
            &invocation.credentials,
            invocation.now,
        )?;
        let signed = origin_request::sign(
            &mut self.signers,
            (site, &route),
            draft,
            (credentials, date),
            host,
        )?;
        Ok(Served::Forward(signed))
    }
}

enum Drafted<'a> {
    Request(Draft<'a>),
    /// A preflight's, or a redirect.
    Answer(Answer),
}

fn draft<'a>(
    site: &Site,
    grant: &Grant,
    (route, path): (&Route<'_>, &str),
    request: &ViewerRequest<'a>,
    connection: Connection<'a>,
) -> Result<Drafted<'a>, Refusal> {
    let facts = |origin| ResponseFacts {
        origin,
        denied_as: site.denied_as,
        grant: grant.clone(),
    };
    let (origin, methods) = match route {
        Route::Bucket(_) => (OriginKind::Bucket, Methods::Read),
        Route::Reader(..) => (OriginKind::Reader, Methods::Read),
        Route::Publish(..) => (OriginKind::Publish, Methods::Publish),
    };
    let method = methods.admit(site, request.method)?;
    if method == Method::Options {
        return Ok(Drafted::Answer(cors::preflight(site, request, methods)));
    }
    if let Some(folder) = routing::folder(site, route, path) {
        let query = admission::read_query(site, request.query)?;
        return Ok(Drafted::Answer(redirect(&folder, &query, grant)));
    }
    Ok(Drafted::Request(match methods {
        Methods::Read => Draft {
            method,
            query: admission::read_query(site, request.query)?,
            payload: read_payload(request.body)?,
            authorization: None,
            facts: facts(origin),
            connection,
        },
        Methods::Publish => Draft {
            method,
            query: admission::publish_query(request.query)?,
            payload: origin_request::publish_payload(request)?,
            authorization: origin_request::publish_authorization(request),
            facts: facts(origin),
            connection,
        },
    }))
}

/// To a decoded path of this very host.
fn redirect(path: &str, query: &str, grant: &Grant) -> Answer {
    let mut location = uri_encoding::encode_path(path);
    if !query.is_empty() {
        location.push('?');
        location.push_str(query);
    }
    let mut headers = vec![
        Header::new("location", location),
        Header::new("cache-control", "no-store"),
        Header::new("x-content-type-options", "nosniff"),
    ];
    headers.extend(grant.headers());
    if grant.varies() {
        headers.push(Header::new("vary", "origin"));
    }
    Answer {
        status: 301,
        headers,
        body: String::new(),
    }
}

/// Reads have no body; what a CDN lets through beside one is not signed for.
fn read_payload(body: RequestBody<'_>) -> Result<Payload<'static>, Refusal> {
    match body {
        RequestBody::Empty => Ok(Payload::Bytes(b"")),
        RequestBody::Sha256Hex(_) | RequestBody::Unseen => Err(Refusal::BodyTooLarge),
    }
}

/// Credentials are compared, not remembered by name: a rotated secret is seen with the first request that has it.
fn current<'m>(
    memory: &'m mut Option<Credentials>,
    role: &RoleCredentials<'_>,
    now: i64,
) -> Result<&'m Credentials, Refusal> {
    if role.access_key_id.is_empty() || role.secret_access_key.is_empty() {
        return Err(Refusal::CredentialsMissing);
    }
    if role.expires_at.is_some_and(|end| end <= now) {
        return Err(Refusal::CredentialsExpired);
    }
    if !memory.as_ref().is_some_and(|known| is_same(known, role)) {
        *memory = Some(parsed(role)?);
    }
    memory.as_ref().ok_or(Refusal::CredentialsMissing)
}

fn is_same(known: &Credentials, role: &RoleCredentials<'_>) -> bool {
    known.access_key_id() == role.access_key_id
        && known.secret_access_key().is(role.secret_access_key)
        && match known.session_token() {
            Some(token) => token.is(role.session_token),
            None => role.session_token.is_empty(),
        }
}

fn parsed(role: &RoleCredentials<'_>) -> Result<Credentials, Refusal> {
    let token = (!role.session_token.is_empty())
        .then(|| SessionToken::new(role.session_token))
        .transpose();
    let secret = SecretAccessKey::new(role.secret_access_key);
    match (secret, token) {
        (Ok(secret), Ok(token)) => Credentials::new(role.access_key_id, secret, token)
            .map_err(|_| Refusal::CredentialsMissing),
        _ => Err(Refusal::CredentialsMissing),
    }
}

/// An `Origin` a rule can admit: one token of visible ASCII, so that it may be said back.
fn is_origin(origin: &str) -> bool {
    split_once(origin, "://").is_some() && origin.bytes().all(|byte| byte.is_ascii_graphic())
}

fn refused(request: &ViewerRequest<'_>, grant: &Grant, refusal: &Refusal) -> Served {
    let mut answer = refusal.answer(request.request_id, BodyOf::method(request.method));
    answer.headers.extend(grant.headers());
    if grant.varies() {
        answer.headers.push(Header::new("vary", "origin"));
    }
    Served::Answer {
        answer,
        log: refusal.log_line(request.request_id),
    }
}

#[cfg(test)]
mod tests;
