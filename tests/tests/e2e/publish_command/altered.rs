//! What somebody altered past the API.

use bytes::Bytes;
use keyfront_tests::local_stack::{LocalStack, RawObject};

use super::{Desk, stack, written};

const SITE: &str = ".keyfront/sites/docs";

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_object_log_or_pointer_is_found() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    desk.write("style.css", "body{}");
    let first = desk.publish(&[]).await;
    let pointer = format!("{SITE}/current.json");
    let first_pointer = stack.raw(&pointer).await;
    desk.write("index.html", "two");
    let second = desk.publish(&[]).await;
    let (first, second) = (
        first["release"].as_str().unwrap(),
        second["release"].as_str().unwrap(),
    );

    let page = format!("{SITE}/releases/{second}/files/index.html");
    let stored = stack.raw(&page).await;
    stack
        .overwrite_raw(&page, Bytes::from_static(b"TWO"), &stored)
        .await;
    let (code, proof) = desk.verify(&[]).await;
    assert_eq!(code, Some(1), "{proof:#}");
    let bytes = |finding: &&serde_json::Value| finding["what"] == "bytes";
    let found = proof["findings"].as_array().unwrap().iter().find(bytes);
    assert_eq!(found.unwrap()["path"], "/index.html", "{proof:#}");
    let unwilling = desk
        .try_call(&["releases", "get", second, "back", "--site", "docs"])
        .await;
    assert_eq!(unwilling.status.code(), Some(1));
    assert!(
        written(&unwilling).contains("altered"),
        "{}",
        written(&unwilling)
    );
    assert!(!desk.folder.path().join("back/index.html").exists());

    let entry = format!("{SITE}/log/0000000000000001.json");
    let stored = stack.raw(&entry).await;
    let text = String::from_utf8(stored.body.to_vec()).unwrap();
    let altered = text.replace(first, second);
    stack.overwrite_raw(&entry, altered.into(), &stored).await;
    let check = ["releases", "list", "--check", "--site", "docs"];
    let broken = desk.try_call(&check).await;
    assert_eq!(broken.status.code(), Some(1));
    let said = written(&broken);
    assert!(said.contains("one of the two was altered"), "{said}");
    stack.overwrite_raw(&entry, text.into(), &stored).await;
    assert!(desk.try_call(&check).await.status.success());

    // Back to the first release, as if that had been activated last: the entry in the pointer says otherwise.
    let stored = stack.raw(&pointer).await;
    let text = String::from_utf8(stored.body.to_vec()).unwrap();
    let moved = text.replacen(second, first, 1);
    stack.overwrite_raw(&pointer, moved.into(), &stored).await;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    let (code, proof) = desk.verify(&[]).await;
    assert_eq!(code, Some(1), "{proof:#}");
    assert_eq!(proof["findings"][0]["what"], "pointer", "{proof:#}");

    set_back(&stack, &desk, &first_pointer).await;
}

/// The whole pointer as it once was: by itself it is good, and the log goes on behind it.
async fn set_back(stack: &LocalStack, desk: &Desk, former: &RawObject) {
    let pointer = format!("{SITE}/current.json");
    let whole = former.body.clone();
    stack.overwrite_raw(&pointer, whole, former).await;
    let check = ["releases", "list", "--check", "--site", "docs"];
    let found = desk.try_call(&check).await;
    let said = written(&found);
    assert_eq!(found.status.code(), Some(1), "{said}");
    assert!(said.contains("altered"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_release_whose_record_opens_no_more_is_checked_again_before_a_rollback() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    let first = desk.publish(&[]).await["release"].clone();
    desk.write("index.html", "two");
    desk.publish(&[]).await;
    let first = first.as_str().unwrap();
    let record = format!("{SITE}/releases/{first}/verified.json");
    // As one that was sealed under a key that the origin does not use any more.
    let stored = stack.raw(&record).await;
    let other = Bytes::from_static(br#"{"sealed":"AAAA","v":1}"#);
    stack.overwrite_raw(&record, other, &stored).await;
    let target = format!("/releases/docs/{first}/activate");
    let headers = [("content-type", "application/json")];
    let refused = stack
        .call(http::Method::POST, &target, &headers, "{}".into())
        .await;
    assert_eq!(refused.code(), "release-incomplete", "{refused:?}");
    let rolled_back = desk.releases(&["rollback"]).await;
    assert_eq!(rolled_back["release"], first);
    assert_eq!(desk.releases(&["show"]).await["id"], first);
}
