use keyfront_edge::{
    Connection, Edge, Invocation, Method, OriginRequest, RequestBody, RoleCredentials, Served,
    ViewerRequest,
};

use super::{keeps, key, lookup};

const SITE: &str = r#"{"v":1,"bucket":"content","region":"eu-west-1","style":"virtual","query":["v"],"spelling":"accept","signing":"sigv4","publish":{"prefix":"/_publish","host":"p.example","region":"eu-west-1"}}"#;

fn signed(method: &str, path: &str, query: &str) -> OriginRequest {
    let request = ViewerRequest {
        method,
        path,
        query,
        headers: &[("authorization", "Bearer t")],
        body: RequestBody::Empty,
        request_id: "id",
    };
    let invocation = Invocation {
        now: 1_767_323_045,
        credentials: RoleCredentials {
            access_key_id: "AKID",
            secret_access_key: "secret-key",
            session_token: "session-token",
            expires_at: None,
        },
        site: SITE.as_bytes(),
        connection: Connection::default(),
    };
    match Edge::new().serve(&request, &invocation) {
        Served::Forward(request) => request,
        Served::Answer { answer, .. } => panic!("{answer:?}"),
        Served::Ask(question) => panic!("{question:?}"),
    }
}

fn key_of(path: &str, query: &str) -> String {
    key("h.example", "0123", &signed("GET", path, query)).unwrap()
}

#[test]
fn a_key_names_site_and_object_in_their_one_spelling() {
    let expected =
        "https://h.example/.keyfront/cache/0123/content.s3.eu-west-1.amazonaws.com/a%2Bb";
    for path in ["/a+b", "/a%2bb", "/%61%2Bb"] {
        assert_eq!(key_of(path, ""), expected);
    }
    assert_ne!(
        key("h.example", "0123", &signed("GET", "/a", "")),
        key("h.example", "4567", &signed("GET", "/a", ""))
    );
}

#[test]
fn a_key_holds_no_credential_and_no_unlisted_query() {
    let key = key_of("/a", "v=2&token=x&utm=y");
    assert!(key.ends_with("/a?v=2"), "{key}");
    for secret in ["AKID", "secret-key", "session-token", "Signature"] {
        assert!(!key.contains(secret), "{key}");
    }
}

#[test]
fn head_is_looked_up_like_get_and_publishing_never() {
    let of = |method, path| key("h", "0", &signed(method, path, ""));
    assert_eq!(of("HEAD", "/a"), of("GET", "/a"));
    assert_eq!(of("GET", "/_publish/objects"), None);
    assert_eq!(of("DELETE", "/_publish/objects/a"), None);
}

#[test]
fn only_conditions_the_cache_understands_are_looked_up() {
    let plain = [("accept", "*/*"), ("cookie", "a"), ("authorization", "b")];
    assert_eq!(lookup(&plain), Some(vec![]));
    let understood = [("if-none-match", "\"a\""), ("range", "bytes=0-1")];
    assert_eq!(lookup(&understood), Some(understood.to_vec()));
    for header in [
        ("if-match", "\"a\""),
        ("if-range", "\"a\""),
        ("if-unmodified-since", "x"),
        ("range", "bytes=0-1,3-4"),
        ("range", "chunks=0-1"),
        ("range", "bytes=-"),
        ("range", "bytes=1"),
    ] {
        assert_eq!(lookup(&[header]), None, "{header:?}");
    }
}

fn kept(cache_control: &str) -> bool {
    let answer = [("content-length", "5"), ("cache-control", cache_control)];
    keeps(&[], Method::Get, 200, &answer)
}

#[test]
fn only_what_its_publisher_allows_is_kept() {
    for allowed in [
        "max-age=60",
        "public, max-age=60",
        "s-maxage=\"5\", max-age=1",
        "Max-Age=1, immutable",
    ] {
        assert!(kept(allowed), "{allowed}");
    }
    for refused in [
        "",
        "public",
        "max-age=0",
        "max-age=60, s-maxage=0",
        "max-age=60, private",
        "max-age=60, no-store",
        "no-cache=\"set-cookie\", max-age=60",
        "max-age=soon",
    ] {
        assert!(!kept(refused), "{refused}");
    }
    assert!(!keeps(&[], Method::Get, 200, &[("content-length", "5")]));
}

#[test]
fn parts_errors_head_responses_encoded_and_large_objects_are_not_kept() {
    let answer = |length| [("content-length", length), ("cache-control", "max-age=60")];
    assert!(keeps(&[], Method::Get, 200, &answer("16777216")));
    assert!(!keeps(&[], Method::Get, 200, &answer("16777217")));
    assert!(!keeps(&[], Method::Head, 200, &answer("5")));
    for status in [206, 304, 404, 403, 500] {
        assert!(!keeps(&[], Method::Get, status, &answer("5")), "{status}");
    }
    let encoded = [&answer("5")[..], &[("content-encoding", "gzip")]].concat();
    assert!(!keeps(&[], Method::Get, 200, &encoded));
    let ranged = [("range", "bytes=0-")];
    assert!(!keeps(&ranged, Method::Get, 200, &answer("5")));
    assert!(!keeps(
        &[],
        Method::Get,
        200,
        &[("cache-control", "max-age=60")]
    ));
}
