//! The functions behind the route: killed, given new credentials, stopped with the stack.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use http::StatusCode;
use keyfront_tests::stack;

use super::{put, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_killed_is_replaced() {
    let stack = start("lambda", &[]);
    let before = functions_of(stack.pid());
    assert!(!before.is_empty());
    for pid in &before {
        let killed = Command::new("kill").args(["-KILL", pid]).status().unwrap();
        assert!(killed.success());
    }
    let started = Instant::now();
    loop {
        let target = "/_publish/objects/after?overwrite=true";
        let answer = put(&stack, target, "still here").await;
        if answer.status == StatusCode::CREATED {
            break;
        }
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{answer:?}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    assert_eq!(stack.cdn().get("/after").await.body, "still here");
    assert!(
        functions_of(stack.pid())
            .iter()
            .all(|pid| !before.contains(pid))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_get_new_credentials_without_a_failed_upload() {
    let stack = start("lambda", &["--rotate-every", "1"]);
    let before = functions_of(stack.pid());
    let started = Instant::now();
    let mut uploads = 0;
    while started.elapsed() < Duration::from_secs(4) {
        let answer = put(&stack, &format!("/_publish/objects/r/{uploads}"), "x").await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        uploads += 1;
    }
    let after = functions_of(stack.pid());
    assert!(after.iter().all(|pid| !before.contains(pid)), "{after:?}");
    assert!(uploads > 4, "{uploads}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_function_outlives_the_stack() {
    for kill in [false, true] {
        let stack = start("lambda", &[]);
        let functions = functions_of(stack.pid());
        assert!(!functions.is_empty());
        if kill {
            stack.kill();
        } else {
            assert!(stack.interrupt().success());
        }
        let ended = Instant::now();
        while functions.iter().any(|pid| is_running(pid)) {
            assert!(ended.elapsed() < Duration::from_secs(10), "{functions:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[test]
fn a_missing_origin_package_is_reported_in_one_line_with_the_command_that_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.zip");
    std::fs::write(&empty, "no zip").unwrap();
    for package in ["/nonexistent.zip", empty.to_str().unwrap()] {
        let output = stack::command(folder.path())
            .args(["--ephemeral", "--origin", "lambda"])
            .args(["--origin-package", package])
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(package) && stderr.contains("make bundle-origin"),
            "{stderr}"
        );
    }
}

/// The `bootstrap` processes a stack has started.
fn functions_of(pid: u32) -> Vec<String> {
    let mut functions = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let children = task.unwrap().path().join("children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        let ours = children
            .split_whitespace()
            .filter(|pid| name_of(pid).as_deref() == Some("bootstrap"));
        functions.extend(ours.map(str::to_owned));
    }
    functions
}

fn name_of(pid: &str) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim().to_owned())
}

/// A zombie has ended, whoever has to reap it.
fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !stat.is_empty() && state != Some('Z')
}
