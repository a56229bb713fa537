//! Publications that are killed, with readers all the while.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use keyfront_tests::local_stack::LocalStack;
use serde_json::json;

use super::{Desk, read, served, stack};

const FILES: usize = 120;

/// Ten moments in the everyday tier, a hundred in the exam.
fn moments() -> u32 {
    match std::env::var_os("KEYFRONT_EXAM") {
        Some(_) => 100,
        None => 10,
    }
}

/// Less than one.
fn random() -> f64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    f64::from(u32::from_le_bytes(bytes)) / 4_294_967_296.0
}

fn fill(desk: &Desk, version: u32) {
    desk.write("index.html", &format!("version {version}"));
    for number in 0..FILES {
        desk.write(
            &format!("parts/{number:03}.css"),
            &format!("{number} of {version}"),
        );
    }
}

/// Reads until it is stopped: what a release's page says is what its parts say.
async fn reads(stack: Arc<LocalStack>, stopped: Arc<AtomicBool>) -> u32 {
    let mut number = 0;
    while !stopped.load(Ordering::Relaxed) {
        number += 1;
        let part = (number as usize * 7) % FILES;
        let page = read(&stack, "index.html").await;
        let style = read(&stack, &format!("parts/{part:03}.css")).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(style.status, 200, "{style:?}");
        // Between the two reads there may have been a switch: releases are compared, not moments.
        if page.header("x-keyfront-release") == style.header("x-keyfront-release") {
            let version = String::from_utf8(page.body.to_vec()).unwrap();
            let version = version.strip_prefix("version ").unwrap().to_owned();
            assert_eq!(style.body, format!("{part} of {version}"));
        }
    }
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_is_killed_at_any_moment_leaves_the_site_as_it_was_and_goes_on() {
    let stack = Arc::new(stack().await);
    let desk = Desk::of(&stack.dev);
    fill(&desk, 0);
    let began = Instant::now();
    let mut last = desk.publish(&[]).await;
    let whole = began.elapsed();
    served(&stack, &last["release"]).await;
    let stopped = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(reads(Arc::clone(&stack), Arc::clone(&stopped)));
    let moments = moments();
    for moment in 1..=moments {
        fill(&desk, moment);
        let url = desk.publish_url.clone();
        let arguments = ["publish", "site", "--to", "docs", "--url", &url, "--json"];
        let mut killed = desk.keyfront(&arguments).spawn().unwrap();
        // At random, over the whole of a publication and a little beyond.
        let share = (f64::from(moment - 1) + random()) * 1.1 / f64::from(moments);
        tokio::time::sleep(whole.mul_f64(share)).await;
        killed.kill().await.unwrap();
        let active = desk.releases(&["show"]).await;
        let shown = desk.releases(&["list"]).await;
        let before = active["id"] == last["release"];
        assert_eq!(shown["log"][0]["release"], active["id"]);
        let outcome = desk.publish(&[]).await;
        match before {
            true => assert_eq!(outcome["state"], "active", "killed at {share:.3}"),
            false => assert_eq!(outcome["state"], "unchanged", "killed at {share:.3}"),
        }
        last = outcome;
    }
    served(&stack, &last["release"]).await;
    stopped.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    let checked = desk.releases(&["list", "--check"]).await;
    assert_eq!(checked["entries"], json!(moments + 1));
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (code, proof) = desk.verify(&[]).await;
    assert_eq!(code, Some(0), "{proof:#}");
}
