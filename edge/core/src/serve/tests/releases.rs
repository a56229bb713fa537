use keyfront_contract::header::{RELEASE, RELEASE_AGE, RELEASE_CSP, RELEASE_SHA256};
use proptest::prelude::*;

use super::*;
use crate::{PointerAnswer, PointerQuestion, ViewerAccess, fixture::NOW, not_modified};

const SITE: &str = r#","release":"docs","index":"index.html""#;
const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TREE: &str = "/.keyfront/sites/docs/releases/";

fn id(digit: &str) -> String {
    digit.repeat(64)
}

fn pointer(digit: &str) -> String {
    let id = id(digit);
    format!(r#"{{"active":"{id}","encoded":"css html","entry":{{"n":1}},"v":1}}"#)
}

fn at(site: &str, now: i64) -> Invocation<'_> {
    Invocation {
        now,
        ..invocation(site)
    }
}

fn asked(served: Served) -> PointerQuestion {
    match served {
        Served::Ask(question) => question,
        other => panic!("{other:?}"),
    }
}

fn answer<'a>(question: &'a PointerQuestion, status: u16, body: &'a str) -> PointerAnswer<'a> {
    PointerAnswer {
        host: &question.request.host,
        path: &question.request.path,
        asked_at: question.asked_at,
        status,
        etag: "\"tag\"",
        body,
    }
}

/// An edge that knows the pointer since `NOW`.
fn edge(more: &str) -> (Edge, String) {
    let site = document(more);
    let mut edge = Edge::new();
    let question = asked(edge.serve(&get("/a"), &invocation(&site)));
    edge.pointer_answered(&answer(&question, 200, &pointer("a")));
    (edge, site)
}

fn sent(more: &str, request: &ViewerRequest<'_>) -> OriginRequest {
    let (mut edge, site) = edge(more);
    forwarded(edge.serve(request, &invocation(&site)))
}

#[test]
fn a_site_with_releases_asks_for_its_pointer_before_anything_is_read() {
    let site = document(SITE);
    let mut edge = Edge::new();
    let question = asked(edge.serve(&get("/a"), &invocation(&site)));
    assert_eq!(question.asked_at, NOW);
    assert_eq!(question.request.path, "/.keyfront/sites/docs/current.json");
    assert_eq!(question.request.host, HOST);
    let signature = header(&question.request, "authorization").unwrap();
    assert!(signature.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date"));
    assert_eq!(header(&question.request, "if-none-match"), None);
    assert_eq!(question.wait(), 3_000);
    edge.pointer_answered(&answer(&question, 200, &pointer("a")));
    let request = forwarded(edge.serve(&get("/docs/"), &at(&site, NOW + 4)));
    assert_eq!(
        request.path,
        format!("{TREE}{}/files/docs/index.html", id("a"))
    );
    // Five seconds later it is asked for once more, on the condition that it changed.
    let question = asked(edge.serve(&get("/docs/"), &at(&site, NOW + 5)));
    assert_eq!(header(&question.request, "if-none-match"), Some("\"tag\""));
    assert_eq!(question.wait(), 500);
    edge.pointer_answered(&answer(&question, 304, ""));
    let request = forwarded(edge.serve(&get("/a"), &at(&site, NOW + 9)));
    assert_eq!(request.path, format!("{TREE}{}/files/a", id("a")));
}

#[test]
fn the_question_is_not_signed_for_a_cdn_that_adds_its_id() {
    let site = document(SITE);
    let question = asked(Edge::new().serve(&get("/a"), &connected(&site, Some(HOST), Some("id"))));
    let signature = header(&question.request, "authorization").unwrap();
    assert!(!signature.contains("x-amz-cf-id"), "{signature}");
    let elsewhere = connected(&site, Some("elsewhere"), None);
    let refusal = refused(Edge::new().serve(&get("/a"), &elsewhere));
    assert_eq!(refusal, (500, "site-misrouted".into()));
}

#[test]
fn what_is_refused_or_redirected_asks_nothing() {
    let refusal = refused(served(SITE, &get("/a/../b")));
    assert_eq!(refusal, (400, "path-invalid".into()));
    let refusal = refused(served(SITE, &get("/.keyfront/sites/docs/current.json")));
    assert_eq!(refusal, (404, "not-found".into()));
    let Served::Answer { answer, .. } = served(SITE, &get("/%61")) else {
        panic!("no redirect")
    };
    assert_eq!(answer.status, 301);
    let request = ViewerRequest {
        method: "POST",
        ..get("/a")
    };
    assert_eq!(refused(served(SITE, &request)).0, 405);
}

#[test]
fn while_the_bucket_cannot_be_asked_the_last_known_release_is_served_and_not_kept() {
    let (mut edge, site) = edge(SITE);
    let question = asked(edge.serve(&get("/a"), &at(&site, NOW + 60)));
    edge.pointer_answered(&answer(&question, 0, ""));
    let request = forwarded(edge.serve(&get("/a"), &at(&site, NOW + 60)));
    assert_eq!(request.path, format!("{TREE}{}/files/a", id("a")));
    let headers = passed(&request, &[("cache-control", "max-age=60")]);
    assert_eq!(value(&headers, RELEASE_AGE), Some("60"));
    assert_eq!(value(&headers, "cache-control"), Some("no-store"));
    let question = asked(edge.serve(&get("/a"), &at(&site, NOW + 86_401)));
    edge.pointer_answered(&answer(&question, 500, ""));
    let refusal = refused(edge.serve(&get("/a"), &at(&site, NOW + 86_401)));
    assert_eq!(refusal, (503, "release-unknown".into()));
}

#[test]
fn no_release_is_known_before_the_first_pointer() {
    let site = document(SITE);
    let mut edge = Edge::new();
    let question = asked(edge.serve(&get("/a"), &invocation(&site)));
    edge.pointer_answered(&answer(&question, 404, ""));
    let Served::Answer { answer, log } = edge.serve(&get("/a"), &invocation(&site)) else {
        panic!("served")
    };
    assert_eq!(answer.status, 503);
    let value = |name: &str| answer.headers.iter().find(|header| header.name == name);
    assert_eq!(value("cache-control").unwrap().value, "no-store");
    assert!(log.unwrap().contains("release-unknown"));
}

#[test]
fn the_coding_that_the_viewer_reads_chooses_the_tree_and_the_answer_says_so() {
    for (path, accept, tree, varies) in [
        ("/a.css", "br,gzip", "br/a.css", true),
        ("/a.css", "gzip", "gzip/a.css", true),
        ("/a.css", "", "files/a.css", true),
        ("/", "br", "br/index.html", true),
        ("/a.png", "br", "files/a.png", false),
    ] {
        let headers = [("accept-encoding", accept)];
        let request = sent(
            SITE,
            &ViewerRequest {
                headers: &headers,
                ..get(path)
            },
        );
        assert_eq!(request.path, format!("{TREE}{}/{tree}", id("a")));
        let headers = passed(&request, &[]);
        let vary = value(&headers, "vary");
        assert_eq!(vary, varies.then_some("accept-encoding"), "{path} {accept}");
    }
}

#[test]
fn the_answer_names_the_release_and_the_hash_of_what_is_sent() {
    let request = sent(SITE, &get("/a.css"));
    let stored = [
        ("etag", "\"of the copy\""),
        ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("cache-control", "max-age=60"),
        (RELEASE_SHA256, HASH),
        (RELEASE_CSP, "default-src 'self'"),
    ];
    let headers = passed(&request, &stored);
    let tag = format!("\"{HASH}\"");
    let digest = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    for (name, expected) in [
        (RELEASE, id("a").as_str()),
        ("etag", &tag),
        ("repr-digest", digest),
        ("content-security-policy", "default-src 'self'"),
        ("cache-control", "max-age=60, stale-if-error=0"),
        ("last-modified", ""),
    ] {
        assert_eq!(value(&headers, name), Some(expected), "{name}");
    }
    assert_eq!(value(&headers, RELEASE_AGE), None);
    // An object that nobody verified has no validator, not even the bucket's.
    let headers = passed(&request, &[("etag", "\"x\""), (RELEASE_SHA256, "x")]);
    assert_eq!(value(&headers, "etag"), Some(""));
    assert_eq!(value(&headers, "repr-digest"), Some(""));
}

#[test]
fn conditions_are_compared_with_the_hash() {
    let (right, wrong) = (format!("\"{HASH}\""), format!("\"{}\"", id("b")));
    for (name, value, expected) in [
        ("if-match", &right, None),
        ("if-match", &wrong, Some(412)),
        ("if-match", &"\"x\"".to_owned(), Some(412)),
        ("if-match", &format!("W/{right}"), Some(412)),
        ("if-match", &format!("{wrong}, {right}"), None),
        ("if-none-match", &right, Some(304)),
        ("if-none-match", &format!("W/{right}"), Some(304)),
        ("if-none-match", &"*".to_owned(), Some(304)),
        ("if-none-match", &wrong, None),
    ] {
        let headers = [(name, value.as_str())];
        let request = sent(
            SITE,
            &ViewerRequest {
                headers: &headers,
                ..get("/a")
            },
        );
        assert!(request.compares_by_itself());
        assert!(!request.keeps("if-match"));
        assert!(request.keeps("if-none-match"), "read-only on CloudFront");
        let written = ResponseFacts::read(header(&request, RESPONSE_FACTS));
        assert_eq!(written, request.facts);
        let cleaned = cleaned(&request, &written, &[(RELEASE_SHA256, HASH)]);
        let conditions = headers.iter().filter(|(name, _)| *name == "if-none-match");
        let answered = match not_modified(cleaned, conditions.map(|(_, value)| *value)) {
            Cleaned::Pass { .. } => None,
            Cleaned::Answer { answer, .. } => Some(answer),
        };
        let status = answered.as_ref().map(|answer| answer.status);
        assert_eq!(status, expected, "{name}: {value}");
        if let Some(answer) = answered.filter(|answer| answer.status == 304) {
            let tag = answer.headers.iter().find(|header| header.name == "etag");
            assert_eq!(tag.unwrap().value, right);
            assert!(answer.body.is_empty());
        }
    }
}

#[test]
fn an_object_without_a_hash_fulfils_no_if_match_but_that_of_any_object() {
    for (value, fulfilled) in [("\"x\"", false), ("\"\"", false), ("*", true)] {
        let headers = [("if-match", value)];
        let request = sent(
            SITE,
            &ViewerRequest {
                headers: &headers,
                ..get("/a")
            },
        );
        let answered = cleaned(&request, &request.facts, &[]);
        let passes = matches!(answered, Cleaned::Pass { .. });
        assert_eq!(passes, fulfilled, "{value}: {answered:?}");
    }
}

#[test]
fn a_range_on_a_condition_is_answered_by_the_whole() {
    let headers = [("range", "bytes=0-1"), ("if-range", "\"x\"")];
    let request = sent(
        SITE,
        &ViewerRequest {
            headers: &headers,
            ..get("/a")
        },
    );
    assert!(!request.keeps("range"));
    let request = sent(
        SITE,
        &ViewerRequest {
            headers: &headers[..1],
            ..get("/a")
        },
    );
    assert!(request.keeps("range"));
}

#[test]
fn what_is_active_is_served_as_documents() {
    let site = document(SITE);
    let path = "/.well-known/keyfront/release.json";
    // The pointer is read without asking for it.
    let request = forwarded(Edge::new().serve(&get(path), &invocation(&site)));
    assert_eq!(request.path, "/.keyfront/sites/docs/current.json");
    let headers = passed(&request, &[("cache-control", "private")]);
    // A CDN that cannot reach the bucket does not go on showing them either.
    let lifetime = Some("max-age=5, stale-if-error=0");
    assert_eq!(value(&headers, "cache-control"), lifetime);
    assert_eq!(value(&headers, RELEASE), None);
    for name in ["manifest.json", "signature.json"] {
        let request = sent(SITE, &get(&format!("/.well-known/keyfront/{name}")));
        assert_eq!(request.path, format!("{TREE}{}/{name}", id("a")));
        assert!(request.keeps("if-match") && !request.compares_by_itself());
        let headers = passed(&request, &[]);
        assert_eq!(value(&headers, "cache-control"), lifetime);
        assert_eq!(value(&headers, RELEASE), Some(id("a").as_str()));
    }
}

#[test]
fn what_a_site_protects_is_its_paths_and_no_keys_of_a_tree() {
    let protected = format!(r#"{SITE},"path":"docs/","viewers":{{"prefixes":["members/"]}}"#);
    let refusal = refused(served(&protected, &get("/docs/members/a")));
    assert_eq!(refusal, (403, "viewer-denied".into()));
    asked(served(&protected, &get("/docs/a")));
    // The manifest names the paths below `members/`; the pointer names none.
    let documents = "/docs/.well-known/keyfront";
    let refusal = refused(served(
        &protected,
        &get(&format!("{documents}/manifest.json")),
    ));
    assert_eq!(refusal, (403, "viewer-denied".into()));
    forwarded(served(
        &protected,
        &get(&format!("{documents}/release.json")),
    ));
    let protected = format!(r#"{SITE},"viewers":{{"prefixes":[".well-known/keyfront/"]}}"#);
    let refusal = refused(served(
        &protected,
        &get("/.well-known/keyfront/manifest.json"),
    ));
    assert_eq!(refusal, (403, "viewer-denied".into()));
    let site = document(&protected);
    let (mut edge, _) = edge(&protected);
    let request = get("/.well-known/keyfront/release.json");
    match edge.admit_viewer(&request, site.as_bytes(), ViewerAccess::Verified) {
        Admission::Admitted(_) => {}
        Admission::Answer { answer, .. } => panic!("{answer:?}"),
    }
}

#[test]
fn a_key_is_too_long_with_the_tree_before_it() {
    let long = format!("/{}", "a".repeat(1_000));
    let (mut edge, site) = edge(SITE);
    let refusal = refused(edge.serve(&get(&long), &invocation(&site)));
    assert_eq!(refusal, (400, "key-too-long".into()));
}

proptest! {
    #[test]
    fn bytes_that_are_no_pointer_change_nothing_that_is_served(
        status in prop_oneof![Just(200_u16), any::<u16>()],
        body in prop_oneof![
            Just(pointer("b")),
            ".{0,80}",
            r#"\{"active":"[0-9a-f]{63,65}","encoded":"[a-z "]{0,6}","entry":\{\},"v":[01]\}"#,
            r#"\{"active":"[0-9a-f./]{64}","encoded":"","entry":\{\},"v":1\}"#,
        ],
    ) {
        let (mut edge, site) = edge(SITE);
        let question = asked(edge.serve(&get("/a"), &at(&site, NOW + 5)));
        edge.pointer_answered(&answer(&question, status, &body));
        let request = forwarded(edge.serve(&get("/a"), &at(&site, NOW + 5)));
        let served = request.path.strip_prefix(TREE).unwrap().strip_suffix("/files/a").unwrap();
        prop_assert!(served.len() == 64 && served.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let value: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        if served != id("a") {
            prop_assert_eq!(status, 200);
            prop_assert_eq!(&value["active"], served);
        }
    }
}

fn cleaned(request: &OriginRequest, facts: &ResponseFacts, stored: &[(&str, &str)]) -> Cleaned {
    let answered = AnsweredRequest {
        method: request.method.as_str(),
        path: &request.path,
        query: &request.query,
        request_id: "request-1",
        signed_at: None,
        facts,
    };
    let response = OriginResponse {
        status: 200,
        headers: stored,
        sandboxed: false,
    };
    clean(&answered, &response, None)
}

/// The headers an object's answer gets, as the CDN's response function writes them.
fn passed(request: &OriginRequest, stored: &[(&str, &str)]) -> Vec<crate::Header> {
    let facts = ResponseFacts::read(header(request, RESPONSE_FACTS));
    match cleaned(request, &facts, stored) {
        Cleaned::Pass { headers } => headers,
        Cleaned::Answer { answer, .. } => panic!("{answer:?}"),
    }
}

fn value<'h>(headers: &'h [crate::Header], name: &str) -> Option<&'h str> {
    let mut headers = headers.iter();
    headers
        .find(|header| header.name == name)
        .map(|header| &*header.value)
}
