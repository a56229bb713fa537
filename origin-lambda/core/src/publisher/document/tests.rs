//! Limits of the document, and what withdraws tokens.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::oidc::{InvalidIssuer, MAX_ISSUERS};

const NOW: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

fn publisher(tokens: &Value) -> Value {
    json!({"id": "web", "tokens": tokens, "rules": [
        {"prefix": "site/", "max_size": 100, "content_types": ["image/*"]}]})
}

fn token(id: &str, more: &Value) -> Value {
    let mut token = json!({"id": id, "sha256": id.repeat(32)});
    let fields = more.as_object().unwrap().clone();
    token.as_object_mut().unwrap().extend(fields);
    token
}

fn parse(document: &Value) -> Result<Publishers, PolicyError> {
    Publishers::parse(document.to_string().as_bytes())
}

fn two_tokens() -> Publishers {
    let tokens = json!([
        token("aa", &json!({})),
        token("bb", &json!({"expires": "2026-07-01T00:00:00Z"}))
    ]);
    parse(&json!({"v": 1, "publishers": [publisher(&tokens)]})).unwrap()
}

fn valid(policy: &Publishers, at: OffsetDateTime) -> Vec<&str> {
    let tokens = policy.publishers[0].tokens.iter();
    let valid = tokens.filter(|token| token.is_valid(at));
    valid.map(|token| token.id.as_str()).collect()
}

#[test]
fn a_document_has_a_mebibyte_and_no_byte_more() {
    let document = json!({"v": 1, "publishers": []}).to_string();
    let padded = |length: usize| format!("{document}{}", " ".repeat(length - document.len()));
    assert!(Publishers::parse(padded(MAX_DOCUMENT).as_bytes()).is_ok());
    let refused = Publishers::parse(padded(MAX_DOCUMENT + 1).as_bytes());
    assert!(matches!(refused, Err(PolicyError::TooLarge)));
}

#[test]
fn a_policy_has_sixteen_issuers_and_no_more() {
    let policy = |count: usize| {
        let issuers: Vec<Value> = (0..count)
            .map(|at| json!({"id": format!("i{at}"), "issuer": format!("https://{at}.example"), "audiences": ["a"]}))
            .collect();
        parse(&json!({"v": 1, "issuers": issuers, "publishers": []}))
    };
    assert_eq!(policy(MAX_ISSUERS).unwrap().issuers().len(), MAX_ISSUERS);
    assert!(
        matches!(policy(MAX_ISSUERS + 1), Err(PolicyError::Issuer(InvalidIssuer(id))) if id == "i16")
    );
}

#[test]
fn one_token_is_withdrawn_or_all_of_them() {
    let mut policy = two_tokens();
    assert_eq!(valid(&policy, NOW), ["aa", "bb"]);
    policy.revoke_token("web", "bb").unwrap();
    assert_eq!(valid(&policy, NOW), ["aa"]);
    let mut policy = two_tokens();
    policy.revoke_tokens("web").unwrap();
    assert_eq!(valid(&policy, NOW), [""; 0]);
}

#[test]
fn what_is_not_there_is_not_withdrawn() {
    let mut policy = two_tokens();
    let before = policy.clone();
    assert!(
        matches!(policy.revoke_token("web", "cc"), Err(PolicyError::UnknownToken { token, .. }) if token == "cc")
    );
    assert!(
        matches!(policy.revoke_token("app", "aa"), Err(PolicyError::UnknownPublisher(id)) if id == "app")
    );
    assert!(matches!(
        policy.revoke_tokens("app"),
        Err(PolicyError::UnknownPublisher(_))
    ));
    assert!(matches!(
        policy.end_tokens_by("app", NOW),
        Err(PolicyError::UnknownPublisher(_))
    ));
    assert_eq!(policy, before);
}

#[test]
fn tokens_end_by_a_moment_and_none_lives_longer_for_it() {
    let mut policy = two_tokens();
    policy
        .end_tokens_by("web", datetime!(2026-08-01 00:00 UTC))
        .unwrap();
    let second = Duration::SECOND;
    assert_eq!(
        valid(&policy, datetime!(2026-07-01 00:00 UTC) - second),
        ["aa", "bb"]
    );
    assert_eq!(valid(&policy, datetime!(2026-07-01 00:00 UTC)), ["aa"]);
    assert_eq!(
        valid(&policy, datetime!(2026-08-01 00:00 UTC) - second),
        ["aa"]
    );
    assert_eq!(valid(&policy, datetime!(2026-08-01 00:00 UTC)), [""; 0]);
}
