//! Rules, and that the origin obeys them.

use http::Method;
use keyfront_tests::local_stack::LocalStack;
use serde_json::{Value, json};

use super::{CLIENT, add_staff, done, done_as_json, refused, tested, token, without_policy};

/// Folder and rule of all that a test grants.
fn folders(outcome: &Value) -> Vec<(String, String)> {
    let folders = outcome["folders"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    folders
        .map(|one| (text(&one["folder"]), text(&one["rule"])))
        .collect()
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
