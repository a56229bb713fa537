//! What `/_viewer/*` of the content's host leads to: logins, sessions, and their pages. Of no request `Host` is believed.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{Html, IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE,
    },
};
use keyfront_origin_core::viewing::{
    LOGIN_COOKIE, Page, RememberedSession, ReturnPath, SESSION_COOKIE, cookie_named,
    expired_folder_cookies, expired_login_cookie, expired_session_cookie, folder_cookie,
    session_cookie,
};
use keyfront_viewers::login_page;
use serde::Deserialize;

use super::{
    query::Parameters, refusal::Refusal, viewer::ViewerToken, viewer_folders::ViewerFolders,
};
use crate::{
    error::Error,
    origin::Origin,
    viewer_logins::{Begun, Finished, ViewerSession},
};

/// What `/login` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginQuery {
    /// Where the viewer goes afterwards.
    #[serde(default)]
    to: String,
    /// The id of an issuer; unless given, the one of the browser's last session, or else the policy's first.
    issuer: Option<String>,
}

/// What `/session` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionQuery {
    /// In what form the session comes.
    #[serde(default, rename = "as")]
    form: SessionForm,
    /// A path that shall be among what is granted, where that is more than one session holds.
    #[serde(default)]
    path: String,
}

/// In what form a session comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SessionForm {
    /// Cookies are set.
    #[default]
    Cookies,
    /// For URLs: a query for each folder, and no cookie.
    Query,
}

/// Sends a browser to the issuer. One that was logged in before is asked for nothing, if the issuer still knows it.
pub(super) async fn login(
    State(origin): State<Arc<Origin>>,
    Parameters(query): Parameters<LoginQuery>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let logins = origin.logins()?;
    let (issuer, to) = (query.issuer.as_deref(), ReturnPath::from(query.to));
    let begun = logins.begin(issuer, &remembered(&headers), to).await?;
    Ok(going(&begun)?)
}

/// Takes a browser back from the issuer.
pub(super) async fn callback(
    State(origin): State<Arc<Origin>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let logins = origin.logins()?;
    let pending = cookie(&headers, LOGIN_COOKIE);
    let finished = logins.finish(uri.query().unwrap_or_default(), pending);
    let mut response = match finished.await? {
        Finished::Again(begun) => return Ok(going(&begun)?),
        Finished::LoggedIn { session, to } => {
            let mut response = redirect(to.as_str())?;
            set_session(&mut response, &session, &headers)?;
            response
        }
        Finished::Denied { nothing, session } => {
            let mut response = page(Page::Denied(&nothing))?;
            set_session(&mut response, &session, &headers)?;
            response
        }
        Finished::Refused(refusal, to) => page(Page::Failed(refusal, &to))?,
    };
    append(&mut response, SET_COOKIE, &expired_login_cookie())?;
    Ok(response)
}

/// Exchanges the token that an application has of its user.
pub(super) async fn session(
    State(origin): State<Arc<Origin>>,
    Parameters(query): Parameters<SessionQuery>,
    ViewerToken(token): ViewerToken,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let session = origin.logins()?.session(&token, &query.path).await?;
    let response = match query.form {
        SessionForm::Query => Json(ViewerFolders::with_queries(&session)).into_response(),
        SessionForm::Cookies => {
            let mut response = Json(ViewerFolders::with_cookies(&session)).into_response();
            set_session(&mut response, &session, &headers)?;
            response
        }
    };
    Ok(unstored(response))
}

/// Takes a browser's cookies away, and sends it to the issuer's logout, if there is one.
pub(super) async fn logout(
    State(origin): State<Arc<Origin>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let session = remembered(&headers);
    let issuers = origin.logins()?.logout_url(&session).await;
    // Where a policy that cannot be read hides the issuer's logout, the cookies go all the same.
    let issuers = issuers.unwrap_or_else(|error| {
        tracing::warn!(%error, "a logout does not go on to the issuer's");
        None
    });
    let mut response = redirect(issuers.as_deref().unwrap_or("/_viewer/logged-out"))?;
    for cookie in session.folders().flat_map(expired_folder_cookies) {
        append(&mut response, SET_COOKIE, &cookie)?;
    }
    for cookie in [expired_session_cookie(), expired_login_cookie()] {
        append(&mut response, SET_COOKIE, &cookie)?;
    }
    Ok(response)
}

/// The page that stands in for what is refused.
pub(super) async fn login_required() -> Result<Response, Refusal> {
    let mut response = page(Page::LoginRequired)?;
    append(&mut response, WWW_AUTHENTICATE, login_page::CHALLENGE)?;
    Ok(response)
}

/// Where a logout ends.
pub(super) async fn logged_out() -> Result<Response, Refusal> {
    Ok(page(Page::LoggedOut)?)
}

fn set_session(
    response: &mut Response,
    session: &ViewerSession,
    headers: &HeaderMap,
) -> Result<(), Error> {
    let folders = &session.folders;
    // What an earlier session set for other folders would contradict this one's, or outlive its rule.
    let earlier = remembered(headers);
    let others = earlier
        .folders()
        .filter(|other| folders.iter().all(|signed| signed.folder != *other));
    for cookie in others.flat_map(expired_folder_cookies) {
        append(response, SET_COOKIE, &cookie)?;
    }
    for signed in folders {
        for cookie in &signed.cookies {
            let cookie = folder_cookie(&signed.folder, cookie, signed.seconds);
            append(response, SET_COOKIE, &cookie)?;
        }
    }
    let folders = folders.iter().map(|signed| signed.folder.as_str());
    append(
        response,
        SET_COOKIE,
        &session_cookie(&session.issuer, folders),
    )
}

fn going(begun: &Begun) -> Result<Response, Error> {
    let mut response = redirect(&begun.location)?;
    append(&mut response, SET_COOKIE, &begun.cookie)?;
    Ok(response)
}

fn redirect(location: &str) -> Result<Response, Error> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    append(&mut response, LOCATION, location)?;
    Ok(unstored(response))
}

/// Always 200: in the place of an error that is no problem document the edge shows its own, and of a 403 the CDN another page.
fn page(page: Page<'_>) -> Result<Response, Error> {
    let mut response = Html(page.html()).into_response();
    let policy = page.content_security_policy();
    append(&mut response, CONTENT_SECURITY_POLICY, policy)?;
    Ok(unstored(response))
}

fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn append(response: &mut Response, name: HeaderName, value: &str) -> Result<(), Error> {
    // What is put here is made of what headers may hold.
    let value = HeaderValue::from_str(value).map_err(|_| Error::Internal)?;
    response.headers_mut().append(name, value);
    Ok(())
}

fn remembered(headers: &HeaderMap) -> RememberedSession<'_> {
    cookie(headers, SESSION_COOKIE).map_or_else(RememberedSession::default, RememberedSession::read)
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter();
    cookie_named(lines.filter_map(|line| line.to_str().ok()), name)
}
