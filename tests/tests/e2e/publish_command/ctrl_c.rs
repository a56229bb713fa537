//! Ctrl-C while a file is hashed.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    time::Duration,
};

use keyfront_tests::artefacts;
use tokio::{process::Command, time::timeout};

use super::{interrupt, written};

/// Waits until a process has opened a file.
async fn opened(pid: u32, file: &Path) {
    for _ in 0..1_000 {
        let open = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten();
        let mut open = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        if open.any(|path| path == file) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} is not read", file.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_is_hashing_ends_at_once_by_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    fs::create_dir(folder.join("site")).unwrap();
    // Holes, which take minutes to hash.
    let large = folder.join("site/large.bin");
    File::create(&large).unwrap().set_len(1 << 38).unwrap();
    let publish = [
        "publish",
        "site",
        "--to",
        "docs",
        "--url",
        "http://127.0.0.1:1",
    ];
    let hashing = Command::new(artefacts::keyfront())
        .args(publish)
        .current_dir(&folder)
        .env("KEYFRONT_TOKEN", "kfp_x")
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    opened(hashing.id().unwrap(), &large).await;
    interrupt(&hashing).await;
    let output = timeout(Duration::from_secs(20), hashing.wait_with_output()).await;
    let output = output.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", written(&output));
    let said = written(&output);
    assert!(said.contains("interrupted"), "{said}");
}
