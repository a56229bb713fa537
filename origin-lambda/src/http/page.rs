//! The publishers' page, and what it asks for before anybody is known.
//!
//! It is there where its host is its own: natively if the configuration says so, behind the CDN where the edge's distribution of
//! the page marks its requests. Elsewhere these routes do not exist.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
        REFERRER_POLICY, VARY,
    },
    request::Parts,
};
use keyfront_contract::{content_encoding::accepts, header};
use serde::Deserialize;

use super::{
    credentials::Transport,
    document::Document,
    query::{NoParameters, Parameters},
    refusal::Refusal,
    responses::{PageSettingsBody, PageToken},
};
use crate::{
    error::Error,
    origin::Origin,
    page::{self, PageFile, PageLogin},
};

/// Bytes of a login's document.
const LOGIN: usize = 16 << 10;
/// Names of hashed files never have another content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// A request on the page's own host; everywhere else its route does not exist.
#[derive(Debug)]
pub(super) struct PageHost;

impl FromRequestParts<Arc<Origin>> for PageHost {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, origin: &Arc<Origin>) -> Result<Self, Refusal> {
        let here = match parts.extensions.get() {
            Some(Transport::Native) => origin.page.native,
            // The edge passes no viewer's header of this name: its own distribution adds it.
            Some(Transport::Edge) => parts.headers.contains_key(header::PAGE),
            Some(Transport::Iam(_) | Transport::Stranger) | None => false,
        };
        match here {
            true => Ok(Self),
            false => Err(Error::NotFound.into()),
        }
    }
}

/// The publishers' page.
pub(super) async fn index(
    State(origin): State<Arc<Origin>>,
    _: PageHost,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    document(&origin, "index.html", &headers)
}

/// The page of who got a link to a sealed file.
pub(super) async fn open(
    State(origin): State<Arc<Origin>>,
    _: PageHost,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    document(&origin, "open.html", &headers)
}

/// What the documents load: files with a hash in their names.
pub(super) async fn asset(
    State(origin): State<Arc<Origin>>,
    _: PageHost,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // As it is written: no name of a file needs decoding, and what does not decode is none.
    let mut response = file(&origin, uri.path().trim_start_matches('/'), &headers)?;
    let for_ever = HeaderValue::from_static(FOR_EVER);
    response.headers_mut().insert(CACHE_CONTROL, for_ever);
    Ok(response)
}

/// What the page needs to know before anybody is known: where publishers log in, and where it reads content.
pub(super) async fn settings(
    State(origin): State<Arc<Origin>>,
    _: PageHost,
    Parameters(NoParameters {}): Parameters<NoParameters>,
) -> Result<Json<PageSettingsBody>, Refusal> {
    let policy = origin.directory.policy(&origin.store).await?;
    let logins = match origin.directory.accepts_jwts() {
        true => policy.logins(),
        false => &[],
    };
    let content = origin.page_content_url();
    Ok(Json(PageSettingsBody::of(logins, content)))
}

/// The login of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginDocument {
    issuer: String,
    code: String,
    code_verifier: String,
    redirect_uri: String,
}

/// Exchanges the code of a login for a token.
pub(super) async fn login(
    State(origin): State<Arc<Origin>>,
    _: PageHost,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Document(document): Document<LoginDocument, LOGIN>,
) -> Result<Json<PageToken>, Refusal> {
    let policy = origin.directory.policy(&origin.store).await?;
    let at = policy.login(&document.issuer).ok_or(Error::NotFound)?;
    let login = PageLogin {
        code: document.code,
        code_verifier: document.code_verifier,
        redirect_uri: document.redirect_uri,
    };
    let token = origin.page_logins.exchange(at, &login).await?;
    Ok(Json(PageToken { token }))
}

fn document(origin: &Origin, name: &'static str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let mut response = file(origin, name, headers)?;
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
        (PERMISSIONS_POLICY, "camera=(self)"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// A file of the page under its policy: a worker's is that of its own script.
fn file(origin: &Origin, name: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let mut response = content(page::file(name).ok_or(Error::NotFound)?, headers);
    let policy = HeaderValue::try_from(origin.page_policy()).map_err(|_| Error::Internal)?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn content(file: &'static PageFile, headers: &HeaderMap) -> Response {
    let takes_brotli = takes_brotli(headers);
    let body = match takes_brotli {
        true => file.brotli,
        false => file.plain,
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type()));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if takes_brotli {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

/// Whether a client names Brotli among what it reads.
fn takes_brotli(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter();
    let mut texts = values.filter_map(|value| value.to_str().ok());
    texts.any(|value| accepts(value, "br"))
}
