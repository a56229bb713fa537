//! One `POST` of a JSON document with a bearer token. It follows no redirect, which would take the token elsewhere.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;

use crate::doctor::{
    target::Target,
    wire::{Route, Trust, open},
};

/// To connect, and for the whole exchange: a function that starts takes some seconds.
const CONNECT: Duration = Duration::from_secs(15);
const EXCHANGE: Duration = Duration::from_secs(60);
/// Longer than any document of the API's that is read here.
const MAX_ANSWER: usize = 256 * 1024;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

/// Sends a document.
///
/// # Errors
/// There is no whole answer in time; the token is none that a header can hold.
pub(super) async fn post(
    target: &Target,
    token: &str,
    document: &serde_json::Value,
) -> anyhow::Result<Answer> {
    let route = Route {
        host: target.host.clone(),
        port: target.port,
        tls: target.tls.then(|| Trust::new(None)).transpose()?,
        timeout: CONNECT,
    };
    let request = request(target, token, document)?;
    let exchanged = tokio::time::timeout(EXCHANGE, exchange(&route, request)).await;
    exchanged.context("no whole answer within a minute")?
}

fn request(
    target: &Target,
    token: &str,
    document: &serde_json::Value,
) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut bearer = http::HeaderValue::try_from(format!("Bearer {token}"))
        .context("the token has characters that no token has")?;
    bearer.set_sensitive(true);
    let agent = concat!("keyfront/", env!("CARGO_PKG_VERSION"));
    let request = Request::post(target.on_the_wire())
        .header("host", &target.authority)
        .header("user-agent", agent)
        .header("authorization", bearer)
        .header("content-type", "application/json");
    Ok(request.body(Full::from(document.to_string()))?)
}

async fn exchange(route: &Route, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
    let (stream, _) = open(route).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // It ends with its sender.
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!(error).context("the answer breaks off"))?;
    Ok(Answer {
        status: head.status.as_u16(),
        body: body.to_bytes(),
    })
}
