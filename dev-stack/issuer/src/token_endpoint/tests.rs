//! An exchange that succeeds, and each way in which one does not.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use keyfront_dev_ground::clock::Clock;

use super::*;
use crate::codes::Grant;
use crate::config::{Client, IssuerConfig};
use crate::person::Person;
use crate::pkce::CodeChallenge;
use crate::request_body::BodyError;
use crate::sessions::Login;
use crate::signing_key::SigningKey;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// A verifier of another challenge.
const WRONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const REDIRECT_URI: &str = "http://app/cb";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

fn issuer() -> Issuer {
    let client = |id: &str| Client {
        id: id.to_owned(),
        redirect_uris: vec![REDIRECT_URI.to_owned()],
        post_logout_redirect_uris: Vec::new(),
    };
    Issuer::new(IssuerConfig {
        url: "http://localhost:9400".to_owned(),
        clients: vec![client("app"), client("other")],
        signing_key: SigningKey::generate().unwrap(),
        clock: Clock::from_fn(now),
    })
    .unwrap()
}

fn code(issuer: &Issuer, issued_at: SystemTime) -> String {
    let grant = Grant {
        client_id: "app".to_owned(),
        redirect_uri: REDIRECT_URI.to_owned(),
        challenge: CodeChallenge::parse(CHALLENGE).unwrap(),
        nonce: None,
        login: Login {
            person: Person::new("ada", &[]).unwrap(),
            at: issued_at,
        },
        issued_at,
    };
    issuer.codes.issue(grant).unwrap()
}

/// A valid request for `code` with one parameter set to a value.
fn with(code: &str, name: &str, value: &str) -> Parameters {
    let valid = [
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    let others = valid.into_iter().filter(|(given, _)| *given != name);
    let encoded = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others.chain([(name, value)]))
        .finish();
    Parameters::parse(encoded.as_bytes())
}

#[test]
fn a_code_is_exchanged_once() {
    let issuer = issuer();
    let code = code(&issuer, now());
    let tokens = issuer.exchange(&with(&code, "unknown", "ignored")).unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["scope"], "openid");
    assert!(tokens["access_token"].as_str().unwrap().len() >= 43);
    let again = issuer.exchange(&with(&code, "unknown", "ignored"));
    assert!(matches!(again, Err(TokenError::Code)));
}

/// A parameter's value, the code and status of its refusal, and words of the text.
const INVALID: [(&str, &str, &str, u16, &str); 14] = [
    (
        "grant_type",
        "",
        "invalid_request",
        400,
        "grant_type is missing",
    ),
    (
        "grant_type",
        "refresh_token",
        "unsupported_grant_type",
        400,
        "grant_type",
    ),
    (
        "client_id",
        "",
        "invalid_request",
        400,
        "client_id is missing",
    ),
    ("client_id", "nobody", "invalid_client", 401, "unknown"),
    ("client_id", "other", "invalid_grant", 400, "another client"),
    ("client_secret", "s", "invalid_client", 401, "public"),
    ("code", "", "invalid_request", 400, "code is missing"),
    ("code", "guess", "invalid_grant", 400, "code is unknown"),
    (
        "redirect_uri",
        "",
        "invalid_request",
        400,
        "redirect_uri is missing",
    ),
    (
        "redirect_uri",
        "http://app/cb/",
        "invalid_grant",
        400,
        "redirect_uri",
    ),
    (
        "code_verifier",
        "",
        "invalid_request",
        400,
        "code_verifier is missing",
    ),
    (
        "code_verifier",
        "short",
        "invalid_request",
        400,
        "43 to 128",
    ),
    (
        "code_verifier",
        WRONG,
        "invalid_grant",
        400,
        "does not match",
    ),
    (
        "code_verifier",
        CHALLENGE,
        "invalid_grant",
        400,
        "does not match",
    ),
];

#[test]
fn each_invalid_exchange_has_its_own_refusal() {
    let issuer = issuer();
    for (name, value, error, status, words) in INVALID {
        let code = code(&issuer, now());
        let refusal = issuer.exchange(&with(&code, name, value)).unwrap_err();
        assert_eq!(refusal.code(), error, "{name}={value}");
        assert_eq!(refusal.status().as_u16(), status, "{name}={value}");
        let text = refusal.to_string();
        assert!(text.contains(words), "{name}={value}: {text}");
        assert_description(&text);
    }
}

/// RFC 6749, 5.2: `%x20-21 / %x23-5B / %x5D-7E`
fn assert_description(text: &str) {
    let allowed = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    assert!(text.bytes().all(allowed), "{text}");
}

#[test]
fn no_parameter_is_read_twice() {
    let issuer = issuer();
    for name in [
        "grant_type",
        "client_id",
        "code",
        "redirect_uri",
        "code_verifier",
    ] {
        let valid =
            "grant_type=authorization_code&client_id=app&code=c&redirect_uri=u&code_verifier=v";
        let twice = format!("{valid}&{name}=authorization_code");
        let refusal = issuer.exchange(&Parameters::parse(twice.as_bytes()));
        let refusal = refusal.unwrap_err();
        let repeated = matches!(refusal, TokenError::Repeated(_));
        assert!(repeated, "{name}: {refusal}");
        assert_eq!(refusal.code(), "invalid_request");
        assert_description(&refusal.to_string());
    }
}

#[test]
fn a_wrong_verifier_spends_the_code() {
    let issuer = issuer();
    let code = code(&issuer, now());
    let refused = issuer.exchange(&with(&code, "code_verifier", WRONG));
    assert!(matches!(refused, Err(TokenError::Verifier)));
    let refused = issuer.exchange(&with(&code, "unknown", "ignored"));
    assert!(matches!(refused, Err(TokenError::Code)));
}

#[test]
fn a_code_expires_after_sixty_seconds() {
    let issuer = issuer();
    let old = code(&issuer, now() - Duration::from_secs(60));
    let refused = issuer.exchange(&with(&old, "unknown", "ignored"));
    assert!(matches!(refused, Err(TokenError::Code)));
    let young = code(&issuer, now() - Duration::from_secs(59));
    assert!(issuer.exchange(&with(&young, "unknown", "ignored")).is_ok());
}

#[test]
fn a_form_that_cannot_be_read_is_an_invalid_request() {
    for (error, status) in [
        (BodyError::NotAForm, 400),
        (BodyError::TooLarge, 413),
        (BodyError::Incomplete, 400),
    ] {
        let refusal = TokenError::from(error);
        assert_eq!(refusal.code(), "invalid_request");
        assert_eq!(refusal.status().as_u16(), status, "{refusal}");
        assert_description(&refusal.to_string());
    }
}
