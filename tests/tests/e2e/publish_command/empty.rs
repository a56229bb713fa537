//! A folder without files: most often a build that failed.

use std::fs;

use serde_json::json;

use super::{Desk, stack, written};

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_is_published_only_if_that_is_said_and_proves_nothing() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    let first = desk.publish(&[]).await;
    fs::remove_file(desk.place("index.html")).unwrap();
    let publish = ["publish", "site", "--to", "docs"];
    let refused = desk.try_call(&publish).await;
    assert_eq!(refused.status.code(), Some(1));
    let said = written(&refused);
    assert!(said.contains("--allow-empty"), "{said}");
    assert_eq!(desk.releases(&["show"]).await["id"], first["release"]);

    let emptied = desk.publish(&["--allow-empty"]).await;
    assert_eq!(
        (&emptied["state"], &emptied["removed"]),
        (&json!("active"), &json!(["index.html"]))
    );
    // The pointer lives for five seconds.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let (code, proof) = desk.verify(&[]).await;
    assert_eq!(code, Some(1), "{proof:#}");
    assert_eq!(proof["release"], emptied["release"]);
    assert_eq!(proof["findings"][0]["what"], "files", "{proof:#}");
}
