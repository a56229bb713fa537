#![allow(clippy::unwrap_used)]
use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: AddIssuerArguments,
}

fn parsed(line: &[&str]) -> Result<AddIssuerArguments, clap::Error> {
    let fixed = [
        "x",
        "staff",
        "--issuer=https://issuer.example",
        "--bucket=b",
    ];
    let line = Line::try_parse_from(fixed.iter().chain(line))?;
    Ok(line.arguments)
}

/// What is put into the policy.
fn made(arguments: &AddIssuerArguments, found: Discovered) -> Result<IssuerEntry, DiscoveryError> {
    let named = Named {
        issuer: arguments.issuer.clone().unwrap(),
        client_id: arguments.client_id.clone(),
        tokens: arguments.tokens,
    };
    arguments.entry(&named, found)
}

fn discovered(more: &serde_json::Value) -> Discovered {
    let mut document = json!({
        "issuer": "https://issuer.example",
        "jwks_uri": "https://issuer.example/keys",
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    let issuer = TrustedUrl::try_from("https://issuer.example".to_owned()).unwrap();
    Discovered::read(document.to_string().as_bytes(), &issuer).unwrap()
}

fn endpoints() -> serde_json::Value {
    json!({
        "authorization_endpoint": "https://issuer.example/authorize",
        "token_endpoint": "https://issuer.example/token",
        "end_session_endpoint": "https://issuer.example/logout",
    })
}

#[test]
fn an_issuer_of_tokens_needs_its_keys_alone() {
    let arguments = parsed(&[
        "--audience=app",
        "--audience=web",
        "--tokens=cognito-access",
    ]);
    let entry = made(&arguments.unwrap(), discovered(&json!({}))).unwrap();
    assert_eq!(
        serde_json::to_value(&entry.issuer).unwrap(),
        json!({
            "id": "staff", "issuer": "https://issuer.example", "tokens": "cognito-access",
            "jwks_uri": "https://issuer.example/keys", "audiences": ["app", "web"],
        })
    );
    assert_eq!(entry.login, None);
    let elsewhere = ["--audience=app", "--jwks-uri=https://keys.example/"];
    let elsewhere = made(&parsed(&elsewhere).unwrap(), discovered(&json!({})));
    assert_eq!(
        elsewhere.unwrap().issuer.keys_url(),
        "https://keys.example/"
    );
}

#[test]
fn a_login_has_the_issuers_endpoints_and_its_client_is_an_audience() {
    let arguments = parsed(&["--client-id=web", "--scope=email", "--scope=groups"]).unwrap();
    let entry = made(&arguments, discovered(&endpoints())).unwrap();
    assert_eq!(entry.issuer.audiences, ["web"]);
    assert_eq!(
        serde_json::to_value(&entry.login).unwrap(),
        json!({
            "issuer": "staff", "client_id": "web", "scopes": ["email", "groups"],
            "authorization_endpoint": "https://issuer.example/authorize",
            "token_endpoint": "https://issuer.example/token",
            "logout_endpoint": "https://issuer.example/logout",
        })
    );
    let both = parsed(&["--client-id=web", "--audience=app", "--audience=web"]).unwrap();
    let entry = made(&both, discovered(&endpoints())).unwrap();
    assert_eq!(entry.issuer.audiences, ["app", "web"]);
    let lacking = made(&both, discovered(&json!({}))).unwrap_err().to_string();
    assert!(
        lacking.contains("has no authorization_endpoint"),
        "{lacking}"
    );
}

#[test]
fn a_login_is_not_taken_away_in_passing() {
    let of = |line: &[&str]| parsed(line).unwrap();
    let entry = made(&of(&["--client-id=web"]), discovered(&endpoints())).unwrap();
    let policy = ViewersPolicy::default()
        .with_issuer(entry.issuer, entry.login)
        .unwrap();
    let refused = of(&["--audience=web"]).check_login(&policy).unwrap_err();
    assert!(refused.to_string().contains("give --no-login"), "{refused}");
    for line in [
        &["--client-id=other"][..],
        &["--audience=web", "--no-login"],
    ] {
        assert!(of(line).check_login(&policy).is_ok(), "{line:?}");
    }
    assert!(
        of(&["--audience=web"])
            .check_login(&ViewersPolicy::default())
            .is_ok()
    );
}

#[test]
fn what_no_issuer_can_be_is_refused_before_any_call() {
    for wrong in [
        &[][..],
        &["--audience=a", "--tokens=saml"],
        &["--audience=a", "--scope=email"],
        &["--audience=a", "--jwks-uri=http://keys.example/"],
        &["--client-id=a", "--no-login"],
        &["--user-pool"],
    ] {
        assert!(parsed(wrong).is_err(), "{wrong:?}");
    }
    for url in [
        "http://issuer.example",
        "https://a.example/?b",
        "https://a.example/#b",
        "a",
    ] {
        assert!(issuer_url(url).is_err(), "{url}");
    }
    assert!(issuer_url("http://127.0.0.1:9").is_ok());
}
