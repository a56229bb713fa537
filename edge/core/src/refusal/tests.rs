use keyfront_contract::{ProblemType, header, problem_type::TYPE_PREFIX};
use keyfront_names::KeyError;
use keyfront_sigv4::SigningError;

use super::{BodyOf, Refusal};
use crate::{
    response::RELEVANT_RESPONSE_HEADERS, site::SiteError, viewer_request::RELEVANT_HEADERS,
};

fn every_refusal() -> Vec<(Refusal, u16, &'static str)> {
    vec![
        (Refusal::PathInvalid, 400, "path-invalid"),
        (Refusal::KeyTooLong, 400, "key-too-long"),
        (Refusal::QueryRefused, 400, "query-refused"),
        (Refusal::HeaderInvalid, 400, "header-invalid"),
        (Refusal::PreconditionFailed, 412, "precondition-failed"),
        (Refusal::NotFound, 404, "not-found"),
        (Refusal::Unauthenticated, 401, "unauthenticated"),
        (Refusal::LoginRequired, 401, "login-required"),
        (Refusal::ViewerDenied, 403, "viewer-denied"),
        (Refusal::CustomerKeyRequired, 403, "customer-key-required"),
        (Refusal::PublisherKeyRequired, 403, "publisher-key-required"),
        (
            Refusal::MethodNotAllowed { allow: "GET, HEAD" },
            405,
            "method-not-allowed",
        ),
        (Refusal::BodyTooLarge, 413, "body-too-large"),
        (Refusal::UseRange, 413, "use-range"),
        (
            Refusal::SiteInvalid(SiteError::Missing),
            500,
            "site-invalid",
        ),
        (
            Refusal::SiteMisrouted {
                routed: "a".into(),
                origin: "b".into(),
            },
            500,
            "site-misrouted",
        ),
        (
            Refusal::EventInvalid("the frame is truncated"),
            500,
            "event-invalid",
        ),
        (
            Refusal::Unsignable(SigningError::Date),
            500,
            "event-invalid",
        ),
        (Refusal::OriginDenied, 502, "origin-denied"),
        (Refusal::KmsDenied, 502, "kms-denied"),
        (Refusal::KmsDisabled, 502, "kms-disabled"),
        (Refusal::EnvelopeRefused, 502, "envelope-refused"),
        (Refusal::EnvelopeInvalid, 502, "envelope-invalid"),
        (Refusal::SignatureRejected, 502, "signature-rejected"),
        (Refusal::ClockSkew, 502, "clock-skew"),
        (Refusal::OriginFailed, 502, "origin-failed"),
        (Refusal::CredentialsMissing, 503, "credentials-missing"),
        (Refusal::CredentialsExpired, 503, "credentials-expired"),
        (Refusal::Throttled, 503, "throttled"),
    ]
}

#[test]
fn every_refusal_has_its_status_and_code() {
    for (refusal, status, code) in every_refusal() {
        assert_eq!((refusal.status(), refusal.code()), (status, code));
    }
}

#[test]
fn every_refusal_is_a_problem_that_no_cache_keeps() {
    for (refusal, status, code) in every_refusal() {
        let answer = refusal.answer("id-1", BodyOf::Allowed);
        let header = |name: &str| {
            answer
                .headers
                .iter()
                .find(|header| header.name == name)
                .map(|header| header.value.to_string())
        };
        assert_eq!(header("cache-control").unwrap(), "no-store");
        assert_eq!(header("content-type").unwrap(), "application/problem+json");
        assert_eq!(header("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(header("x-keyfront-request-id").unwrap(), "id-1");
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let title = problem["title"].clone();
        assert!(title.as_str().is_some_and(|title| !title.is_empty()));
        assert_eq!(
            problem,
            serde_json::json!({
                "type": format!("urn:keyfront:{code}"), "title": title, "status": status, "code": code,
                "request_id": "id-1",
            })
        );
        assert!(!answer.reason().is_empty());
    }
}

#[test]
fn head_gets_the_same_head_and_no_body() {
    for (refusal, _, _) in every_refusal() {
        let (get, head) = (
            refusal.answer("id", BodyOf::Allowed),
            refusal.answer("id", BodyOf::Omitted),
        );
        assert_eq!((head.status, &head.headers), (get.status, &get.headers));
        assert_eq!(head.body, "");
    }
    assert_eq!(BodyOf::method("HEAD"), BodyOf::Omitted);
    assert_eq!(BodyOf::method("GET"), BodyOf::Allowed);
}

#[test]
fn a_405_names_the_methods_and_a_503_says_when_to_retry() {
    let allowed = Refusal::MethodNotAllowed { allow: "GET, HEAD" }.answer("id", BodyOf::Allowed);
    assert!(
        allowed
            .headers
            .iter()
            .any(|header| header.name == "allow" && header.value == "GET, HEAD")
    );
    let throttled = Refusal::Throttled.answer("id", BodyOf::Allowed);
    assert!(
        throttled
            .headers
            .iter()
            .any(|header| header.name == "retry-after")
    );
}

#[test]
fn a_hostile_request_id_breaks_neither_header_nor_body() {
    let id = "a\"\\\r\nset-cookie: x\u{1f600}\u{e9}";
    let answer = Refusal::NotFound.answer(id, BodyOf::Allowed);
    assert!(answer.body.is_ascii());
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["request_id"], id);
    let header = answer
        .headers
        .iter()
        .find(|header| header.name == "x-keyfront-request-id")
        .unwrap();
    assert_eq!(header.value, "a\"\\??set-cookie:?x??");
}

#[test]
fn a_key_outside_the_rules_is_reported_with_the_rule() {
    assert!(matches!(KeyError::DotSegment.into(), Refusal::PathInvalid));
    assert!(matches!(
        KeyError::ControlCharacter { at: 0 }.into(),
        Refusal::PathInvalid
    ));
    assert!(matches!(
        KeyError::TooLong { bytes: 1025 }.into(),
        Refusal::KeyTooLong
    ));
    assert!(matches!(KeyError::Reserved.into(), Refusal::NotFound));
    assert!(matches!(KeyError::Empty.into(), Refusal::NotFound));
}

#[test]
fn the_log_has_the_chain_of_causes_on_one_line_and_nothing_of_viewers_mistakes() {
    let refusal = Refusal::SiteInvalid(SiteError::UnknownField {
        object: "document",
        field: "a\nb".into(),
    });
    let line = refusal.log_line("id\n1").unwrap();
    assert!(line.starts_with("keyfront site-invalid request id"));
    assert!(line.contains("unknown field"));
    assert!(!line.contains('\n') && line.is_ascii());
    assert_eq!(Refusal::NotFound.log_line("id"), None);
    assert_eq!(Refusal::PathInvalid.log_line("id"), None);
}

/// A file of the repository, by its path from this crate.
fn file(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_documented_table_lists_every_code_of_the_edge_with_its_status() {
    let document = file("../../docs/SEMANTICS.md");
    let (_, table) = document
        .split_once("| status | code | who can change it |")
        .unwrap();
    let mut listed = Vec::new();
    for row in table
        .trim_start()
        .lines()
        .take_while(|row| row.starts_with('|'))
        .skip(1)
    {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let status: u16 = cells.next().unwrap().parse().unwrap();
        let codes = cells.next().unwrap();
        listed.extend(
            codes
                .split('`')
                .skip(1)
                .step_by(2)
                .map(|code| (status, code.to_owned())),
        );
    }
    let mut expected: Vec<_> = every_refusal()
        .into_iter()
        .map(|(refusal, ..)| (refusal.status(), refusal.code().to_owned()))
        .collect();
    expected.sort();
    expected.dedup();
    listed.sort();
    assert_eq!(listed, expected);
}

#[test]
fn the_handlers_in_javascript_write_the_words_of_the_contract() {
    let problem = ProblemType::EVENT_INVALID;
    let handler = file("../cloudfront/js/index.mjs");
    let glue = file("../worker/glue/index.mjs");
    for text in [&handler, &glue] {
        for word in [
            &format!("'{TYPE_PREFIX}{}'", problem.code),
            &format!("title: '{}'", problem.title),
            &format!("status: {}", problem.status),
            &format!("code: '{}'", problem.code),
            &format!("'{}'", header::REQUEST_ID),
        ] {
            assert!(text.contains(word), "{word}");
        }
    }
    assert!(handler.contains(&format!("SITE_HEADER = '{}'", header::SITE)));
    assert!(handler.contains(&format!("FACTS_HEADER = '{}'", header::RESPONSE_FACTS)));
}

#[test]
fn the_handler_gives_the_core_every_value_it_reads() {
    let handler = file("../cloudfront/js/index.mjs");
    for (list, names) in [
        ("REQUEST_VALUES", RELEVANT_HEADERS.join(" ")),
        ("RESPONSE_VALUES", RELEVANT_RESPONSE_HEADERS.join(" ")),
    ] {
        let (_, after) = handler.split_once(&format!("const {list} =")).unwrap();
        let written = after.trim_start().strip_prefix('\'').unwrap();
        let (written, rest) = written.split_once('\'').unwrap();
        assert_eq!(written, names, "{list}");
        assert!(rest.starts_with(".split(' ');"), "{list}");
    }
}
