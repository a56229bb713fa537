//! What a client reads before anything else.

use crate::browser::Browser;
use crate::running::Running;

#[tokio::test]
async fn the_metadata_names_endpoints_and_what_they_support() {
    let running = Running::start().await;
    let mut browser = Browser::of(&running);
    let found = browser.get("/.well-known/openid-configuration", &[]).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.header("content-type"), "application/json");
    let metadata = found.json();
    assert_eq!(metadata["issuer"], running.url);
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/.well-known/jwks.json"),
        ("end_session_endpoint", "/logout"),
    ] {
        assert_eq!(metadata[name], format!("{}{path}", running.url));
    }
    for (name, only) in [
        ("response_types_supported", "code"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "ES256"),
        ("code_challenge_methods_supported", "S256"),
        ("token_endpoint_auth_methods_supported", "none"),
    ] {
        assert_eq!(metadata[name], serde_json::json!([only]), "{name}");
    }
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    assert_eq!(metadata["request_uri_parameter_supported"], false);
}

#[tokio::test]
async fn the_key_set_has_one_public_key() {
    let running = Running::start().await;
    let found = Browser::of(&running)
        .get("/.well-known/jwks.json", &[])
        .await;
    let key = &found.json()["keys"][0];
    for (name, value) in [
        ("kty", "EC"),
        ("crv", "P-256"),
        ("use", "sig"),
        ("alg", "ES256"),
    ] {
        assert_eq!(key[name], value);
    }
    let mut members: Vec<&String> = key.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
}
