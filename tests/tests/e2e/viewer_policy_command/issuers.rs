//! Issuers: from their configuration, and from the stack that has a user pool.

use keyfront_tests::scripted_aws::{FakeStack, ScriptedAws};
use serde_json::{Value, json};

use super::{
    CLIENT, POLICY, add_staff, done_as_json, issuer_url, refused, text, viewers, with_logins,
    without_policy,
};

/// The policy has what the issuer at this URL says of itself.
fn is_as_configured(policy: &Value, url: &str) {
    assert_eq!(
        policy["issuers"],
        json!([{
            "id": "staff", "issuer": url, "jwks_uri": format!("{url}/.well-known/jwks.json"),
            "tokens": "oidc", "audiences": [CLIENT],
        }])
    );
    assert_eq!(
        policy["logins"],
        json!([{
            "issuer": "staff", "client_id": CLIENT, "scopes": ["email"],
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "logout_endpoint": format!("{url}/logout"),
        }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_is_added_from_its_configuration_with_the_addresses_to_register() {
    let stack = without_policy().await;
    let listed = viewers(&stack, &["list"]);
    assert!(listed.status.success() && listed.stdout.is_empty());
    assert!(text(&listed.stderr).contains("There is no viewers' policy in"));

    let shown = add_staff(
        &stack,
        &["--client-id", CLIENT, "--scope", "email", "--dry-run"],
    );
    assert!(shown.contains("+      \"id\": \"staff\""), "{shown}");
    assert!(!stack.exists(POLICY).await);

    let url = issuer_url(&stack);
    let line = [
        "add-issuer",
        "staff",
        "--issuer",
        &url,
        "--client-id",
        CLIENT,
        "--scope",
        "email",
    ];
    let added = done_as_json(&stack, &line);
    assert_eq!(added["outcome"], "changed");
    assert_eq!(
        added["redirect_uri"],
        format!("{}/_viewer/login/callback", stack.dev.cdn_url)
    );
    assert_eq!(
        added["post_logout_redirect_uri"],
        format!("{}/_viewer/logged-out", stack.dev.cdn_url)
    );
    is_as_configured(&done_as_json(&stack, &["list"]), &url);
    // The same again changes nothing, and nothing takes the login away in passing.
    assert_eq!(done_as_json(&stack, &line)["outcome"], "unchanged");
    let line = [
        "add-issuer",
        "staff",
        "--issuer",
        &url,
        "--audience",
        CLIENT,
    ];
    let kept = refused(&stack, &line);
    assert!(kept.contains("--no-login"), "{kept}");
    add_staff(&stack, &["--audience", CLIENT, "--no-login"]);
    assert_eq!(done_as_json(&stack, &["list"])["logins"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuers_configuration_is_refused_and_changes_nothing() {
    let stack = with_logins().await;
    let before = stack.raw(POLICY).await.body;
    let url = issuer_url(&stack);
    let port = url.rsplit(':').next().unwrap();
    let alias = match url.contains("127.0.0.1") {
        true => format!("http://localhost:{port}"),
        false => format!("http://127.0.0.1:{port}"),
    };
    for (issuer, expected) in [
        (alias.as_str(), "belongs to the issuer"),
        (&format!("{url}/"), "belongs to the issuer"),
        (&format!("{url}/nowhere"), "cannot be fetched"),
        ("http://127.0.0.1:1", "cannot be fetched"),
        (&url, "each URL can be listed once"),
    ] {
        let line = ["add-issuer", "other", "--issuer", issuer, "--audience", "x"];
        let said = refused(&stack, &line);
        assert!(said.contains(expected), "{issuer}: {said}");
    }
    let line = [
        "add-issuer",
        "x",
        "--issuer",
        "http://issuer.example",
        "--audience",
        "x",
    ];
    assert_eq!(viewers(&stack, &line).status.code(), Some(2));
    assert_eq!(stack.raw(POLICY).await.body, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_own_user_pool_is_added_by_what_the_stack_says_of_it() {
    // An issuer that takes the place of Cognito's.
    let stack = with_logins().await;
    let issuer = issuer_url(&stack);
    let aws = ScriptedAws::start().await;
    let line = [
        "viewers",
        "add-issuer",
        "staff",
        "--user-pool",
        "--stack=media",
        "--region=us-east-1",
    ];
    {
        let mut state = aws.state();
        let media = FakeStack::at_rest("us-east-1", "media", "CREATE_COMPLETE").of_system("media");
        let at = ("us-east-1".to_owned(), "media".to_owned());
        state.stacks.insert(at, media);
        state.buckets.insert("media-content".to_owned());
    }
    let none = aws.keyfront(&line).output().await.unwrap();
    assert_eq!(none.status.code(), Some(1));
    let said = text(&none.stderr);
    assert!(
        said.contains("the stack has no output UserPoolIssuer"),
        "{said}"
    );

    aws.state().further_outputs = [
        ("UserPoolIssuer", issuer.as_str()),
        ("UserPoolClientId", "c1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let added = aws.keyfront(&line).output().await.unwrap();
    let said = text(&added.stderr);
    assert!(added.status.success(), "{said}");
    assert!(said.contains("aws cognito-idp admin-create-user"), "{said}");
    assert!(
        !said.contains("register"),
        "the stack has registered its own client: {said}"
    );
    let stored = aws.state().objects[&format!("media-content/{POLICY}")].clone();
    let policy: Value = serde_json::from_slice(&stored).unwrap();
    assert_eq!(policy["issuers"][0]["issuer"], issuer);
    assert_eq!(policy["issuers"][0]["tokens"], "cognito-id");
    assert_eq!(policy["issuers"][0]["audiences"], json!(["c1"]));
    assert_eq!(policy["logins"][0]["client_id"], "c1");
}
