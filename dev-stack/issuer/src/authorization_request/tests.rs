//! Requests that are valid, and each way in which one is not.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::opaque_value::{LONGEST_NONCE, LONGEST_STATE};
use crate::person::Person;

const VALID: [(&str, &str); 6] = [
    ("response_type", "code"),
    ("scope", "openid email"),
    ("state", "s t"),
    ("nonce", "n"),
    (
        "code_challenge",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ),
    ("code_challenge_method", "S256"),
];

/// The valid request with one parameter set to a value.
fn with(name: &str, value: &str) -> Parameters {
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    for (given, value) in VALID {
        if given != name {
            encoded.append_pair(given, value);
        }
    }
    encoded.append_pair(name, value);
    Parameters::parse(encoded.finish().as_bytes())
}

fn login(age: u64) -> (Login, SystemTime) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let person = Person::new("ada", &[]).unwrap();
    (Login { person, at }, at + Duration::from_secs(age))
}

#[test]
fn a_valid_request_is_understood() {
    let request = AuthorizationRequest::validate(&with("unknown", "ignored")).unwrap();
    assert_eq!(request.nonce.as_deref(), Some("n"));
    assert_eq!(request.prompt, Prompt::AsNeeded);
    let (login, now) = login(100);
    assert!(request.accepts(&login, now));
}

/// A parameter's value, the code of its refusal, and words of the text.
const INVALID: [(&str, &str, &str, &str); 18] = [
    (
        "response_type",
        "",
        "unsupported_response_type",
        "response_type",
    ),
    (
        "response_type",
        "token",
        "unsupported_response_type",
        "response_type",
    ),
    (
        "response_type",
        "code id_token",
        "unsupported_response_type",
        "response_type",
    ),
    (
        "response_mode",
        "fragment",
        "invalid_request",
        "response_mode",
    ),
    ("scope", "", "invalid_scope", "openid"),
    ("scope", "openidx email", "invalid_scope", "openid"),
    ("state", "\u{e9}", "invalid_request", "state"),
    ("state", "a\r\nb", "invalid_request", "state"),
    ("nonce", "a\u{0}b", "invalid_request", "nonce"),
    ("code_challenge", "", "invalid_request", "PKCE"),
    ("code_challenge", "short", "invalid_request", "SHA-256"),
    (
        "code_challenge_method",
        "",
        "invalid_request",
        "code_challenge_method",
    ),
    (
        "code_challenge_method",
        "plain",
        "invalid_request",
        "code_challenge_method",
    ),
    ("prompt", "consent", "invalid_request", "prompt"),
    ("prompt", "none login", "invalid_request", "prompt"),
    ("max_age", "-1", "invalid_request", "max_age"),
    (
        "request",
        "e30.e30.",
        "request_not_supported",
        "request objects",
    ),
    (
        "request_uri",
        "urn:x",
        "request_uri_not_supported",
        "request_uri",
    ),
];

#[test]
fn each_invalid_request_has_its_own_refusal() {
    let long_state = "x".repeat(LONGEST_STATE + 1);
    let long_nonce = "x".repeat(LONGEST_NONCE + 1);
    let long = [
        ("state", long_state.as_str(), "invalid_request", "state"),
        ("nonce", long_nonce.as_str(), "invalid_request", "nonce"),
    ];
    for (name, value, code, words) in INVALID.into_iter().chain(long) {
        let refusal = AuthorizationRequest::validate(&with(name, value)).unwrap_err();
        assert_eq!(refusal.code(), code, "{name}={value}");
        assert!(
            refusal.to_string().contains(words),
            "{name}={value}: {refusal}"
        );
        assert_description(&refusal.to_string());
    }
}

/// RFC 6749, 4.1.2.1: `%x20-21 / %x23-5B / %x5D-7E`
fn assert_description(text: &str) {
    let allowed = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    assert!(text.bytes().all(allowed), "{text}");
}

#[test]
fn no_parameter_is_read_twice() {
    let valid = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(VALID)
        .finish();
    for name in [
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "prompt",
    ] {
        let twice = format!("{name}=x&{name}=x&{valid}");
        let parameters = Parameters::parse(twice.as_bytes());
        let refusal = AuthorizationRequest::validate(&parameters).unwrap_err();
        assert_eq!(refusal.code(), "invalid_request", "{name}");
        assert!(
            refusal.to_string().contains("more than once"),
            "{name}: {refusal}"
        );
        assert_description(&refusal.to_string());
    }
}

#[test]
fn a_login_serves_unless_it_is_too_old_or_the_client_wants_a_new_one() {
    let (login, now) = login(100);
    for (name, value, accepted) in [
        ("prompt", "none", true),
        ("prompt", "login", false),
        ("max_age", "100", true),
        ("max_age", "99", false),
        ("max_age", "0", false),
    ] {
        let request = AuthorizationRequest::validate(&with(name, value)).unwrap();
        assert_eq!(request.accepts(&login, now), accepted, "{name}={value}");
    }
}
