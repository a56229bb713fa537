//! A server that does not answer: whoever waits is told whom for, within seconds, and an error says whom, why and what to do.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use keyfront_tests::{artefacts, local_stack::LocalStack};
use tempfile::TempDir;

/// The `dev.json` of a stack whose S3 is at `address`.
async fn dev_json(address: std::net::SocketAddr) -> TempDir {
    let stack = LocalStack::start().await;
    let text = std::fs::read_to_string(stack.dev_json_path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let moved = text.replace(&stack.dev.s3_url, &format!("http://{address}"));
    assert_ne!(moved, text);
    std::fs::write(folder.path().join("dev.json"), moved).unwrap();
    folder
}

fn keyfront(arguments: &[&str], folder: &TempDir) -> Command {
    let mut command = Command::new(artefacts::keyfront());
    command
        .args(arguments)
        .arg(folder.path().join("dev.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_is_stopped_is_told_at_once_with_whom_why_and_what_to_do() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let folder = dev_json(address).await;
    for command in [&["publisher", "list", "--dev"][..], &["audit", "--dev"]] {
        let begun = Instant::now();
        let output = keyfront(command, &folder).output().unwrap();
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{:?}",
            begun.elapsed()
        );
        assert!(!output.status.success());
        let said = said(&output);
        let named = format!("{address} does not respond: Connection refused");
        assert!(said.contains(&named), "{command:?}: {said}");
        assert!(said.contains("is `keyfront dev` running there?"), "{said}");
        assert!(!said.contains("dispatch failure"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_named_while_it_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = dev_json(address).await;
    let mut waiting = keyfront(&["publisher", "list", "--dev"], &folder)
        .spawn()
        .unwrap();
    let words = BufReader::new(waiting.stderr.take().unwrap());
    // It ends by itself much later; what it says first is said while it waits.
    let first = words.lines().next().unwrap().unwrap();
    assert!(waiting.try_wait().unwrap().is_none(), "{first}");
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    assert_eq!(first, format!("waiting for {address}"));
}

#[test]
fn whoever_has_no_credentials_is_told_so_and_where_they_could_be_from() {
    for line in [
        &["status", "--stack=media"][..],
        &["outputs", "--stack=media"],
        &["deploy", "--stack=media", "--dry-run"],
        &["viewers", "status", "--stack=media"],
        &["audit", "media", "--expect-key=any"],
    ] {
        let output = Command::new(artefacts::keyfront())
            .args(line)
            .arg("--region=eu-central-1")
            .current_dir(artefacts::root())
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .output()
            .unwrap();
        let said = said(&output);
        assert!(!output.status.success());
        assert!(
            said.contains("there are no AWS credentials (no source has any)"),
            "{said}"
        );
        assert!(said.contains("give --profile"), "{said}");
        assert!(
            !said.contains("dispatch failure") && !said.contains("does not accept"),
            "{said}"
        );
    }
}
