//! Speaking to origins: the table from host names to loopback ports, pooled connections, the read timeout.
//!
//! Knows nothing of caching or functions. Origins are spoken to in plain HTTP/1.1 whatever protocol the distribution
//! says: TLS between two loopback ports would test nothing of ours.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::{self, Body, BodyError};
use super::error::CdnError;
use super::refusal::Refusal;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Which loopback port answers for a host name. No name outside the table is ever resolved.
#[derive(Debug, Clone, Default)]
pub struct OriginTable(BTreeMap<String, SocketAddr>);

impl OriginTable {
    /// No origins.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a host, or with a leading `*.` every name below it. Hosts are compared without regard to case.
    #[must_use]
    pub fn with(mut self, host: &str, address: SocketAddr) -> Self {
        self.0.insert(host.to_ascii_lowercase(), address);
        self
    }

    fn resolve(&self, host: &str) -> Option<SocketAddr> {
        let host = host.to_ascii_lowercase();
        if let Some(address) = self.0.get(&host) {
            return Some(*address);
        }
        let mut rest = host.as_str();
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(address) = self.0.get(&format!("*.{parent}")) {
                return Some(*address);
            }
            rest = parent;
        }
        None
    }

    /// As a JSON object, for the functions' own calls.
    pub(super) fn as_json(&self) -> String {
        let places: serde_json::Map<_, _> = self
            .0
            .iter()
            .map(|(host, address)| (host.clone(), address.to_string().into()))
            .collect();
        serde_json::Value::Object(places).to_string()
    }

    pub(super) fn validate(&self) -> Result<(), CdnError> {
        match self.0.iter().find(|(_, addr)| !addr.ip().is_loopback()) {
            None => Ok(()),
            Some((host, address)) => Err(CdnError::Distribution {
                reason: format!("origin `{host}` is at {address}, which is not this machine"),
            }),
        }
    }
}

/// The origins, and the connections to them.
#[derive(Clone)]
pub(super) struct Origins {
    table: OriginTable,
    client: Client<HttpConnector, Body>,
}

/// A request as it goes on the wire.
pub(super) struct OriginRequest<'a> {
    pub(super) domain_name: &'a str,
    pub(super) method: Method,
    /// Path and query, as they are to be sent.
    pub(super) target: &'a str,
    /// `host` included.
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) read_timeout: Duration,
}

impl Origins {
    pub(super) fn new(table: OriginTable) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .build(connector);
        Self { table, client }
    }

    /// Which hosts are where.
    pub(super) fn table(&self) -> &OriginTable {
        &self.table
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(
        &self,
        request: OriginRequest<'_>,
    ) -> Result<Response<Incoming>, Refusal> {
        let address = self
            .table
            .resolve(request.domain_name)
            .ok_or_else(|| Refusal::OriginUnknown(request.domain_name.to_owned()))?;
        let uri: Uri = format!("http://{address}{}", request.target)
            .parse()
            .map_err(|_| Refusal::TargetInvalid)?;
        // CloudFront tries more than once; only what is safe to repeat is repeated here.
        let repeatable = matches!(request.method, Method::GET | Method::HEAD);
        let second = repeatable.then(|| {
            message(
                request.method.clone(),
                uri.clone(),
                request.headers.clone(),
                body::empty(),
            )
        });
        let first = message(request.method, uri, request.headers, request.body);
        match (self.attempt(first, request.read_timeout).await, second) {
            (Err(Refusal::OriginUnreachable(reason)), Some(second)) => {
                tracing::debug!(reason, "retrying the request to the origin");
                self.attempt(second, request.read_timeout).await
            }
            (outcome, _) => outcome,
        }
    }

    async fn attempt(
        &self,
        request: Request<Body>,
        read_timeout: Duration,
    ) -> Result<Response<Incoming>, Refusal> {
        match tokio::time::timeout(read_timeout, self.client.request(request)).await {
            Err(_) => Err(Refusal::OriginTimeout(read_timeout)),
            Ok(Err(cause)) if is_the_viewers(&cause) => Err(Refusal::BodyInvalid(chain(&cause))),
            Ok(Err(cause)) => Err(Refusal::OriginUnreachable(chain(&cause))),
            Ok(Ok(answer)) => Ok(answer),
        }
    }
}

fn message(method: Method, uri: Uri, headers: HeaderMap, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

/// Whether an exchange failed because the body that was passed on did.
fn is_the_viewers(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| matches!(cause.downcast_ref(), Some(BodyError::Viewer(_))))
}

/// The client's own words end before the part that helps ("client error (Connect)").
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_resolve_by_name_then_by_wildcard_and_never_elsewhere() {
        let port = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let table = OriginTable::new()
            .with("Media.s3.eu-west-1.amazonaws.com", port(1))
            .with("*.lambda-url.eu-west-1.on.aws", port(2));
        assert_eq!(
            table.resolve("media.S3.eu-west-1.amazonaws.com"),
            Some(port(1))
        );
        assert_eq!(
            table.resolve("abc.lambda-url.eu-west-1.on.aws"),
            Some(port(2))
        );
        assert_eq!(table.resolve("lambda-url.eu-west-1.on.aws"), None);
        assert_eq!(table.resolve("example.com"), None);
    }

    #[test]
    fn origin_outside_this_machine_is_refused() {
        let table = OriginTable::new().with("example.com", SocketAddr::from(([192, 0, 2, 1], 80)));
        assert!(table.validate().is_err());
    }
}
