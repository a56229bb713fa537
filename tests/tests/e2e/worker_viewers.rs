//! The built Worker verifies signed URLs and cookies itself: what a site protects is served to whoever has a signature
//! for this URL, time and network, and to nobody else.

use std::{
    collections::BTreeMap,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    stack::AwsCredentials,
    stub_origin::StubOrigin,
    viewer_signer::{Hashing, Signed, ViewerSigner, before, encoded, policy},
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
        let headers = [
            ("content-type", "text/plain"),
            ("cache-control", "public, max-age=600"),
            ("etag", "\"1\""),
        ];
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
        let without_keys = |host: &str, serves: Value| json!({"match": {"host": host}, "site": site(json!({"viewers": serves}))});
        let document = json!({"v": 1, "sites": [
            entry(HOST, json!({
                "publish": {"prefix": "/_publish", "host": PUBLISH, "region": "eu-west-1"},
                "cors": [{"origins": ["https://app.example.com"]}],
            })),
            entry("app.example.com", json!({"fallback": "members/app.html"})),
            entry("merging.example.com", json!({"slashes": "merge"})),
            entry("page.example.com", json!({"not_found": "members/404.html", "path": "docs/"})),
            without_keys("closed.example.com", json!({"prefixes": ["members/"]})),
            without_keys("copied.example.com", json!({"prefixes": ["members/"], "serves": "*"})),
        ]});
        let credentials = AwsCredentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "secret-access-key".to_owned(),
            session_token: None,
        };
        let config = WorkerConfig::default()
            .with_sites(&document)
            .with_credentials(&credentials)
            .with_host(PUBLISH, &origin.url)
            .with_host(origin.url.trim_start_matches("http://"), &origin.url);
        let worker = Worker::start(&config);
        Self { worker, origin }
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

#[tokio::test(flavor = "multi_thread")]
async fn signed_urls_and_cookies_of_every_kind_open_a_protected_object() {
    let edge = Edge::start().await;
    let anonymous = edge.get("/members/a.txt", &[]).await;

    assert_eq!(
        (anonymous.status.as_u16(), anonymous.code().as_str()),
        LOGIN
    );
    assert_eq!(anonymous.header("cache-control"), "no-store");
    assert!(!anonymous.header("www-authenticate").is_empty());
    assert_eq!(edge.origin.requests(), Vec::<String>::new());
    assert_eq!(edge.get("/public.txt", &[]).await.status, 200);

    let labelled = Hashing {
        label: Some("SHA1"),
        ..Hashing::SHA1
    };
    let mut rows = Vec::new();
    for signer in [&*P256, &*RSA] {
        for hashing in [Hashing::SHA256, Hashing::SHA1, labelled] {
            let canned = signer.canned(OBJECT, later(), hashing);
            let custom = signer.custom(&policy(MEMBERS, &before(later())), hashing);
            // Twice: the second time the signature has been verified before.
            for _ in 0..2 {
                let path = "/members/a.txt";
                rows.push(by_url("canned URL", path, &canned, SERVED));
                rows.push(by_url("custom URL", path, &custom, SERVED));
                rows.push(by_cookies("canned cookies", path, &canned, SERVED));
                rows.push(by_cookies("custom cookies", path, &custom, SERVED));
            }
        }
    }
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
    let head = format!("/members/a.txt?{}", canned().query());
    assert_eq!(edge.send(Method::HEAD, &head, &[]).await.status, 200);
    let head = edge.send(Method::HEAD, "/members/a.txt", &[]).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (401, 0));
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn a_signature_that_is_not_for_the_request_opens_nothing() {
    let edge = Edge::start().await;
    let path = "/members/a.txt";
    let good = canned();
    let stranger = ViewerSigner::p256(P256.id).canned(OBJECT, later(), Hashing::SHA256);
    let ended = P256.canned(OBJECT, now() - 1, Hashing::SHA256);
    let (until, query) = (later(), "http://www.example.com/members/a.txt?page=2");
    let with_query = P256.canned(query, until, Hashing::SHA256);
    let conditions = |more: &str| policy(OBJECT, &format!("{}{more}", before(until)));
    let custom = |policy: &str| P256.custom(policy, Hashing::SHA256);
    let future = custom(&conditions(&format!(
        r#","DateGreaterThan":{{"AWS:EpochTime":{until}}}"#
    )));
    let network = custom(&conditions(
        r#","IpAddress":{"AWS:SourceIp":"192.0.2.0/24"}"#,
    ));
    let rows = vec![
        by_url("the good one", path, &good, SERVED),
        by_url("a stranger's key under a known id", path, &stranger, DENIED),
        by_url(
            "an unknown key",
            path,
            &good.clone().with("Key-Pair-Id", "K9"),
            DENIED,
        ),
        by_url(
            "the other key's id",
            path,
            &good.clone().with("Key-Pair-Id", RSA.id),
            DENIED,
        ),
        by_url("another object", "/members/b.txt", &good, DENIED),
        by_url("another host", path, &good, DENIED).with("host", "app.example.com"),
        by_url(
            "a query that was not signed",
            "/members/a.txt?page=2",
            &good,
            DENIED,
        ),
        by_url(
            "the query that was signed",
            "/members/a.txt?page=2",
            &with_query,
            SERVED,
        ),
        by_url(
            "another query than was signed",
            "/members/a.txt?page=3",
            &with_query,
            DENIED,
        ),
        by_url("no query where one was signed", path, &with_query, DENIED),
        by_url("over", path, &ended, LOGIN),
        by_cookies("over, by cookies", path, &ended, LOGIN),
        by_url(
            "a later end than was signed",
            path,
            &good.clone().with("Expires", "2000000000"),
            DENIED,
        ),
        by_url("not begun", path, &future, DENIED),
        by_url("no address", path, &network, DENIED),
        by_url("another network", path, &network, DENIED).with("cf-connecting-ip", "198.51.100.7"),
        by_url("IPv6", path, &network, DENIED).with("cf-connecting-ip", "2001:db8::7"),
        by_url("two addresses", path, &network, DENIED)
            .with("cf-connecting-ip", "192.0.2.7, 192.0.2.7"),
        by_url("its network", path, &network, SERVED).with("cf-connecting-ip", "192.0.2.7"),
        by_cookies("a name beside the folder", "/members", &members(), SERVED),
        by_cookies("their own folder", path, &members(), SERVED),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
    // What the log says of a denial, the viewer is not shown.
    let answer = edge
        .get(&format!("/members/b.txt?{}", good.query()), &[])
        .await;
    let line = edge
        .worker
        .logged(answer.header("x-keyfront-request-id"))
        .await;
    assert!(
        line.contains("keyfront viewer-denied") && line.contains("does not match"),
        "{line}"
    );
    assert!(!line.contains(good.value("Signature")), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn what_two_readers_could_take_differently_opens_nothing() {
    let edge = Edge::start().await;
    let path = "/members/a.txt";
    let good = canned();
    let until = before(later());
    let one = format!(r#"{{"Resource":"{OBJECT}","Condition":{{{until}}}}}"#);
    let custom = |policy: &str| P256.custom(policy, Hashing::SHA256);
    let sha1 = P256.canned(OBJECT, later(), Hashing::SHA1);
    let star = P256.canned(MEMBERS, later(), Hashing::SHA256);
    let rsa = RSA.canned(OBJECT, later(), Hashing::SHA256);
    let standard = rsa.value("Signature").replace('_', "=");
    let escaped = rsa.value("Signature").replace('_', "%5F");
    let twice = format!("{path}?{}&Expires={}", good.query(), good.value("Expires"));
    let long = format!("padding={}; {}", "x".repeat(8_192), members().cookies());
    let bare = encoded(b"{}");
    let rows = vec![
        by_url(
            "a SHA-1 label over SHA-256",
            path,
            &good.clone().with("Hash-Algorithm", "SHA1"),
            DENIED,
        ),
        by_url(
            "no label over SHA-256",
            path,
            &good.clone().without("Hash-Algorithm"),
            DENIED,
        ),
        by_url(
            "a SHA-256 label over SHA-1",
            path,
            &sha1.clone().with("Hash-Algorithm", "SHA256"),
            DENIED,
        ),
        by_url("SHA-1 without a label", path, &sha1, SERVED),
        by_url(
            "another hash",
            path,
            &good.clone().with("Hash-Algorithm", "SHA512"),
            DENIED,
        ),
        by_url(
            "two statements",
            path,
            &custom(&format!(r#"{{"Statement":[{one},{one}]}}"#)),
            DENIED,
        ),
        by_url("no statement", path, &custom(r#"{"Statement":[]}"#), DENIED),
        by_url(
            "a field twice",
            path,
            &custom(&policy(OBJECT, &format!("{until},{until}"))),
            DENIED,
        ),
        by_url(
            "a resource twice",
            path,
            &custom(&format!(
                r#"{{"Statement":[{{"Resource":"{OBJECT}","Resource":"*","Condition":{{{until}}}}}]}}"#
            )),
            DENIED,
        ),
        by_url(
            "an unknown condition",
            path,
            &custom(&policy(
                OBJECT,
                &format!(r#"{until},"StringLike":{{"aws:UserAgent":"*"}}"#),
            )),
            DENIED,
        ),
        by_url("no end", path, &custom(&policy(OBJECT, "")), DENIED),
        by_url(
            "a canned policy over a wildcard",
            "/members/*",
            &star,
            DENIED,
        ),
        by_url(
            "canned and custom",
            path,
            &good.clone().with("Policy", &bare),
            DENIED,
        ),
        row("a value twice", &twice, DENIED),
        by_url(
            "without its signature",
            path,
            &good.clone().without("Signature"),
            DENIED,
        ),
        by_url(
            "without its key",
            path,
            &good.clone().without("Key-Pair-Id"),
            DENIED,
        ),
        by_url(
            "without its end",
            path,
            &good.clone().without("Expires"),
            DENIED,
        ),
        by_url("the good RSA signature", path, &rsa, SERVED),
        by_url(
            "standard base64",
            path,
            &rsa.clone().with("Signature", &standard),
            DENIED,
        ),
        by_url(
            "escaped base64",
            path,
            &rsa.clone().with("Signature", &escaped),
            DENIED,
        ),
        by_url(
            "ended by a URL, in force by cookies",
            path,
            &P256.canned(OBJECT, 1, Hashing::SHA256),
            LOGIN,
        )
        .with("cookie", &members().cookies()),
        row(
            "half a URL beside cookies",
            &format!("{path}?Expires=1"),
            DENIED,
        )
        .with("cookie", &members().cookies()),
        by_url("a good URL beside bad cookies", path, &good, SERVED)
            .with("cookie", "CloudFront-Policy=x"),
        row("8 KB of cookies", path, DENIED).with("cookie", &long),
        by_cookies("cookies in two headers", path, &members(), DENIED)
            .with("cookie", "CloudFront-Expires=1"),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn no_spelling_of_a_path_leads_past_the_verification() {
    let edge = Edge::start().await;
    let at = |path: &str| {
        P256.canned(
            &format!("http://www.example.com{path}"),
            later(),
            Hashing::SHA256,
        )
    };
    let cookies = members().cookies();
    let mut rows = Vec::new();
    for path in [
        "/members/a.txt",
        "/members/",
        "/%6Dembers/a.txt",
        "/members%2Fa.txt",
        "/members%2fa.txt",
        "/public/../members/a.txt",
        "/_share/members/a.txt",
        "/_share/public.txt",
        "/_share/",
        "/%5Fshare/public.txt",
        "/_share%2Fpublic.txt",
        "/members/a.txt?Policy",
        "/members/a.txt?policy=x",
    ] {
        let expected = if path.contains("?Policy") {
            DENIED
        } else {
            LOGIN
        };
        rows.push(row("unsigned", path, expected));
    }
    for path in ["/users/1", "/members/x"] {
        rows.push(row("a fallback that is protected", path, LOGIN).with("host", "app.example.com"));
    }
    for (path, expected) in [
        // Other keys, which nothing protects.
        ("//members/a.txt", SERVED),
        ("/Members/a.txt", SERVED),
        ("/members", SERVED),
        ("/public/%2e%2e/members/a.txt", (400, "path-invalid")),
        ("/members/%00", (400, "path-invalid")),
    ] {
        rows.push(row("another key", path, expected));
    }
    rows.push(
        row("merged slashes", "//members/a.txt", (301, "")).with("host", "merging.example.com"),
    );
    // A page for what is missing that is protected is shown to nobody.
    rows.push(
        row("a protected page", "/nothing", (404, "not-found")).with("host", "page.example.com"),
    );
    for path in [
        "/%6Dembers/a.txt",
        "/members%2Fa.txt",
        "/_share/members/a.txt",
    ] {
        rows.push(row("cookies of another spelling", path, DENIED).with("cookie", &cookies));
        rows.push(by_url("a URL of this spelling", path, &at(path), SERVED));
    }
    rows.push(by_url(
        "shared",
        "/_share/public.txt",
        &at("/_share/public.txt"),
        SERVED,
    ));
    rows.push(by_url(
        "a folder's index",
        "/members/",
        &at("/members/"),
        SERVED,
    ));
    rows.push(row("cookies and the index", "/members/", SERVED).with("cookie", &cookies));
    let failures = failures(&edge, rows).await;
    assert_eq!(failures, Vec::<String>::new());
    let paths: Vec<String> = edge
        .origin
        .requests()
        .iter()
        .map(|head| request_target(head))
        .collect();
    let read = |path: &str| {
        paths
            .iter()
            .any(|asked| asked == &format!("/private-content/{path}"))
    };
    assert!(
        read("public.txt") && read("members/index.html"),
        "{paths:?}"
    );
}

/// What a request line asks for.
fn request_target(head: &str) -> String {
    head.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_object_is_given_to_nobody_unverified() {
    let edge = Edge::start().await;
    let target = format!("/members/a.txt?{}", canned().query());
    edge.until_kept(&target, &[]).await;
    let asked = edge.origin.requests().len();
    let cookies = members().cookies();
    let stranger = ViewerSigner::p256(P256.id).canned(OBJECT, later(), Hashing::SHA256);
    let ended = P256.canned(OBJECT, now() - 1, Hashing::SHA256);
    let rows = vec![
        row("unsigned", "/members/a.txt", LOGIN),
        row("unsigned, shared", "/_share/members/a.txt", LOGIN),
        by_url("a stranger's", "/members/a.txt", &stranger, DENIED),
        by_url("over", "/members/a.txt", &ended, LOGIN),
        row("conditional", "/members/a.txt", LOGIN).with("if-none-match", "\"1\""),
        row("a range", "/members/a.txt", LOGIN).with("range", "bytes=0-1"),
        row("another viewer's cookies", "/members/a.txt", SERVED).with("cookie", &cookies),
        row("another host", "/members/a.txt", DENIED).with("host", "closed.example.com"),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
    assert_eq!(
        edge.origin.requests().len(),
        asked,
        "the cache answered whoever was admitted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_without_keys_serves_what_it_protects_to_nobody() {
    let edge = Edge::start().await;
    for host in ["closed.example.com", "copied.example.com"] {
        let url = format!("http://{host}/members/a.txt");
        let signed = P256.canned(&url, later(), Hashing::SHA256);
        let rows = vec![
            row("unsigned", "/members/a.txt", DENIED).with("host", host),
            by_url("signed", "/members/a.txt", &signed, DENIED).with("host", host),
            row("shared", "/_share/a.txt", DENIED).with("host", host),
            row("public", "/a.txt", SERVED).with("host", host),
        ];
        assert_eq!(failures(&edge, rows).await, Vec::<String>::new(), "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_credential_blocks_no_public_object() {
    let edge = Edge::start().await;
    let ended = P256.canned(OBJECT, 1, Hashing::SHA256);
    let stranger = ViewerSigner::p256(P256.id).canned(OBJECT, later(), Hashing::SHA256);
    let long = "x".repeat(9_000);
    let rows = vec![
        by_url("over", "/public.txt", &ended, SERVED),
        by_url("a stranger's", "/public.txt", &stranger, SERVED),
        by_cookies("cookies that are over", "/public.txt", &ended, SERVED),
        row("half a URL", "/public.txt?Expires=x&Signature", SERVED),
        row("long cookies", "/public.txt", SERVED).with("cookie", &long),
    ];
    assert_eq!(failures(&edge, rows).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_answered_to_those_who_are_admitted() {
    let edge = Edge::start().await;
    let headers = [
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "GET"),
    ];
    let signed = format!("/members/a.txt?{}", canned().query());
    for (target, status) in [
        ("/public.txt", 204),
        ("/members/a.txt", 401),
        (signed.as_str(), 204),
    ] {
        let answer = edge.send(Method::OPTIONS, target, &headers).await;
        assert_eq!(answer.status, status, "{target}");
    }
    let post = edge.send(Method::POST, "/members/a.txt", &[]).await;
    assert_eq!(post.code(), "login-required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_reaches_neither_cache_key_nor_origin() {
    let edge = Edge::start().await;
    let custom = members();
    // The site lists `Key-Pair-Id`, and would pass and keep it by that name.
    let by_url = format!("/members/a.txt?page=2&{}", custom.query());
    let cookies = custom.cookies();
    let by_cookies = [("cookie", cookies.as_str())];
    let page = policy(
        "http://www.example.com/members/a.txt?page=2",
        &before(later()),
    );
    let exact = P256.custom(&page, Hashing::SHA256);
    edge.until_kept(&by_url, &[]).await;
    let asked = edge.origin.requests().len();
    for (target, headers) in [
        ("/members/a.txt?page=2".to_owned(), &by_cookies[..]),
        (format!("/members/a.txt?{}&page=2", exact.query()), &[][..]),
    ] {
        assert_eq!(edge.get(&target, headers).await.status, 200, "{target}");
    }
    assert_eq!(
        edge.origin.requests().len(),
        asked,
        "one copy for all of them"
    );

    let publish = [
        ("authorization", "Bearer token"),
        ("cookie", by_cookies[0].1),
        ("content-length", "0"),
    ];
    let target = format!("/_publish/objects/members/a.txt?{}", custom.query());
    edge.send(Method::PUT, &target, &publish).await;
    let twice = [
        &publish[..],
        &[("cookie", "a=1"), ("cookie", by_cookies[0].1)],
    ]
    .concat();
    edge.send(Method::PUT, &target, &twice).await;

    let requests = edge.origin.requests();
    let lines: Vec<String> = requests.iter().map(|head| request_target(head)).collect();
    assert!(
        lines.contains(&"/private-content/members/a.txt?page=2".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines.contains(&"/objects/members/a.txt".to_owned()),
        "{lines:?}"
    );
    let seen: BTreeMap<&str, bool> = [
        "CloudFront-",
        "Key-Pair-Id",
        "Policy=",
        custom.value("Signature"),
    ]
    .into_iter()
    .map(|secret| (secret, requests.iter().any(|head| head.contains(secret))))
    .collect();
    assert!(seen.values().all(|seen| !seen), "{seen:?}");
    assert!(requests.iter().any(|head| head.contains("theme=dark")));
}
