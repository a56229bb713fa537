//! What is not published, and what that does to the rest.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
};

use serde_json::json;

use super::{Desk, stack, written};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_published_is_named_and_holds_up_the_rest_unless_that_is_allowed() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    desk.write("drafts/x", "no");
    desk.write("real/inside", "yes");
    desk.write(".keyfrontignore", "drafts/\n");
    symlink(
        desk.folder.path().join("keyfront.toml"),
        desk.place("outside"),
    )
    .unwrap();
    symlink("real", desk.place("linked")).unwrap();
    fs::write(desk.place("").join(OsStr::from_bytes(b"n\xff")), "x").unwrap();
    let publish = ["publish", "site", "--to", "docs"];
    let output = desk.try_call(&publish).await;
    assert_eq!(output.status.code(), Some(3), "{}", written(&output));
    let said = written(&output);
    for part in ["outside cannot be published", "UTF-8", "--allow-partial"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["state"], "refused");
    assert_eq!(document["problems"].as_array().unwrap().len(), 2);
    assert_eq!(desk.releases(&["list"]).await["log"], json!([]));

    let output = desk
        .try_call(&[&publish[..], &["--allow-partial"]].concat())
        .await;
    assert_eq!(output.status.code(), Some(3), "{}", written(&output));
    let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        outcome["added"],
        json!(["index.html", "linked/inside", "real/inside"])
    );
    assert_eq!(outcome["problems"].as_array().unwrap().len(), 2);

    let wrong = desk.try_call(&["publish", "site", "--to", "Docs"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    let nowhere = desk.try_call(&["publish", "missing", "--to", "docs"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
}
