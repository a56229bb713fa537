//! The wall clock of a running stack jumps, while the monotonic clock does not: a laptop that slept, a clock that was set back.
//!
//! `make test` runs this where libfaketime is installed; elsewhere it shows as ignored.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::stack::Stack;

/// How long a stack may need to notice, on a machine that is busy.
const RECOVERY: Duration = Duration::from_secs(60);

/// Where Debian puts it, whatever the machine's architecture.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    found.find(|path| path.exists()).expect("libfaketime")
}

/// Sets the clock of the stack, in words of libfaketime.
fn set(file: &Path, offset: &str) {
    std::fs::write(file, offset).unwrap();
}

/// Uploads and reads one object; what failed, if something did.
async fn round_trip(stack: &Stack, key: &str) -> Result<(), String> {
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    for (mode, key) in [
        ("sse-kms", key.to_owned()),
        ("envelope-kms", format!("read/{key}")),
    ] {
        let target = format!("/objects/{key}?encryption={mode}&overwrite=true");
        let body = Bytes::from_static(b"a moment");
        let put = stack
            .origin()
            .send(Method::PUT, &target, &headers, body)
            .await;
        if put.status != StatusCode::CREATED {
            return Err(format!("{mode}: {put:?}"));
        }
        let read = stack.cdn().get(&format!("/{key}")).await;
        if read.status != StatusCode::OK || read.body != "a moment" {
            return Err(format!("{mode}: {read:?}"));
        }
    }
    Ok(())
}

async fn recovers(stack: &Stack, key: &str) {
    let begun = Instant::now();
    loop {
        match round_trip(stack, &format!("{key}-{}.txt", begun.elapsed().as_millis())).await {
            Ok(()) => return,
            Err(failed) => assert!(begun.elapsed() < RECOVERY, "{key}: {failed}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs libfaketime: apt-get install faketime"]
async fn a_stack_survives_a_night_of_sleep_and_a_clock_set_back_under_faketime() {
    let folder = tempfile::tempdir().unwrap();
    let clock: PathBuf = folder.path().join("clock");
    set(&clock, "+0");
    let library = library();
    let environment = [
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    // Node's processes get an environment of their own, without the library.
    let stack = Stack::start_with_environment(&["--ephemeral", "--edge", "native"], &environment);
    round_trip(&stack, "before.txt").await.unwrap();
    // Longer than a session of twelve hours, then further on, then back to before the sessions began.
    for offset in ["+13h", "+40h", "-2h", "+0"] {
        set(&clock, offset);
        recovers(&stack, &offset.replace(['+', '-'], "at")).await;
    }
}
