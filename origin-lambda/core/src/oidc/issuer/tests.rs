use serde_json::json;

use super::*;

const NOW: f64 = 1_800_000_000.0;

fn issuer(tokens: &str) -> Issuer {
    let issuer = json!({
        "id": "pool", "issuer": "https://issuer.example/pool", "tokens": tokens, "audiences": ["client", "app"],
    });
    serde_json::from_value(issuer).unwrap()
}

fn claims(more: &Value) -> Map<String, Value> {
    let mut claims =
        json!({"iss": "https://issuer.example/pool", "sub": "alice", "exp": NOW + 300.0});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object().unwrap().clone()
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    for (url, trusted) in [
        ("https://issuer.example", true),
        ("https://issuer.example/keys?a=b", true),
        ("http://127.0.0.1:9/", true),
        ("http://localhost/keys", true),
        ("http://[::1]/keys", true),
        ("http://issuer.example", false),
        ("http://127.0.0.1.evil.example", false),
        ("ftp://127.0.0.1/keys", false),
        ("https://user@issuer.example", false),
        ("http://user@127.0.0.1/", false),
        ("https://issuer.example/#keys", false),
        ("issuer.example", false),
        ("/keys", false),
        ("", false),
    ] {
        let read = TrustedUrl::try_from(url.to_owned());
        assert_eq!(read.is_ok(), trusted, "{url}");
        if let Ok(read) = read {
            assert_eq!(
                (read.as_str(), String::from(read.clone())),
                (url, url.to_owned())
            );
        }
    }
}

#[test]
fn keys_are_where_the_policy_says_or_below_the_issuer() {
    let mut issuer = issuer("oidc");
    let well_known = "https://issuer.example/pool/.well-known/jwks.json";
    assert_eq!(issuer.keys_url(), well_known);
    issuer.issuer = TrustedUrl::try_from("https://issuer.example/pool/".to_owned()).unwrap();
    assert_eq!(issuer.keys_url(), well_known);
    issuer.jwks_uri = Some(TrustedUrl::try_from("https://keys.example/a".to_owned()).unwrap());
    assert_eq!(issuer.keys_url(), "https://keys.example/a");
}

#[test]
fn each_kind_of_token_names_its_audience_in_its_own_claim() {
    use JwtRefusal::{Audience, Use};
    for (tokens, more, expected) in [
        ("oidc", json!({"aud": "app"}), Ok(())),
        ("oidc", json!({"client_id": "app"}), Err(Audience)),
        (
            "oidc",
            json!({"aud": ["x", "client"], "token_use": "access"}),
            Ok(()),
        ),
        (
            "cognito-id",
            json!({"aud": "app", "token_use": "id"}),
            Ok(()),
        ),
        (
            "cognito-id",
            json!({"aud": "app", "token_use": "access"}),
            Err(Use),
        ),
        (
            "cognito-id",
            json!({"client_id": "app", "token_use": "id"}),
            Err(Audience),
        ),
        (
            "cognito-access",
            json!({"client_id": "app", "token_use": "access"}),
            Ok(()),
        ),
        (
            "cognito-access",
            json!({"client_id": "app", "token_use": "id"}),
            Err(Use),
        ),
        ("cognito-access", json!({"client_id": "app"}), Err(Use)),
        (
            "cognito-access",
            json!({"aud": "app", "token_use": "access"}),
            Err(Audience),
        ),
    ] {
        assert_eq!(
            issuer(tokens).admit(&claims(&more), NOW),
            expected,
            "{tokens} {more}"
        );
    }
}

#[test]
fn a_token_of_another_issuer_is_not_admitted() {
    let more = json!({"aud": "app", "iss": "https://other.example"});
    assert_eq!(
        issuer("oidc").admit(&claims(&more), NOW),
        Err(JwtRefusal::Issuer)
    );
}
