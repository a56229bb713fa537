//! `keyfront viewers add-issuer | allow | deny | remove | list | test` on the dev stack: what they write is what the origin obeys.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use http::Method;
use keyfront_tests::{
    artefacts,
    local_stack::LocalStack,
    scripted_aws::{FakeStack, ScriptedAws},
};
use serde_json::{Value, json};

const POLICY: &str = ".keyfront/viewers.json";
/// The client of the stack's own issuer.
const CLIENT: &str = "keyfront-dev";

async fn with_logins() -> LocalStack {
    LocalStack::configured(|config| {
        config.protect = ["members/", "users/"].map(str::to_owned).to_vec();
        config.logins = true;
    })
    .await
}

/// The same, whose bucket has no viewers' policy any more.
async fn without_policy() -> LocalStack {
    let stack = with_logins().await;
    let call = stack.s3().delete_object().bucket(&stack.dev.bucket);
    call.key(POLICY).send().await.unwrap();
    stack
}

fn command(stack: &LocalStack, line: &[&str]) -> Command {
    let mut command = Command::new(artefacts::keyfront());
    command.arg("viewers").args(line);
    command.arg("--dev").arg(stack.dev_json_path());
    command
}

fn viewers(stack: &LocalStack, line: &[&str]) -> Output {
    command(stack, line).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command prints that does what it should.
fn done(stack: &LocalStack, line: &[&str]) -> String {
    let output = viewers(stack, line);
    assert!(
        output.status.success(),
        "{line:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn done_as_json(stack: &LocalStack, line: &[&str]) -> Value {
    serde_json::from_str(&done(stack, &[line, &["--json"]].concat())).unwrap()
}

/// What a command says that refuses.
fn refused(stack: &LocalStack, line: &[&str]) -> String {
    let output = viewers(stack, line);
    assert_eq!(output.status.code(), Some(1), "{line:?}");
    text(&output.stderr)
}

fn issuer_url(stack: &LocalStack) -> String {
    stack.dev.viewer_issuer_url.clone().unwrap()
}

/// Adds the stack's issuer as `staff`.
fn add_staff(stack: &LocalStack, flags: &[&str]) -> String {
    let url = issuer_url(stack);
    done(
        stack,
        &[&["add-issuer", "staff", "--issuer", &url], flags].concat(),
    )
}

fn token(stack: &LocalStack, subject: &str, groups: &[&str]) -> String {
    let now = SystemTime::now();
    stack.issuer().token(subject, groups, CLIENT, now).unwrap()
}

/// Exit code and outcome of a test of a token from standard input.
fn tested(stack: &LocalStack, token: &str, flags: &[&str]) -> (Option<i32>, Value) {
    let mut test = command(stack, &[&["test", "-", "--json"], flags].concat());
    let piped = test
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = piped.spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    stdin.write_all(token.as_bytes()).unwrap();
    drop(stdin);
    let output = running.wait_with_output().unwrap();
    for shown in [&output.stdout, &output.stderr] {
        assert!(token.is_empty() || !text(shown).contains(token));
    }
    let outcome = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        outcome.unwrap_or_else(|_| panic!("{}", text(&output.stderr))),
    )
}

/// Folder and rule of all that a test grants.
fn folders(outcome: &Value) -> Vec<(String, String)> {
    let folders = outcome["folders"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    folders
        .map(|one| (text(&one["folder"]), text(&one["rule"])))
        .collect()
}

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
        (alias.as_str(), "a mix-up of issuers"),
        (&format!("{url}/"), "a mix-up of issuers"),
        (&format!("{url}/nowhere"), "cannot be fetched"),
        ("http://127.0.0.1:1", "cannot be fetched"),
        (&url, "each URL stands there once"),
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

/// The paths that a session of this token reads.
async fn session_paths(stack: &LocalStack, token: &str) -> Vec<String> {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let cdn = stack.cdn();
    let session = cdn.send(Method::POST, "/_viewer/session", &headers, "".into());
    let session = session.await.json();
    let folders = session["folders"].as_array().unwrap().iter();
    folders
        .map(|one| one["path"].as_str().unwrap().to_owned())
        .collect()
}

/// Rules that are not in the policy, or could not be.
fn what_cannot_be_is_refused(stack: &LocalStack) {
    for (line, expected) in [
        (
            &["remove", "all"][..],
            "`keyfront viewers list` shows the rules",
        ),
        (
            &["allow", "x", "--issuer=nobody", "--folder=members/"],
            "unknown issuer \"nobody\"",
        ),
        (
            &["allow", "x", "--issuer=staff", "--folder=users/"],
            "grant folders that do not nest",
        ),
        (
            &["allow", "x y", "--issuer=staff", "--folder=members/"],
            "has an id that is not",
        ),
    ] {
        let said = refused(stack, line);
        assert!(
            said.contains(expected) && said.contains("nothing was changed"),
            "{line:?}: {said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_put_replaced_and_removed_and_the_origin_obeys_them() {
    let stack = without_policy().await;
    add_staff(&stack, &["--audience", CLIENT]);
    let shown = done(
        &stack,
        &["allow", "all", "--issuer=staff", "--folder=members/"],
    );
    assert!(shown.contains("+      \"id\": \"all\""), "{shown}");
    let own = [
        "allow",
        "own",
        "--issuer=staff",
        "--folder=users/{sub}/",
        "--claim=groups=staff",
    ];
    let put = done_as_json(
        &stack,
        &[&own[..], &["--session=90m", "--network=192.0.2.0/24"]].concat(),
    );
    assert_eq!(
        put,
        json!({"outcome": "changed", "rule": {
            "id": "own", "who": {"issuer": "staff", "claims": {"groups": "staff"}},
            "folders": ["users/{sub}/"], "session": 5_400, "network": "192.0.2.0/24",
        }})
    );
    done(&stack, &own);
    done(
        &stack,
        &[
            "deny",
            "not-eve",
            "--issuer=staff",
            "--subject=eve",
            "--folder=members/",
        ],
    );
    let listed = done(&stack, &["list"]);
    for row in ["all      allow", "own      allow", "not-eve  deny"] {
        assert!(listed.contains(row), "{listed}");
    }

    let alice = token(&stack, "alice", &["staff"]);
    let (code, outcome) = tested(&stack, &alice, &[]);
    let own_folder = format!("users/{}/", outcome["own_folder"].as_str().unwrap());
    let expected = [
        ("members/".to_owned(), "all".to_owned()),
        (own_folder, "own".to_owned()),
    ];
    assert_eq!((code, folders(&outcome)), (Some(0), expected.to_vec()));
    let paths = session_paths(&stack, &alice).await;
    let granted: Vec<String> = expected
        .iter()
        .map(|(folder, _)| format!("/{folder}"))
        .collect();
    assert_eq!(paths, granted);

    done(&stack, &["remove", "all"]);
    let (code, outcome) = tested(&stack, &token(&stack, "bob", &[]), &[]);
    assert_eq!((code, &outcome["outcome"]), (Some(3), &json!("no-rule")));
    what_cannot_be_is_refused(&stack);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_what_a_token_reads_or_why_nothing_and_never_shows_it() {
    let stack = without_policy().await;
    let alice = token(&stack, "alice", &[]);
    let none = viewers(&stack, &["test", &alice]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("there is no viewers' policy"));
    add_staff(&stack, &["--audience", CLIENT]);
    done(
        &stack,
        &["allow", "all", "--issuer=staff", "--folder=members/"],
    );
    done(
        &stack,
        &[
            "deny",
            "not-eve",
            "--issuer=staff",
            "--subject=eve",
            "--folder=members/",
        ],
    );

    let (code, outcome) = tested(&stack, &token(&stack, "eve", &[]), &[]);
    assert_eq!(code, Some(3));
    assert_eq!(
        (&outcome["outcome"], &outcome["denied_by"]),
        (&json!("denied"), &json!("not-eve"))
    );

    let right = token(&stack, "alice", &[]);
    // With the signature of somebody else's.
    let (head, _) = right.rsplit_once('.').unwrap();
    let others = token(&stack, "bob", &[]);
    let (_, signature) = others.rsplit_once('.').unwrap();
    let altered = format!("{head}.{signature}");
    let now = SystemTime::now();
    let of = |audience: &str, at| stack.issuer().token("alice", &[], audience, at).unwrap();
    let ended = of(CLIENT, now - Duration::from_secs(3 * 3_600));
    for (token, reason) in [
        ("", "the token is not a signed JWT"),
        (&altered, "the token's signature is not valid"),
        (&ended, "the token has expired"),
        (&of("other", now), "the token is for another audience"),
    ] {
        let (code, outcome) = tested(&stack, token, &[]);
        assert_eq!((code, &outcome["reason"]), (Some(3), &json!(reason)));
        assert_eq!(outcome["outcome"], "refused");
    }
    // Without its signature a token counts only here, and this is said.
    let (code, outcome) = tested(&stack, &altered, &["--unverified"]);
    assert_eq!((code, &outcome["verified"]), (Some(0), &json!(false)));
    let shown = viewers(&stack, &["test", &right, "--unverified"]);
    assert!(text(&shown.stderr).contains("NOT VERIFIED"));
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("NOT VERIFIED") && shown.contains("members/  all"),
        "{shown}"
    );
    assert!(!shown.contains(&right));
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
