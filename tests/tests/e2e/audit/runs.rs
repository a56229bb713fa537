//! How a run goes: every object once, checkpoints, throttling, reports that hostile keys do not reach.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_tests::{
    audit::{Audited, Report, read},
    fault_proxy::{Fault, Rule},
};
use serde_json::Value;

/// Pages of 1,000 keys: eleven of them, the last one short.
const MANY: usize = 10_050;

fn name(at: usize) -> String {
    format!("folder {}/object+{at:05}", at % 7)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_objects_are_reported_once_each_across_an_interruption() {
    let audited = Audited::bare().await;
    stream::iter(0..MANY)
        .for_each_concurrent(32, |at| {
            let audited = &audited;
            async move { audited.put_plain(&name(at)).await }
        })
        .await;
    // It waits at an object of the middle; keys are looked at in their order.
    let gate = audited.hold(Method::HEAD, "folder%203/object%2B05001");
    let run = audited.start(&[]);
    gate.reached().await;
    run.interrupt();
    let first = run.report().await;
    assert_eq!(first.code, 2, "{}", first.stderr);
    assert!(
        first.stderr.contains("run the same command"),
        "{}",
        first.stderr
    );
    assert_eq!(first.summary["complete"], false);
    assert!(audited.has_checkpoint());

    let second = audited.run(&[]).await;
    assert_eq!(second.code, 1, "{}", second.stderr);
    assert!(!audited.has_checkpoint());
    let lines = |report: &Report| -> Vec<String> {
        let keys = report.found_keys().into_iter();
        keys.map(|(code, key)| format!("{code} {key}")).collect()
    };
    let (first_keys, second_keys) = (lines(&first), lines(&second));
    assert!(
        first_keys.len() > 3000 && second_keys.len() > 3000,
        "{} {}",
        first_keys.len(),
        second_keys.len()
    );
    let mut all = [first_keys, second_keys].concat();
    all.sort_unstable();
    let mut expected: Vec<String> = (0..MANY)
        .map(|at| format!("other-mode {}", name(at)))
        .collect();
    expected.sort_unstable();
    assert!(all == expected, "{} reported of {MANY}", all.len());
    // The settings were reported by the first run; the numbers are of both.
    assert_eq!(second.findings.len(), second.found_keys().len());
    assert_eq!(second.summary["objects"], MANY);
    let of_bucket = |one: &&Value| one["subject"] == "bucket" && one["level"] == "violation";
    let of_bucket = first.findings.iter().filter(of_bucket).count();
    assert_eq!(second.summary["violations"], MANY + of_bucket);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_never_goes_on_from_the_checkpoint_of_another() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    let gate = audited.hold(Method::HEAD, "audited/a");
    let run = audited.start(&[]);
    gate.reached().await;
    run.interrupt();
    let report = run.report().await;
    assert_eq!(report.code, 2);
    assert!(audited.has_checkpoint());
    let before = std::fs::read(audited.checkpoint()).unwrap();
    for line in [
        &["--prefix", "a"][..],
        &["--expect-mode", "sse-s3,sse-kms"],
        &["--fix", "--yes"],
    ] {
        let report = audited.run(line).await;
        assert_eq!(report.code, 2, "{report:?}");
        assert!(report.stderr.contains("another"), "{}", report.stderr);
        assert_eq!(report.stdout, "");
    }
    assert_eq!(std::fs::read(audited.checkpoint()).unwrap(), before);
    let report = audited.run(&["--restart", "--prefix", "a"]).await;
    assert_eq!(report.found_keys(), [("other-mode", "a")]);
    assert!(!audited.has_checkpoint());
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_looks_are_made_again() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    audited.proxy.fail(Rule {
        method: Method::HEAD,
        about: "audited/a",
        fault: Fault::Answer(StatusCode::SERVICE_UNAVAILABLE, ""),
        times: 2,
    });
    let report = audited.run(&[]).await;
    assert_eq!(report.found_keys(), [("other-mode", "a")], "{report:?}");
    assert_eq!(audited.proxy.heal(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_keys_reach_neither_the_spreadsheet_nor_the_terminal() {
    let audited = Audited::bare().await;
    let keys = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "a \"quote\", comma",
        "line\nbreak",
        "\u{1b}[2J",
    ];
    for key in keys {
        audited.put_plain(key).await;
    }
    let run = async |format| {
        let line = ["--format", format, "--expect-key", audited.key()];
        let output = audited.command(&line).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let csv = run("csv").await;
    assert!(csv.starts_with("level,code,subject,key,detail,fix\r\n"));
    for cell in [
        "\"'=cmd|' /C calc'!A0\"",
        "\"'+1\"",
        "\"'-1\"",
        "\"'@SUM(A1)\"",
        "\"a \"\"quote\"\", comma\"",
        "\"line\nbreak\"",
    ] {
        assert!(
            csv.contains(&format!("violation,other-mode,object,{cell},")),
            "{cell}: {csv}"
        );
    }
    let table = run("table").await;
    assert!(
        table.contains("object line\\u000abreak: ") && table.contains("object \\u001b[2J: "),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'));
    let report = audited.run(&[]).await;
    let found: BTreeSet<&str> = report
        .found_keys()
        .into_iter()
        .map(|(_, key)| key)
        .collect();
    assert_eq!(found, keys.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_or_a_key_nobody_knows_ends_with_2() {
    let mut audited = Audited::bare().await;
    let line = ["--expect-key", "alias/none", "--format", "json"];
    let report = read(audited.command(&line).output().await.unwrap());
    assert_eq!(report.code, 2, "{report:?}");
    assert!(report.stderr.contains("alias/none"), "{}", report.stderr);
    let line = ["--expect-key", "alias/keyfront-dev", "--format", "json"];
    let output = audited.command(&line).output().await.unwrap();
    assert_eq!(read(output).code, 1, "an alias is looked up");
    audited.bucket = "no-such-bucket".to_owned();
    let report = audited.run(&[]).await;
    assert_eq!(report.code, 2);
    assert!(
        report.stderr.contains("no-such-bucket cannot be accessed"),
        "{}",
        report.stderr
    );
    assert_eq!(report.stdout, "");
}
