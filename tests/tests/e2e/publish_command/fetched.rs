//! `releases get` into a folder that is not empty.

use std::{fs, os::unix::fs::symlink, time::Duration};

use tokio::{process::Command, time::timeout};

use super::{Desk, stack, written};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_through_a_link_or_into_a_pipe() {
    let stack = stack().await;
    let desk = Desk::of(&stack.dev);
    desk.write("a/page.html", "one");
    desk.publish(&[]).await;
    let outside = tempfile::tempdir().unwrap();
    let below = |name: &str| desk.folder.path().join(name);

    fs::create_dir(below("linked")).unwrap();
    symlink(outside.path(), below("linked/a")).unwrap();
    fs::create_dir_all(below("piped/a")).unwrap();
    let pipe = Command::new("mkfifo")
        .arg(below("piped/a/page.html"))
        .status()
        .await;
    assert!(pipe.unwrap().success());
    for folder in ["linked", "piped"] {
        let get = ["releases", "get", "active", folder, "--site", "docs"];
        let output = timeout(Duration::from_secs(60), desk.try_call(&get)).await;
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", written(&output));
        let said = written(&output);
        assert!(said.contains("choose another folder"), "{said}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}
