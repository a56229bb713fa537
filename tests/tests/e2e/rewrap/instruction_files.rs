//! Envelopes that stand in a file beside their object.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_envelope::{Envelope, INSTRUCTION_FILE_MARKER};
use keyfront_tests::{audit::Report, local_stack::content, rewrap::Rewrapped};
use serde_json::json;

use super::{FORMATS, reported};

/// What is reported of objects and files as they are. The bucket keeps versions, and the former ones of an instruction file are
/// not paired with those of its object: they are not checked.
fn reported_now(report: &Report) -> Vec<(&str, &str)> {
    let mut found = reported(report);
    found.retain(|(status, key)| *status != "not-checked" || !key.ends_with(".instruction"));
    found
}

/// Writes a sealed object and its instruction file.
pub(crate) async fn put_with_file(
    rewrapped: &Rewrapped,
    object: &str,
    envelope: &Envelope,
    body: &Bytes,
) {
    let (metadata, file) = envelope.with_instruction_file().unwrap();
    let put = rewrapped.put(&format!("{object}.instruction"), file.into());
    let put = put
        .metadata(INSTRUCTION_FILE_MARKER, "")
        .content_type("application/json")
        .tagging("a=1");
    put.send().await.unwrap();
    let mut put = rewrapped.put(object, body.clone());
    for (name, value) in metadata {
        put = put.metadata(name, value);
    }
    put.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_file_is_rewritten_and_its_object_is_not() {
    let rewrapped = Rewrapped::start().await;
    let plain = content(5000);
    for format in FORMATS {
        let object = format!("read/f/{format:?}");
        let (envelope, body) = rewrapped
            .seal_by_kms(format, &rewrapped.other_key, &object, &plain)
            .await;
        put_with_file(&rewrapped, &object, &envelope, &body).await;
        let before = rewrapped.head(&object).await;
        let line = ["--from", &rewrapped.other_key, "--to", rewrapped.key()];
        let report = rewrapped.run(&object, &line).await;
        assert_eq!(report.code, 0, "{report:?}");
        assert_eq!(reported_now(&report), [("rewrapped", object.as_str())]);
        let after = rewrapped.head(&object).await;
        assert_eq!(after.metadata(), before.metadata());
        assert_eq!(after.last_modified(), before.last_modified());
        let file = rewrapped.head(&format!("{object}.instruction")).await;
        assert_eq!(file.content_type(), Some("application/json"));
        assert_eq!(file.tag_count(), Some(1));
        assert!(
            file.metadata()
                .unwrap()
                .contains_key(INSTRUCTION_FILE_MARKER)
        );
        let again = rewrapped.run(&object, &line).await;
        assert_eq!(
            (again.code, &again.summary["already"]),
            (0, &json!(1)),
            "{again:?}"
        );
    }
    rewrapped.set_key("DisableKey", &rewrapped.other_key).await;
    for format in FORMATS {
        let target = format!("/read/f/{format:?}");
        let viewed = rewrapped
            .stack
            .cdn()
            .send(Method::GET, &target, &[], Bytes::new())
            .await;
        assert_eq!(
            (viewed.status, &viewed.body),
            (StatusCode::OK, &plain),
            "{format:?}"
        );
    }
    // Half an envelope without its file.
    let s3 = rewrapped.s3();
    let file = s3
        .delete_object()
        .bucket(rewrapped.bucket())
        .key("read/f/V3.instruction");
    file.send().await.unwrap();
    let line = ["--from", &rewrapped.other_key, "--to", rewrapped.key()];
    let report = rewrapped.run("read/f/V3", &line).await;
    assert_eq!(
        reported_now(&report),
        [("broken-envelope", "read/f/V3")],
        "{report:?}"
    );
}
