//! What is done once the CDN has forgotten: `--wait` ends, and old releases can be removed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, files_below, stack_settling, written};

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_the_release_is_everywhere_although_nothing_has_changed() {
    let stack = stack_settling(Some(3000)).await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    let first = desk.publish(&["--wait"]).await;
    assert_eq!(first["activation"]["state"], "everywhere", "{first:#}");
    assert!(first["activation"]["invalidated_at"].is_string());

    desk.write("index.html", "two");
    let second = desk.publish(&[]).await;
    assert_eq!(second["activation"]["state"], "invalidating", "{second:#}");
    let same = desk.publish(&["--wait"]).await;
    assert_eq!(
        (&same["state"], &same["release"]),
        (&json!("unchanged"), &second["release"])
    );
    let shown = desk.releases(&["show"]).await;
    assert_eq!(shown["activation"]["state"], "everywhere", "{shown:#}");

    let back = desk.releases(&["rollback", "--wait"]).await;
    assert_eq!(back["release"], first["release"]);
    assert_eq!(back["activation"]["state"], "everywhere", "{back:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_that_were_replaced_are_pruned_and_the_site_and_its_log_stay() {
    let stack = stack_settling(Some(100)).await;
    let desk = Desk::of(&stack.dev);
    let mut ids = Vec::new();
    for version in ["one", "two", "three"] {
        desk.write("index.html", version);
        desk.write("parts/style.css", &format!("/* {version} */"));
        let outcome = desk.publish(&["--wait"]).await;
        ids.push(outcome["release"].clone());
    }
    let pruned = desk.releases(&["prune", "--keep", "2"]).await;
    assert_eq!(outcomes(&pruned), [(ids[0].clone(), json!("removed"))]);
    let pruned = desk.releases(&["prune", "--keep", "1"]).await;
    assert_eq!(outcomes(&pruned), [(ids[1].clone(), json!("removed"))]);
    let pruned = desk.releases(&["prune", "--keep", "1"]).await;
    assert!(outcomes(&pruned).is_empty(), "{pruned:#}");

    let listed = desk.releases(&["list", "--check"]).await;
    assert_eq!(
        listed["releases"],
        json!([{"id": ids[2], "state": "active"}])
    );
    assert_eq!(listed["entries"], 3);
    let gone = [
        "releases",
        "get",
        ids[0].as_str().unwrap(),
        "gone",
        "--site",
        "docs",
    ];
    let gone = desk.try_call(&gone).await;
    assert_eq!(gone.status.code(), Some(1));
    assert!(written(&gone).contains("was removed"), "{}", written(&gone));
    desk.releases(&["get", "active", "back"]).await;
    let back = desk.folder.path().join("back");
    assert_eq!(files_below(&back), files_below(&desk.place("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_release_that_is_replaced_is_told() {
    let stack = stack_settling(Some(120_000)).await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    let first = desk.publish(&[]).await;
    desk.write("index.html", "two");
    let publish = ["publish", "site", "--to", "docs", "--wait"];
    let waiting = desk.try_call(&publish);
    let replacing = async {
        while desk.releases(&["show"]).await["id"] == first["release"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        desk.releases(&["rollback"]).await
    };
    let (overtaken, back) = tokio::join!(waiting, replacing);
    assert_eq!(back["release"], first["release"]);
    let said = written(&overtaken);
    assert_eq!(overtaken.status.code(), Some(4), "{said}");
    assert!(said.contains("another release"), "{said}");
}

fn outcomes(pruned: &Value) -> Vec<(Value, Value)> {
    let releases = pruned["releases"].as_array().unwrap().iter();
    releases
        .map(|one| (one["release"].clone(), one["outcome"].clone()))
        .collect()
}
