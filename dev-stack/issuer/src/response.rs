//! Responses of the issuer: no cache keeps them, no page is framed, no address that holds a code is told to others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::form_action::FormAction;
use super::pages::{self, Page};
use super::refusal::Refusal;
use super::token_error::TokenError;

/// A response that is complete in memory.
pub(super) type IssuerResponse = Response<Full<Bytes>>;

/// A page for a person.
pub(super) fn page(status: StatusCode, page: Page) -> IssuerResponse {
    let mut response = respond(status, "text/html; charset=utf-8", page.html);
    let policy = content_security_policy(&page.form_action);
    insert(&mut response, CONTENT_SECURITY_POLICY, &policy);
    response
}

/// Sends a browser on. 303, since it must not send a form again (RFC 9700, 4.12).
pub(super) fn redirect(location: &str) -> IssuerResponse {
    let mut response = respond(StatusCode::SEE_OTHER, "text/plain", "");
    insert(&mut response, LOCATION, location);
    response
}

/// A document for a client.
pub(super) fn document(value: &Value) -> IssuerResponse {
    respond(StatusCode::OK, "application/json", value.to_string())
}

/// Sets a cookie on a response.
pub(super) fn with_cookie(mut response: IssuerResponse, cookie: &str) -> IssuerResponse {
    insert(&mut response, SET_COOKIE, cookie);
    response
}

/// Logs a refusal and shows it to the person.
pub(super) fn refused(refusal: &Refusal) -> IssuerResponse {
    tracing::info!(%refusal, "issuer: a request is refused");
    let mut response = page(refusal.status(), pages::refusal(refusal));
    if let Refusal::Method { allowed, .. } = refusal {
        insert(&mut response, ALLOW, allowed);
    }
    response
}

/// Logs why no token is given out and tells the client (RFC 6749, 5.2).
pub(super) fn token_refused(error: &TokenError) -> IssuerResponse {
    let (status, code) = (error.status(), error.code());
    if status.is_server_error() {
        tracing::error!(%error, "issuer: no token can be made");
    } else {
        tracing::info!(code, %error, "issuer: no token is given out");
    }
    let document = json!({"error": code, "error_description": error.to_string()});
    let mut response = respond(status, "application/json", document.to_string());
    if matches!(error, TokenError::Secret) {
        insert(&mut response, WWW_AUTHENTICATE, "Basic");
    }
    response
}

fn respond(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> IssuerResponse {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        insert(&mut response, name, value);
    }
    response
}

/// Values are ASCII: configured addresses are validated, and what comes from requests is percent-encoded. One that is not
/// is a mistake of the issuer, and its response is not sent without it.
fn insert(response: &mut IssuerResponse, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(_) => {
            tracing::error!(%name, "issuer: a header cannot be written");
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            *response.body_mut() = Full::new(Bytes::from(pages::failure().html));
        }
    }
}

fn content_security_policy(form_action: &FormAction) -> String {
    let style = STANDARD.encode(Sha256::digest(pages::STYLE.as_bytes()));
    let form_action = form_action.sources();
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests;
