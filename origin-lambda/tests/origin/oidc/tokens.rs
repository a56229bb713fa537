//! Tokens: their algorithms, claims and signatures.

use keyfront_origin::oidc::JwtRefusal;
use serde_json::{Value, json};

use super::{identified, policy, refusal};
use crate::oidc_issuer::{CLIENT, Issuer, SigningKey, seconds, set, signing_key::unsigned};

#[tokio::test]
async fn rs256_and_es256_tokens_of_the_issuer_identify_their_user() {
    let keys = [SigningKey::es256("e"), SigningKey::rs256("r")];
    let issuer = Issuer::start(set(&[&keys[0], &keys[1]])).await;
    for key in &keys {
        let token = key.token(&issuer.claims("alice"));
        let session = identified(&policy(&issuer.in_policy()), &token)
            .await
            .unwrap();
        assert_eq!(session.publisher().id, "web");
        assert_eq!(
            session.person().map(|person| person.subject.as_str()),
            Some("alice")
        );
        assert_eq!(session.credential(), "oidc:pool");
    }
}

#[tokio::test]
async fn every_claim_is_validated() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let now = seconds();
    let cases: [(&str, Value, Option<JwtRefusal>); 19] = [
        (
            "iss",
            json!("https://evil.example"),
            Some(JwtRefusal::Issuer),
        ),
        (
            "iss",
            json!(format!("{}/", issuer.url)),
            Some(JwtRefusal::Issuer),
        ),
        ("iss", Value::Null, Some(JwtRefusal::Issuer)),
        ("aud", json!("client-2"), Some(JwtRefusal::Audience)),
        ("aud", json!(["client-2", CLIENT]), None),
        ("aud", json!([]), Some(JwtRefusal::Audience)),
        ("aud", json!({CLIENT: true}), Some(JwtRefusal::Audience)),
        ("aud", Value::Null, Some(JwtRefusal::Audience)),
        ("exp", json!(now - 30), None),
        ("exp", json!(now - 90), Some(JwtRefusal::Expired)),
        ("exp", json!(now as f64 + 9.5), None),
        ("exp", json!("2100-01-01"), Some(JwtRefusal::Claim("exp"))),
        ("exp", Value::Null, Some(JwtRefusal::Claim("exp"))),
        ("nbf", json!(now + 30), None),
        ("nbf", json!(now + 90), Some(JwtRefusal::NotYet)),
        ("nbf", json!(true), Some(JwtRefusal::Claim("nbf"))),
        ("sub", json!(""), Some(JwtRefusal::Claim("sub"))),
        ("sub", json!(7), Some(JwtRefusal::Claim("sub"))),
        ("sub", Value::Null, Some(JwtRefusal::Claim("sub"))),
    ];
    for (claim, value, expected) in cases {
        let mut claims = issuer.claims("alice");
        claims[claim] = value.clone();
        let outcome = identified(&policy(&issuer.in_policy()), &key.token(&claims)).await;
        match expected {
            None => assert!(outcome.is_ok(), "{claim} {value}"),
            Some(expected) => assert_eq!(refusal(outcome), expected, "{claim} {value}"),
        }
    }
}

#[tokio::test]
async fn a_cognito_id_token_does_not_pass_for_an_access_token_nor_the_other_way_round() {
    let key = SigningKey::rs256("r");
    let issuer = Issuer::start(set(&[&key])).await;
    let mut id = issuer.claims("alice");
    id["token_use"] = json!("id");
    let mut access = issuer.claims("alice");
    access.as_object_mut().unwrap().remove("aud");
    access["token_use"] = json!("access");
    access["client_id"] = json!(CLIENT);
    let mut foreign = access.clone();
    foreign["client_id"] = json!("client-2");
    let plain = issuer.claims("alice");
    for (accepted, claims, expected) in [
        ("cognito-id", &id, None),
        ("cognito-id", &access, Some(JwtRefusal::Use)),
        ("cognito-id", &plain, Some(JwtRefusal::Use)),
        ("cognito-access", &access, None),
        ("cognito-access", &id, Some(JwtRefusal::Use)),
        ("cognito-access", &foreign, Some(JwtRefusal::Audience)),
    ] {
        let mut in_policy = issuer.in_policy();
        in_policy["tokens"] = json!(accepted);
        let outcome = identified(&policy(&in_policy), &key.token(claims)).await;
        match expected {
            None => assert!(outcome.is_ok(), "{accepted} {claims}"),
            Some(expected) => assert_eq!(refusal(outcome), expected, "{accepted} {claims}"),
        }
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn no_algorithm_is_taken_for_another() {
    let (ec, rsa) = (SigningKey::es256("e"), SigningKey::rs256("r"));
    let issuer = Issuer::start(set(&[&ec, &rsa])).await;
    let claims = issuer.claims("alice");
    let with = |header: Value| format!("{}.", unsigned(&header, &claims));
    // HS256 with what everyone knows, the public key, as its secret.
    let hs256 = unsigned(&json!({"alg": "HS256", "kid": "r"}), &claims);
    let secret = rsa.jwk()["n"].as_str().unwrap().to_owned();
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let mac = ring::hmac::sign(&secret, hs256.as_bytes());
    use base64::Engine as _;
    let mac = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac);
    for (token, expected) in [
        (
            with(json!({"alg": "none", "kid": "r"})),
            JwtRefusal::Algorithm,
        ),
        (
            with(json!({"alg": "None", "kid": "r"})),
            JwtRefusal::Algorithm,
        ),
        (
            with(json!({"alg": "RS256", "kid": "r"})),
            JwtRefusal::Signature,
        ),
        (
            with(json!({"alg": "ES256", "kid": "e"})),
            JwtRefusal::Signature,
        ),
        (format!("{hs256}.{mac}"), JwtRefusal::Algorithm),
        (
            rsa.token_with(&json!({"alg": "ES256", "kid": "r"}), &claims),
            JwtRefusal::KeyMismatch,
        ),
        (
            ec.token_with(&json!({"alg": "RS256", "kid": "e"}), &claims),
            JwtRefusal::KeyMismatch,
        ),
        (
            rsa.token_with(&json!({"alg": "ES256", "kid": "e"}), &claims),
            JwtRefusal::Signature,
        ),
        (
            rsa.token_with(&json!({"alg": "PS256", "kid": "r"}), &claims),
            JwtRefusal::Algorithm,
        ),
        (
            rsa.token_with(&json!({"alg": "RS256"}), &claims),
            JwtRefusal::KeyId,
        ),
        (
            rsa.token_with(
                &json!({"alg": "RS256", "kid": "r", "crit": ["b64"], "b64": false}),
                &claims,
            ),
            JwtRefusal::Critical,
        ),
        (
            rsa.token_with(
                &json!({"alg": "RS256", "kid": "r", "typ": "logout+jwt"}),
                &claims,
            ),
            JwtRefusal::Type,
        ),
        (
            // A key that the token itself brings along.
            SigningKey::es256("e").token_with(
                &json!({"alg": "ES256", "kid": "e", "jwk": SigningKey::es256("e").jwk()}),
                &claims,
            ),
            JwtRefusal::Signature,
        ),
        ("a.b.c".to_owned(), JwtRefusal::Malformed),
        ("..".to_owned(), JwtRefusal::Malformed),
    ] {
        let outcome = identified(&policy(&issuer.in_policy()), &token).await;
        assert_eq!(refusal(outcome), expected, "{token}");
    }
}

#[tokio::test]
async fn a_token_with_any_part_altered_is_refused() {
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let token = key.token(&issuer.claims("alice"));
    let forged = key.token(&issuer.claims("bob"));
    let (parts, other): (Vec<_>, Vec<_>) =
        (token.split('.').collect(), forged.split('.').collect());
    for altered in [
        format!("{}.{}.{}", parts[0], other[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], other[2]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..84]),
    ] {
        let outcome = identified(&policy(&issuer.in_policy()), &altered).await;
        assert_eq!(refusal(outcome), JwtRefusal::Signature);
    }
}
