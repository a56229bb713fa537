//! Connections to AWS that report what they wait for: after a few seconds the host that has not answered, and
//! an attempt without one says whom it called, why, and what to look at.
//!
//! One place for the SDK's clients of all services. Whether another attempt follows is the SDK's to say.

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use keyfront_cli::report::note;
use keyfront_names::host;

/// After so long without an answer a person reads what is waited for.
const FIRST_WORD: Duration = Duration::from_secs(4);

/// An attempt had no answer.
#[derive(Debug, thiserror::Error)]
#[error("{authority} does not respond: {cause}; {}", advice(authority))]
pub(super) struct NoAnswer {
    /// Whom it called: host, and port if it is not the scheme's.
    authority: String,
    /// The innermost cause.
    cause: String,
    source: Box<dyn Error + Send + Sync>,
}

fn advice(authority: &str) -> &'static str {
    match host::is_loopback(host::split_port(authority).0) {
        true => "is `keyfront dev` running there?",
        false => "check the network, the Region, and AWS_ENDPOINT_URL if it is set",
    }
}

/// The client of every service.
pub(crate) fn http_client() -> SharedHttpClient {
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    SharedHttpClient::new(Connections {
        client,
        reporter: WaitReporter::default(),
    })
}

#[derive(Debug)]
struct Connections {
    client: SharedHttpClient,
    reporter: WaitReporter,
}

impl HttpClient for Connections {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connection {
            connector: self.client.http_connector(settings, components),
            reporter: self.reporter.clone(),
        })
    }
}

#[derive(Debug)]
struct Connection {
    connector: SharedHttpConnector,
    reporter: WaitReporter,
}

impl HttpConnector for Connection {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().parse::<http::Uri>().ok();
        let authority = uri.as_ref().and_then(http::Uri::authority);
        let authority = authority.map_or_else(|| "the server".to_owned(), ToString::to_string);
        let reporter = self.reporter.clone();
        let mut call = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let answer = match tokio::time::timeout(FIRST_WORD, &mut call).await {
                Ok(answer) => answer,
                Err(_) => {
                    reporter.now(&authority, || format!("waiting for {authority}"));
                    call.await
                }
            };
            answer.map_err(|error| explained(error, authority, &reporter))
        })
    }
}

/// The same kind of error, which decides about further attempts, with a source for people.
fn explained(error: ConnectorError, authority: String, reporter: &WaitReporter) -> ConnectorError {
    let connection = error.connection_metadata().cloned();
    let (is_timeout, is_io, other) = (error.is_timeout(), error.is_io(), error.as_other());
    if !is_timeout && !is_io {
        return error;
    }
    let source = error.into_source();
    let source = NoAnswer {
        cause: innermost(&*source),
        source,
        authority,
    };
    reporter.after(FIRST_WORD, &source.authority, || format!("{source}"));
    let explained = match (is_timeout, other) {
        (true, _) => ConnectorError::timeout(source.into()),
        (false, Some(kind)) => ConnectorError::other(source.into(), Some(kind)),
        (false, None) => ConnectorError::io(source.into()),
    };
    match connection {
        Some(connection) => explained.with_connection(connection),
        None => explained,
    }
}

pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// What an error's chain says of an attempt without an answer.
pub(super) fn no_answer<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e NoAnswer> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The hosts that do not answer, since when, and whether that was reported: once each.
#[derive(Debug, Clone, Default)]
struct WaitReporter(Arc<Mutex<HashMap<String, Outage>>>);

#[derive(Debug)]
struct Outage {
    since: Instant,
    reported: bool,
}

impl WaitReporter {
    /// Says it at once.
    fn now(&self, authority: &str, text: impl FnOnce() -> String) {
        self.after(Duration::ZERO, authority, text);
    }

    /// Says it unless the outage is young: a command that ends soon says it in its error.
    fn after(&self, age: Duration, authority: &str, text: impl FnOnce() -> String) {
        let mut outages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outage = outages
            .entry(authority.to_owned())
            .or_insert_with(|| Outage {
                since: Instant::now(),
                reported: false,
            });
        if !outage.reported && outage.since.elapsed() >= age {
            outage.reported = true;
            note(text());
        }
    }
}
