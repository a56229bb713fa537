//! Rewraps that end midway, and objects written meanwhile.

use http::Method;
use keyfront_envelope::Format;
use keyfront_tests::{
    fault_proxy::{Fault, Gate, Rule},
    local_stack::content,
    rewrap::Rewrapped,
};
use serde_json::json;

use super::{FORMATS, reported};

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rewrap_goes_on_and_reports_every_object_once() {
    let rewrapped = Rewrapped::start().await;
    for number in 0..30 {
        let key = format!("i/{number:02}");
        rewrapped
            .put_sealed(FORMATS[number % 2], rewrapped.key(), &key, &content(10))
            .await;
    }
    let gate = Gate::default();
    rewrapped.proxy.fail(Rule {
        method: Method::PUT,
        about: "/i/12",
        fault: Fault::Hold(gate.clone()),
        times: 1,
    });
    let line = [
        "--from",
        rewrapped.key(),
        "--to",
        &rewrapped.other_key,
        "--concurrency",
        "4",
    ];
    let running = rewrapped.start_run("i/", &line);
    gate.reached().await;
    running.interrupt();
    rewrapped.stopping().await;
    gate.open();
    let first = running.report().await;
    assert_eq!(first.code, 2, "{first:?}");
    assert_eq!(first.summary["complete"], false, "{first:?}");
    assert!(rewrapped.has_checkpoint());
    let done = first.findings.len();
    assert!((13..30).contains(&done), "{first:?}");

    let other = rewrapped
        .run(
            "i/",
            &["--from", &rewrapped.other_key, "--to", rewrapped.key()],
        )
        .await;
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("--from or --to"), "{other:?}");

    let second = rewrapped.to_other_key("i/", &[]).await;
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.summary["rewrapped"], 30, "{second:?}");
    let mut keys: Vec<&str> = reported(&first)
        .into_iter()
        .chain(reported(&second))
        .map(|(_, key)| key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 30);
    assert_eq!(
        done + second.findings.len(),
        30,
        "each object is reported once"
    );
    assert!(!rewrapped.has_checkpoint());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_written_meanwhile_is_reported_and_is_as_it_was_written() {
    let rewrapped = Rewrapped::start().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "w/a", &content(10))
        .await;
    let gate = Gate::default();
    rewrapped.proxy.fail(Rule {
        method: Method::PUT,
        about: "/w/a",
        fault: Fault::Hold(gate.clone()),
        times: 1,
    });
    let line = ["--from", rewrapped.key(), "--to", &rewrapped.other_key];
    let running = rewrapped.start_run("w/", &line);
    gate.reached().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "w/a", &content(20))
        .await;
    let written = rewrapped.head("w/a").await;
    gate.open();
    let report = running.report().await;
    assert_eq!(report.code, 1, "{report:?}");
    assert_eq!(reported(&report), [("changed", "w/a")]);
    assert_eq!(rewrapped.head("w/a").await.metadata(), written.metadata());
    let again = rewrapped.to_other_key("w/", &[]).await;
    assert_eq!(
        (again.code, &again.summary["rewrapped"]),
        (0, &json!(1)),
        "{again:?}"
    );
}
