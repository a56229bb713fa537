//! HTTP: from a request to the endpoint that answers it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use keyfront_dev_ground::listener::Listener;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::access::{check_own_form, check_peer};
use super::authorization_endpoint::AuthorizationResponse;
use super::issuer::Issuer;
use super::logout_endpoint::LoggedOut;
use super::pages;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::request_body::{BodyError, receive};
use super::response::{self, IssuerResponse};
use super::route::Route;
use super::session_cookie;
use super::token_error::TokenError;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of headers, the query among them.
const MAX_HEAD: u32 = 64 * 1024;

/// Serves `issuer` on `listener` until `stop`; requests under way have five seconds to finish. The listener must be on
/// loopback: other peers are refused.
pub async fn serve(listener: TcpListener, issuer: Arc<Issuer>, stop: CancellationToken) {
    let answer = move |request: Request<Incoming>, peer: SocketAddr| {
        let issuer = Arc::clone(&issuer);
        async move {
            let answered = answer(&issuer, request, peer.ip()).await;
            answered.unwrap_or_else(|refusal| response::refused(&refusal))
        }
    };
    Listener::plain("issuer", listener, HEADER_TIMEOUT)
        .with_max_head(MAX_HEAD)
        .serve(answer, stop.cancelled_owned())
        .await;
}

async fn answer(
    issuer: &Issuer,
    request: Request<Incoming>,
    peer: IpAddr,
) -> Result<IssuerResponse, Refusal> {
    check_peer(peer)?;
    let (head, body) = request.into_parts();
    let route = Route::of(head.uri.path())?;
    route.check_method(&head.method)?;
    let parameters = parameters(&head, body).await;
    let session = session_cookie::read(&head.headers);
    match route {
        Route::Metadata => Ok(response::document(&issuer.metadata())),
        Route::Keys => Ok(response::document(&issuer.key_set())),
        Route::Token => Ok(exchange(issuer, &head, parameters)),
        Route::Authorize => {
            let answered = issuer.authorize(&parameters?, session)?;
            Ok(authorization(answered))
        }
        Route::Confirm => {
            check_own_form(&head.headers)?;
            let answered = issuer.confirm(&parameters?, session)?;
            Ok(authorization(answered))
        }
        Route::Logout => Ok(log_out(issuer, &parameters?, session)),
    }
}

async fn parameters(head: &Parts, body: Incoming) -> Result<Parameters, BodyError> {
    if head.method == Method::POST {
        return receive(&head.headers, body).await;
    }
    let query = head.uri.query().unwrap_or_default();
    Ok(Parameters::parse(query.as_bytes()))
}

fn authorization(answered: AuthorizationResponse) -> IssuerResponse {
    match answered {
        AuthorizationResponse::Redirect(location) => response::redirect(&location),
        AuthorizationResponse::LoggedIn { location, session } => {
            let cookie = session_cookie::begin(&session);
            response::with_cookie(response::redirect(&location), &cookie)
        }
        AuthorizationResponse::Login(page) => response::page(StatusCode::OK, page),
        AuthorizationResponse::LoginAgain(page) => response::page(StatusCode::BAD_REQUEST, page),
    }
}

fn exchange(
    issuer: &Issuer,
    head: &Parts,
    parameters: Result<Parameters, BodyError>,
) -> IssuerResponse {
    let exchanged = if head.headers.contains_key(AUTHORIZATION) {
        Err(TokenError::Secret)
    } else {
        let parameters = parameters.map_err(TokenError::from);
        parameters.and_then(|parameters| issuer.exchange(&parameters))
    };
    match exchanged {
        Ok(tokens) => response::document(&tokens),
        Err(error) => response::token_refused(&error),
    }
}

/// The cookie ends as the session does, also where there is no address to go to.
fn log_out(issuer: &Issuer, parameters: &Parameters, session: Option<&str>) -> IssuerResponse {
    let answered = match issuer.log_out(parameters, session) {
        Ok(LoggedOut::Redirect(location)) => response::redirect(&location),
        Ok(LoggedOut::Page) => response::page(StatusCode::OK, pages::logged_out()),
        Err(refusal) => response::refused(&refusal),
    };
    response::with_cookie(answered, &session_cookie::end())
}
