use super::{Grant, preflight};
use crate::fixture::{get, site};
use crate::viewer_request::ViewerRequest;

const RULES: &str = r#","cors":[
  {"origins":["https://app.example","https://*.team.example:8443"],"headers":["range","x-trace"],"max_age":600},
  {"origins":["http://localhost:3000"]}]"#;
const ANYONE: &str = r#","cors":[{"origins":["https://app.example"]},{"origins":["*"]}]"#;

fn rules() -> String {
    RULES.replace('\n', "")
}

fn grant(more: &str, origin: Option<&str>) -> Grant {
    Grant::decide(&site(more).cors, origin)
}

#[test]
fn only_listed_origins_are_granted() {
    for origin in [
        "https://app.example",
        "https://a.team.example:8443",
        "https://a.b.team.example:8443",
        "http://localhost:3000",
    ] {
        assert_eq!(grant(&rules(), Some(origin)), Grant::Origin(origin.into()));
    }
    for origin in [
        "https://app.example.evil",
        "http://app.example",
        "https://app.example:443",
        "https://team.example:8443",
        "https://.team.example:8443",
        "https://evil/.team.example:8443",
        "https://a.team.example",
        "null",
        "",
        "https://a@b.team.example:8443",
        "https://A.team.example:8443",
        "https://evilteam.example:8443",
    ] {
        assert_eq!(grant(&rules(), Some(origin)), Grant::Nobody, "{origin}");
    }
}

#[test]
fn answers_vary_by_origin_exactly_if_the_rules_do() {
    assert!(!grant("", Some("https://app.example")).varies());
    assert!(grant(&rules(), None).varies());
    assert!(grant(&rules(), Some("https://app.example")).varies());
    assert!(!grant(ANYONE, Some("https://app.example")).varies());
}

#[test]
fn a_site_open_to_anyone_says_so_to_everyone() {
    for origin in [None, Some("https://app.example"), Some("null")] {
        assert_eq!(grant(ANYONE, origin), Grant::Anyone);
    }
    let headers: Vec<_> = Grant::Anyone.headers().collect();
    assert_eq!(
        (headers[0].name, &*headers[0].value),
        ("access-control-allow-origin", "*")
    );
}

#[test]
fn nothing_is_granted_to_nobody() {
    assert_eq!(Grant::Nobody.headers().count(), 0);
    assert_eq!(Grant::Unruled.headers().count(), 0);
}

fn answered(more: &str, headers: &[(&str, &str)], methods: &'static str) -> Vec<(String, String)> {
    let request = ViewerRequest {
        method: "OPTIONS",
        headers,
        ..get("/a")
    };
    let answer = preflight(&site(more), &request, methods);
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    answer
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), header.value.to_string()))
        .collect()
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| value.as_str())
}

#[test]
fn a_preflight_is_answered_from_the_first_rule_that_admits_the_origin() {
    let headers = answered(
        &rules(),
        &[("origin", "https://app.example")],
        "GET, HEAD, OPTIONS",
    );
    assert_eq!(
        value(&headers, "access-control-allow-origin"),
        Some("https://app.example")
    );
    assert_eq!(
        value(&headers, "access-control-allow-methods"),
        Some("GET, HEAD, OPTIONS")
    );
    assert_eq!(
        value(&headers, "access-control-allow-headers"),
        Some("range, x-trace")
    );
    assert_eq!(value(&headers, "access-control-max-age"), Some("600"));
    let headers = answered(
        &rules(),
        &[("origin", "http://localhost:3000")],
        "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE",
    );
    assert_eq!(value(&headers, "access-control-allow-headers"), None);
    assert!(
        value(&headers, "access-control-allow-methods")
            .unwrap()
            .contains("PUT")
    );
}

#[test]
fn a_preflight_of_another_origin_is_granted_nothing() {
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[],
        &[("origin", "a"), ("origin", "https://app.example")],
    ] {
        let answered = answered(&rules(), headers, "GET, HEAD, OPTIONS");
        assert!(
            answered
                .iter()
                .all(|(name, _)| !name.starts_with("access-control-")),
            "{headers:?}"
        );
    }
}

#[test]
fn preflights_are_not_cached_by_the_cdn() {
    let headers = answered(
        ANYONE,
        &[("origin", "https://x.example")],
        "GET, HEAD, OPTIONS",
    );
    assert_eq!(value(&headers, "cache-control"), Some("no-store"));
    assert_eq!(value(&headers, "access-control-allow-origin"), Some("*"));
}
