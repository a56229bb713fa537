//! A site from its first release to its last, as its publisher and a stranger see it.

use std::fs;

use serde_json::{Value, json};

use super::{Desk, files_below, read, served, stack};

/// What a publication sent, copied, and found there.
fn transferred(outcome: &Value) -> [u64; 2] {
    ["uploads", "copies"].map(|name| outcome[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_becomes_a_release_that_a_stranger_can_verify() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.new_key("key").await;
    desk.write("index.html", "<h1>one</h1>");
    desk.write("a b/\u{e9}+.css", "body{}");
    desk.write("twice.txt", "the same");
    desk.write("again.txt", "the same");
    desk.write("large.bin", &"0123456789abcdef".repeat(70_000));

    let rehearsal = desk.publish(&["--dry-run", "--compress"]).await;
    assert_eq!(rehearsal["added"].as_array().unwrap().len(), 5);
    assert_eq!(rehearsal["state"], "dry-run");
    assert!(
        desk.releases(&["list"]).await["log"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let first = desk.publish(&["--compress", "--sign-key", "key.pem"]).await;
    assert_eq!(first["release"], rehearsal["release"]);
    assert_eq!(first["state"], "active");
    // Both forms of the pages, the style and the texts; of the same bytes one travels.
    assert_eq!(transferred(&first), [10, 3]);
    served(&stack, &first["release"]).await;
    let page = read(&stack, "").await;
    assert_eq!(page.body, "<h1>one</h1>");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");

    let (code, proof) = desk.verify(&["--key", "key.pub"]).await;
    assert_eq!(code, Some(0), "{proof:#}");
    assert_eq!(proof["objects"], 13);
    assert_eq!(proof["signature"]["verified"], true);
    let (code, sample) = desk.verify(&["--sample", "2"]).await;
    assert_eq!(
        (code, &sample["verdict"]),
        (Some(0), &json!("verified")),
        "{sample:#}"
    );
    let head = proof["activation"]["head"].as_str().unwrap();
    let checked = desk.releases(&["list", "--check"]).await;
    assert_eq!(checked["head"], head);
    let (code, _) = desk
        .verify(&["--sample", "1", "--head", &"0".repeat(64)])
        .await;
    assert_eq!(code, Some(1));

    let shown = desk.releases(&["show"]).await;
    assert_eq!(
        (&shown["state"], &shown["files"]),
        (&json!("active"), &json!(5))
    );
    desk.releases(&["get", "active", "back"]).await;
    let back = desk.folder.path().join("back");
    assert_eq!(files_below(&back), files_below(&desk.place("")));
    fs::write(back.join("index.html"), "altered").unwrap();
    let again = desk.releases(&["get", "active", "back"]).await;
    assert_eq!(
        (&again["fetched"], &again["present"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(files_below(&back), files_below(&desk.place("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_travels_and_every_release_can_come_back() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    desk.write("app.3f2a9c1b.js", "let one");
    desk.write("a.txt", "a");
    let first = desk.publish(&[]).await;
    assert_eq!(transferred(&first), [3, 0]);

    let unchanged = desk.publish(&[]).await;
    assert_eq!(unchanged["state"], "unchanged");
    assert_eq!(unchanged["release"], first["release"]);
    assert_eq!(
        desk.releases(&["list"]).await["log"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    desk.write("index.html", "two");
    fs::rename(desk.place("a.txt"), desk.place("b.txt")).unwrap();
    fs::rename(desk.place("app.3f2a9c1b.js"), desk.place("app.9c8b7a6f.js")).unwrap();
    desk.write("app.9c8b7a6f.js", "let two");
    let second = desk.publish(&[]).await;
    assert_eq!(second["changed"], json!(["index.html"]));
    assert_eq!(second["moved"], json!([{"from": "a.txt", "to": "b.txt"}]));
    assert_eq!(second["removed"], json!(["app.3f2a9c1b.js"]));
    // The page and the script; the text moved, and the earlier page's script stays.
    assert_eq!(transferred(&second), [2, 2]);
    assert_eq!(second["kept"], 1);
    served(&stack, &second["release"]).await;
    assert_eq!(read(&stack, "").await.body, "two");
    assert_eq!(read(&stack, "app.3f2a9c1b.js").await.body, "let one");
    assert_eq!(read(&stack, "a.txt").await.code(), "not-found");

    let ids = [&first, &second].map(|outcome| outcome["release"].as_str().unwrap().to_owned());
    let difference = desk.releases(&["diff", &ids[0][..12], "active"]).await;
    assert_eq!(difference["added"], json!(["app.9c8b7a6f.js"]));

    desk.releases(&["rollback"]).await;
    served(&stack, &first["release"]).await;
    assert_eq!(read(&stack, "").await.body, "one");
    let (code, proof) = desk.verify(&[]).await;
    assert_eq!(code, Some(0), "{proof:#}");
    let log = desk.releases(&["list", "--check"]).await;
    let log: Vec<_> = log["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["release"])
        .cloned()
        .collect();
    assert_eq!(log, [ids[0].as_str(), &ids[1], &ids[0]]);

    // The folder is the second release still: nothing is sent.
    let third = desk.publish(&[]).await;
    assert_eq!(third["state"], "active");
    assert_eq!(third["uploads"], 0, "{third:#}");
    assert_eq!(third["release"], second["release"]);
    let planned = desk.releases(&["prune", "--keep", "1", "--dry-run"]).await;
    let superfluous =
        json!([{"release": ids[0], "outcome": "planned", "detail": "would be removed"}]);
    assert_eq!(planned["releases"], superfluous);
}
