//! A login in a real browser, which keeps cookies by their attributes, follows redirects to another site and back, and obeys
//! the pages' policies.
//!
//! `make test` runs this where Chromium is installed; elsewhere it shows as ignored.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use http::Method;
use keyfront_tests::{artefacts, local_stack::LocalStack};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium (apt-get install chromium)"]
async fn a_person_in_chromium_logs_in_reads_and_logs_out() {
    let stack = LocalStack::configured(|config| {
        config.protect = ["members/", "users/"].map(str::to_owned).to_vec();
        config.logins = true;
    })
    .await;
    for key in [
        "members/plan.txt",
        "users/aaaaaaaaaaaaaaaaaaaaaaaaaa/mine.txt",
    ] {
        // A type that a browser shows.
        let headers = [("content-type", "text/plain")];
        let target = format!("/objects/{key}");
        let stored = stack.call(Method::PUT, &target, &headers, key.into()).await;
        assert!(stored.status.is_success(), "{stored:?}");
    }
    let url = |path: &str| format!("{}{path}", stack.dev.cdn_url);
    let task = json!({
        "protected": url("/members/plan.txt?v=1"),
        "denied": url("/users/aaaaaaaaaaaaaaaaaaaaaaaaaa/mine.txt"),
        "logout": url("/_viewer/logout"),
        "subject": "alice",
    });
    let seen = tokio::task::spawn_blocking(move || browse(&task))
        .await
        .unwrap();
    assert!(seen["failed"].is_null(), "{seen}");
    assert_eq!(seen["read"], "members/plan.txt");
    assert_eq!(seen["scriptsSeeCookies"], "");
    assert_eq!(seen["violations"], json!([]));
    // Once for each path: nobody goes round in a circle.
    assert_eq!(seen["deniedLogins"], 1, "{seen}");
    assert!(
        seen["denied"]
            .as_str()
            .unwrap()
            .contains("Only some people read this page"),
        "{seen}"
    );
    assert!(
        seen["loggedOut"].as_str().unwrap().contains("logged out"),
        "{seen}"
    );
    assert_eq!(seen["afterLogout"], 403);
}

fn browse(task: &Value) -> Value {
    let folder = artefacts::root().join("tests/browser");
    assert!(
        folder.join("node_modules").exists(),
        "run `npm ci --prefix tests/browser` first"
    );
    let mut browser = Command::new("node")
        .arg(folder.join("login.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = browser.stdin.take().unwrap();
    input.write_all(task.to_string().as_bytes()).unwrap();
    drop(input);
    let output = browser.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
