//! `keyfront publisher` on the dev stack: what it writes is what the origin obeys.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use keyfront_tests::{artefacts, stack::Stack};

/// How long the origin may use a policy it has read, with room for a slow machine.
const IN_FORCE: Duration = Duration::from_secs(75);

fn publisher(stack: &Stack, line: &[&str]) -> Output {
    let dev = stack.folder().join("dev.json");
    Command::new(artefacts::keyfront())
        .arg("publisher")
        .args(line)
        .arg("--dev")
        .arg(dev)
        .output()
        .unwrap()
}

fn token(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .trim()
        .to_owned()
}

async fn upload(stack: &Stack, token: &str, key: &str) -> StatusCode {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let target = format!("/objects/{key}");
    stack
        .origin()
        .send(Method::PUT, &target, &headers, "text".into())
        .await
        .status
}

/// The first answer that is `wanted`, within the policy's time.
async fn becomes(stack: &Stack, token: &str, folder: &str, wanted: StatusCode) {
    let begun = Instant::now();
    for attempt in 0.. {
        let status = upload(stack, token, &format!("{folder}{attempt}.txt")).await;
        if status == wanted {
            return;
        }
        assert!(
            begun.elapsed() < IN_FORCE,
            "still {status} after {IN_FORCE:?}"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_publisher_can_upload_a_rotated_one_twice_and_a_revoked_one_no_more() {
    let stack = Stack::start_with(&["--ephemeral", "--edge", "native"]);
    let first = token(&publisher(&stack, &["add", "web", "--prefix=web/"]));
    // Both before the origin has read the policy for the first time.
    let second = token(&publisher(&stack, &["rotate", "web"]));
    becomes(&stack, &second, "web/a", StatusCode::CREATED).await;
    assert_eq!(
        upload(&stack, &first, "web/both.txt").await,
        StatusCode::CREATED
    );
    assert_eq!(
        upload(&stack, &first, "other/x.txt").await,
        StatusCode::FORBIDDEN
    );

    let third = publisher(&stack, &["rotate", "web"]);
    assert!(!third.status.success());
    assert!(
        String::from_utf8_lossy(&third.stderr).contains("revoke"),
        "the remedy is printed"
    );

    let listed = publisher(&stack, &["list"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("web/") && !listed.contains(&first) && !listed.contains(&second));

    assert!(publisher(&stack, &["revoke", "web"]).status.success());
    becomes(&stack, &first, "web/c", StatusCode::UNAUTHORIZED).await;
    assert_eq!(
        upload(&stack, &second, "web/d.txt").await,
        StatusCode::UNAUTHORIZED
    );
}

#[test]
fn concurrent_changes_of_the_policy_all_survive() {
    let stack = Stack::start_with(&["--ephemeral", "--edge", "native"]);
    let names: Vec<String> = (0..6).map(|at| format!("p{at}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let stack = &stack;
            scope.spawn(move || {
                token(&publisher(
                    stack,
                    &["add", name, &format!("--prefix={name}/")],
                ))
            });
        }
    });
    let listed = publisher(&stack, &["list", "--json"]);
    let policy: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let mut ids: Vec<&str> = policy["publishers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    let expected: Vec<&str> = std::iter::once("dev")
        .chain(names.iter().map(String::as_str))
        .collect();
    assert_eq!(ids, expected);
}

#[test]
fn what_the_policy_does_not_have_is_reported_and_changes_nothing() {
    let stack = Stack::start_with(&["--ephemeral", "--edge", "native"]);
    let before = publisher(&stack, &["list", "--json"]).stdout;
    for (line, expected) in [
        (&["add", "dev", "--prefix=x/"][..], "ids must be unique"),
        (&["rotate", "nobody"], "no publisher"),
        (&["revoke", "dev", "--token=none"], "no token"),
    ] {
        let output = publisher(&stack, line);
        assert!(!output.status.success());
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(expected),
            "{line:?}"
        );
    }
    assert_eq!(publisher(&stack, &["list", "--json"]).stdout, before);
}

/// The policy's entry of a publisher.
fn entry(stack: &Stack, id: &str) -> Option<serde_json::Value> {
    let listed = publisher(stack, &["list", "--json"]).stdout;
    let policy: serde_json::Value = serde_json::from_slice(&listed).unwrap();
    let publishers = policy["publishers"].as_array().unwrap();
    publishers.iter().find(|one| one["id"] == id).cloned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_set_and_removed_entries_edited_and_publishers_removed() {
    let stack = Stack::start_with(&["--ephemeral", "--edge", "native"]);
    let token = token(&publisher(&stack, &["add", "web", "--prefix=web/"]));
    let tokens = entry(&stack, "web").unwrap()["tokens"].clone();
    let done = |line: &[&str]| {
        let output = publisher(&stack, line);
        assert!(output.status.success(), "{line:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    done(&["rule", "set", "web", "--prefix=web/", "--max-size=4"]);
    done(&["rule", "set", "web", "--prefix=more/"]);
    let rules = entry(&stack, "web").unwrap()["rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), 2);
    assert_eq!(
        (&rules[0]["prefix"], &rules[0]["max_size"]),
        (&"web/".into(), &4.into())
    );
    becomes(&stack, &token, "more/", StatusCode::CREATED).await;
    done(&["rule", "remove", "web", "--prefix=web/"]);
    becomes(&stack, &token, "web/", StatusCode::FORBIDDEN).await;

    // By an editor that is a script, and from a file.
    let larger = "sed -i 's/\"max_size\": [0-9]*/\"max_size\": 12/'";
    let dev = stack.folder().join("dev.json");
    let mut edit = Command::new(artefacts::keyfront());
    let edit = edit.args(["publisher", "edit", "web", "--dev"]).arg(&dev);
    let edited = edit
        .env_remove("VISUAL")
        .env("EDITOR", larger)
        .output()
        .unwrap();
    assert!(edited.status.success(), "{}", said(&edited));
    let difference = String::from_utf8(edited.stdout).unwrap();
    assert!(
        difference.contains("+      \"max_size\": 12"),
        "{difference}"
    );
    let after = entry(&stack, "web").unwrap();
    assert_eq!(after["rules"][0]["max_size"], 12);
    assert_eq!(after["tokens"], tokens);

    let file = stack.folder().join("entry.json");
    let mut wanted = after.clone();
    wanted.as_object_mut().unwrap().remove("tokens");
    wanted["rules"][0]["overwrite"] = true.into();
    std::fs::write(&file, wanted.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let shown = done(&["edit", "web", "--dry-run", "--file", file]);
    assert!(shown.contains("overwrite"), "{shown}");
    assert_eq!(entry(&stack, "web").unwrap(), after);
    done(&["edit", "web", "--file", file]);
    assert_eq!(entry(&stack, "web").unwrap()["rules"][0]["overwrite"], true);

    done(&["remove", "web"]);
    assert_eq!(entry(&stack, "web"), None);
    becomes(&stack, &token, "more/again", StatusCode::UNAUTHORIZED).await;
}

#[test]
fn an_edit_that_is_refused_is_kept_and_changes_nothing() {
    let stack = Stack::start_with(&["--ephemeral", "--edge", "native"]);
    let before = publisher(&stack, &["list", "--json"]).stdout;
    let edit = |editor: &str| {
        let mut edit = Command::new(artefacts::keyfront());
        edit.args(["publisher", "edit", "dev", "--dev"])
            .arg(stack.folder().join("dev.json"))
            .env_remove("VISUAL")
            .env("EDITOR", editor)
            .output()
            .unwrap()
    };
    for (editor, expected) in [
        ("sed -i 's/\"max_size\"/\"max_sise\"/'", "line "),
        (
            "sed -i 's/\"methods\"/\"tokens\": [], \"methods\"/'",
            "line ",
        ),
        (
            "sed -i 's/\"id\": \"dev\"/\"id\": \"other\"/'",
            "cannot be changed",
        ),
    ] {
        let output = edit(editor);
        let said = said(&output);
        assert!(!output.status.success());
        assert!(said.contains(expected), "{editor}: {said}");
        let kept = said.split("your text is in ").nth(1).unwrap();
        let kept = kept.split(',').next().unwrap();
        assert!(std::fs::read_to_string(kept).unwrap().contains("rules"));
        std::fs::remove_file(kept).unwrap();
    }
    assert!(said(&edit("false")).contains("nothing was changed"));
    for (line, expected) in [
        (&["remove", "nobody"][..], "no publisher"),
        (
            &["rule", "remove", "dev", "--prefix=nowhere/"],
            "no rule for",
        ),
        (&["rule", "set", "nobody", "--prefix=x/"], "no publisher"),
    ] {
        let output = publisher(&stack, line);
        assert!(!output.status.success());
        assert!(
            said(&output).contains(expected),
            "{line:?}: {}",
            said(&output)
        );
    }
    assert_eq!(publisher(&stack, &["list", "--json"]).stdout, before);
}
