//! Objects and keys that cannot be rewrapped, and what stays under the old key.

use keyfront_envelope::Format;
use keyfront_tests::{
    local_stack::content,
    rewrap::{Rewrapped, seal_by_master, with_envelope},
};
use serde_json::json;

use super::reported;

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_rewrapped_is_reported_with_its_reason() {
    let rewrapped = Rewrapped::start().await;
    let plain = content(10);
    // Under a key that a stranger chose: it must not come to be wrapped by ours.
    let stranger = keyfront_tests::audit::new_kms_key(&rewrapped.stack.dev).await;
    rewrapped
        .put_sealed(Format::V3, &stranger, "x/stranger", &plain)
        .await;
    let (envelope, body) = seal_by_master(Format::V3, [3; 32], &plain);
    with_envelope(rewrapped.put("x/master", body), &envelope)
        .send()
        .await
        .unwrap();
    // Another object's data key: it commits to its own.
    let (envelope, body) = rewrapped
        .seal_by_kms(Format::V3, rewrapped.key(), "x/forged", &plain)
        .await;
    let (other, _) = rewrapped
        .seal_by_kms(Format::V3, rewrapped.key(), "x/forged", &plain)
        .await;
    let forged = with_envelope(rewrapped.put("x/forged", body), &envelope);
    let key = other
        .metadata()
        .unwrap()
        .into_iter()
        .find(|(name, _)| *name == "x-amz-3")
        .unwrap();
    forged.metadata(key.0, key.1).send().await.unwrap();
    let put = async |key: &str, metadata: &[(&str, &str)]| {
        rewrapped.stack.put_raw(key, plain.clone(), metadata).await;
    };
    put("x/plain", &[("colour", "blue")]).await;
    put(
        "x/v1",
        &[
            ("x-amz-key", "AA=="),
            ("x-amz-iv", "AA=="),
            ("x-amz-matdesc", "{}"),
        ],
    )
    .await;
    put("x/mixed", &[("x-amz-c", "115"), ("x-amz-key-v2", "AA==")]).await;
    put(
        "x/rsa",
        &[
            ("x-amz-key-v2", "AA=="),
            ("x-amz-iv", "AAAAAAAAAAAAAAAA"),
            ("x-amz-matdesc", "{}"),
            ("x-amz-tag-len", "128"),
            ("x-amz-cek-alg", "AES/GCM/NoPadding"),
            ("x-amz-wrap-alg", "RSA-OAEP-SHA1"),
        ],
    )
    .await;
    let report = rewrapped.to_other_key("x/", &[]).await;
    let expected = [
        ("broken-envelope", "x/forged"),
        ("broken-envelope", "x/mixed"),
        ("not-sealed", "x/plain"),
        ("unknown-wrapping", "x/master"),
        ("unknown-wrapping", "x/stranger"),
        ("unsupported", "x/rsa"),
        ("unsupported", "x/v1"),
    ];
    assert_eq!(reported(&report), expected, "{report:?}");
    assert_eq!(report.code, 1);
    let only = rewrapped.to_other_key("x/plain", &[]).await;
    assert_eq!(
        (only.code, reported(&only)),
        (0, vec![("not-sealed", "x/plain")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_used_is_named_with_the_reason() {
    let rewrapped = Rewrapped::start().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "k/a", &content(10))
        .await;
    let before = rewrapped.head("k/a").await;
    for disabled in [rewrapped.key(), &rewrapped.other_key] {
        rewrapped.set_key("DisableKey", disabled).await;
        let report = rewrapped.to_other_key("k/", &[]).await;
        assert_eq!(report.code, 2, "{report:?}");
        assert!(report.stderr.contains(disabled), "{report:?}");
        assert!(report.stderr.contains("DisabledException"), "{report:?}");
        rewrapped.set_key("EnableKey", disabled).await;
    }
    // A role without rights on the new key, and nobody's rights on the old one.
    let edge = &rewrapped.stack.dev.credentials.edge;
    let line = [
        "--from",
        rewrapped.key(),
        "--to",
        &rewrapped.other_key,
        "--yes",
    ];
    let output = rewrapped
        .command_as(edge, "k/", &line)
        .output()
        .await
        .unwrap();
    let report = keyfront_tests::audit::read(output);
    assert_eq!(report.code, 2, "{report:?}");
    assert_eq!(rewrapped.head("k/a").await.metadata(), before.metadata());
    let done = rewrapped.to_other_key("k/", &[]).await;
    assert_eq!(
        (done.code, &done.summary["rewrapped"]),
        (0, &json!(1)),
        "{done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_keeps_under_the_old_key_is_told_until_a_storage_key_is_given() {
    let rewrapped = Rewrapped::start().await;
    rewrapped.allow_every_key().await;
    rewrapped
        .stack
        .put("s/a", "envelope-kms", content(10), &[])
        .await;
    let report = rewrapped.to_other_key("s/", &[]).await;
    assert_eq!(
        (report.code, &report.summary["rest_under_old"]),
        (0, &json!(1)),
        "{report:?}"
    );
    assert!(report.stderr.contains("--storage-key"), "{report:?}");
    let other = rewrapped.other_key.clone();
    let report = rewrapped
        .to_other_key("s/", &["--storage-key", &other])
        .await;
    assert_eq!(
        (report.code, &report.summary["rest_under_old"]),
        (0, &json!(0)),
        "{report:?}"
    );
    let head = rewrapped.head("s/a").await;
    assert_eq!(head.ssekms_key_id(), Some(other.as_str()));
}
