//! `keyfront viewers add-issuer | allow | deny | remove | list | test` on the dev stack: what they write is what the origin obeys.

mod issuers;
mod rules;
mod token_test;

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
    time::SystemTime,
};

use keyfront_tests::{artefacts, local_stack::LocalStack};
use serde_json::Value;

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
