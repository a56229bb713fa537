//! The built Worker verifies signed URLs and cookies itself: what a site protects is served to whoever has a signature
//! for this URL, time and network, and to nobody else.

mod admitted;
mod logins;
mod refused;
mod ways_round;

use std::{
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    stack::AwsCredentials,
    stub_origin::StubOrigin,
    viewer_signer::{Hashing, Signed, ViewerSigner, before, policy},
    wire::Answer,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

const HOST: &str = "www.example.com";
const OBJECT: &str = "http://www.example.com/members/a.txt";
const MEMBERS: &str = "http://www.example.com/members/*";
const PUBLISH: &str = "publishfunction.lambda-url.eu-west-1.on.aws";

static P256: LazyLock<ViewerSigner> = LazyLock::new(|| ViewerSigner::p256("K1ECDSA"));
static RSA: LazyLock<ViewerSigner> = LazyLock::new(|| ViewerSigner::rsa("K2RSA"));

/// A Worker with two keys in front of an origin that answers everything alike.
struct Edge {
    worker: Worker,
    origin: StubOrigin,
}

impl Edge {
    async fn start() -> Self {
        Self::with_cookies(&[]).await
    }

    /// One whose origin sets cookies as well.
    async fn with_cookies(cookies: &[(&str, &str)]) -> Self {
        let headers = [
            ("content-type", "text/plain"),
            ("cache-control", "public, max-age=600"),
            ("etag", "\"1\""),
        ];
        let headers = [&headers, cookies].concat();
        let origin = StubOrigin::answering(200, &headers, "content").await;
        let site = |more: Value| {
            let mut site = json!({
                "v": 1, "bucket": "private-content", "region": "eu-west-1", "endpoint": origin.url, "style": "path",
                "query": ["Key-Pair-Id", "page"], "signing": "sigv4", "index": "index.html",
                "viewers": {"prefixes": ["members/"]},
            });
            for (name, value) in more.as_object().unwrap() {
                site[name] = value.clone();
            }
            site
        };
        let entry = |host: &str, more: Value| {
            json!({
                "match": {"host": host}, "site": site(more), "viewers": {"keys": [P256.document(), RSA.document()]},
            })
        };
        let function =
            |prefix: &str| json!({"prefix": prefix, "host": PUBLISH, "region": "eu-west-1"});
        let mut logging_in = entry(
            "logins.example.com",
            json!({"publish": function("/_publish")}),
        );
        logging_in["viewers"]["logins"] = true.into();
        let logins = json!({
            "match": {"host": "logins.example.com", "prefix": "/_viewer"}, "site": site(json!({"publish": function("/_viewer")})),
        });
        let without_keys = |host: &str, serves: Value| json!({"match": {"host": host}, "site": site(json!({"viewers": serves}))});
        let document = json!({"v": 1, "sites": [
            entry(HOST, json!({
                "publish": {"prefix": "/_publish", "host": PUBLISH, "region": "eu-west-1"},
                "cors": [{"origins": ["https://app.example.com"]}],
            })),
            logging_in,
            logins,
            entry("app.example.com", json!({"fallback": "members/app.html"})),
            entry("merging.example.com", json!({"slashes": "merge"})),
            entry("page.example.com", json!({"not_found": "members/404.html", "path": "docs/"})),
            without_keys("closed.example.com", json!({"prefixes": ["members/"]})),
            without_keys("copied.example.com", json!({"prefixes": ["members/"], "serves": "*"})),
        ]});
        Self {
            worker: worker(&document, &origin),
            origin,
        }
    }

    async fn send(&self, method: Method, target: &str, headers: &[(&str, &str)]) -> Answer {
        let host = [("host", HOST)];
        let names_host = headers.iter().any(|(name, _)| *name == "host");
        let headers = [if names_host { &[][..] } else { &host[..] }, headers].concat();
        let wire = self.worker.wire();
        wire.send(method, target, &headers, Bytes::new()).await
    }

    async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, target, headers).await
    }

    /// Status and code of a GET; 200 has none.
    async fn outcome(&self, target: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let answer = self.get(target, headers).await;
        let status = answer.status.as_u16();
        let code = if status < 400 {
            String::new()
        } else {
            assert_eq!(answer.header("cache-control"), "no-store", "{target}");
            answer.code()
        };
        (status, code)
    }

    /// Reads until an answer comes without the origin: a copy is kept behind the answer.
    async fn until_kept(&self, target: &str, headers: &[(&str, &str)]) {
        for _ in 0..200 {
            let asked = self.origin.requests().len();
            assert_eq!(self.get(target, headers).await.status, 200, "{target}");
            if self.origin.requests().len() == asked {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{target} was never kept");
    }
}

/// A Worker with this document, whose function and bucket are this origin.
fn worker(document: &Value, origin: &StubOrigin) -> Worker {
    let credentials = AwsCredentials {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "secret-access-key".to_owned(),
        session_token: None,
    };
    let config = WorkerConfig::default()
        .with_sites(document)
        .with_credentials(&credentials)
        .with_host(PUBLISH, &origin.url)
        .with_host(origin.url.trim_start_matches("http://"), &origin.url);
    Worker::start(&config)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// In ten minutes.
fn later() -> u64 {
    now() + 600
}

fn canned() -> Signed {
    P256.canned(OBJECT, later(), Hashing::SHA256)
}

fn members() -> Signed {
    P256.custom(&policy(MEMBERS, &before(later())), Hashing::SHA256)
}

const LOGIN: (u16, &str) = (401, "login-required");
const DENIED: (u16, &str) = (403, "viewer-denied");
const SERVED: (u16, &str) = (200, "");

/// A request and what it comes to.
struct Row {
    name: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    expected: (u16, &'static str),
}

fn row(name: &'static str, target: &str, expected: (u16, &'static str)) -> Row {
    Row {
        name,
        target: target.to_owned(),
        headers: Vec::new(),
        expected,
    }
}

/// With a signed URL.
fn by_url(name: &'static str, path: &str, signed: &Signed, expected: (u16, &'static str)) -> Row {
    let mark = if path.contains('?') { '&' } else { '?' };
    row(name, &format!("{path}{mark}{}", signed.query()), expected)
}

/// With signed cookies.
fn by_cookies(
    name: &'static str,
    path: &str,
    signed: &Signed,
    expected: (u16, &'static str),
) -> Row {
    row(name, path, expected).with("cookie", &signed.cookies())
}

impl Row {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What a row came to, if it is not what it says.
async fn failures(edge: &Edge, rows: Vec<Row>) -> Vec<String> {
    let mut failures = Vec::new();
    for row in rows {
        let headers: Vec<(&str, &str)> = row
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let asked = edge.origin.requests().len();
        let (status, code) = edge.outcome(&row.target, &headers).await;
        let refused_behind = row.expected.0 >= 400 && edge.origin.requests().len() > asked;
        if (status, code.as_str()) != row.expected || refused_behind {
            let path = row.target.split('?').next().unwrap();
            failures.push(format!("{} {path}: {status} {code}", row.name));
        }
    }
    failures
}

/// What a request line asks for.
fn request_target(head: &str) -> String {
    head.split(' ').nth(1).unwrap().to_owned()
}
