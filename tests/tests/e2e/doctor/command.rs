//! The command itself: its JSON, what it refuses, a reader who leaves.

use std::path::Path;

use keyfront_tests::artefacts;
use serde_json::Value;

use super::{CASE, Case, Start, stage::Stage};

#[tokio::test(flavor = "multi_thread")]
async fn json_is_one_object_with_the_verdict_and_all_evidence() {
    let stage = Stage::start(Start::Whole).await;
    let missing = Case {
        target: "/a/none.txt?X-Amz-Signature=abcdef",
        ..CASE
    };
    let (code, text) = stage.consult(&missing, true).await;
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 21);
    assert_eq!(report["exit_code"], 21);
    assert_eq!(report["verdict"], "object-missing");
    assert_eq!(report["class"], "missing");
    assert_eq!(report["certainty"], "certain");
    let evidence = &report["evidence"];
    assert_eq!(evidence["answer"]["found"]["code"], "not-found");
    assert_eq!(
        evidence["replay"]["found"]["asked"]["get"]["document"]["code"],
        "NoSuchKey"
    );
    assert_eq!(
        evidence["behaviour"]["found"]["site"]["valid"]["bucket"],
        "keyfront-dev"
    );
    assert!(!text.contains("abcdef"), "{text}");
}

#[test]
fn the_doctor_refuses_what_is_no_url_and_files_that_are_not_there() {
    let doctor = |arguments: &[&str]| {
        let output = std::process::Command::new(artefacts::keyfront())
            .arg("doctor")
            .args(arguments)
            .output()
            .unwrap();
        let output_text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), output_text)
    };
    let (code, output_text) = doctor(&["cdn.example/a"]);
    assert!(
        code == 2 && output_text.contains("https://"),
        "{code} {output_text}"
    );
    let nowhere = Path::new("/nonexistent/dev.json").to_str().unwrap();
    let (code, output_text) = doctor(&["https://localhost:1/", "--dev", nowhere]);
    assert!(
        code == 1 && output_text.contains("keyfront dev"),
        "{code} {output_text}"
    );
    let (code, output_text) = doctor(&["https://localhost:1/", "--ca", nowhere]);
    assert!(
        code == 1 && output_text.contains("CA"),
        "{code} {output_text}"
    );
}

/// Answers every call of one service in the same words.
/// As `| head -1` does.
#[test]
fn a_reader_who_leaves_changes_neither_verdict_nor_exit_code() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = std::process::Command::new(artefacts::keyfront())
        .args(["doctor", "https://localhost:1/"])
        .stdout(writer)
        .output()
        .unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(11), "{output_text}");
    assert!(!output_text.contains("panicked"), "{output_text}");
}
