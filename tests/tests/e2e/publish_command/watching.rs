//! `--watch`.

use std::{fs, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::ChildStdout,
    time::timeout,
};

use super::{Desk, interrupt, stack};

/// What the command publishes next.
async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = timeout(Duration::from_secs(60), lines.next_line()).await;
    serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_watched_is_published_after_each_change_until_ctrl_c() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("index.html", "one");
    let url = desk.publish_url.clone();
    let publish = ["publish", "site", "--to", "docs", "--watch"];
    let mut watching = desk
        .keyfront(&[&publish[..], &["--url", &url, "--json"]].concat())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let first = next(&mut lines).await;
    assert_eq!(first["added"], json!(["index.html"]));

    desk.write("index.html", "two");
    let second = next(&mut lines).await;
    assert_eq!(
        (&second["state"], &second["changed"]),
        (&json!("active"), &json!(["index.html"]))
    );

    // A build makes the folder anew. What it was without is not published.
    fs::rename(desk.place(""), desk.folder.path().join("old")).unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    desk.write("index.html", "three");
    let third = next(&mut lines).await;
    assert_eq!(
        (&third["state"], &third["changed"]),
        (&json!("active"), &json!(["index.html"]))
    );
    assert_eq!(desk.releases(&["show"]).await["id"], third["release"]);

    interrupt(&watching).await;
    let ended = timeout(Duration::from_secs(20), watching.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(1));
}
