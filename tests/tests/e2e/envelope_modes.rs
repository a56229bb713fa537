//! Encryption modes as publishers ask for them: what S3 applied, and what a checksum of the plaintext
//! is worth in an envelope.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::local_stack::{LocalStack, content};

#[tokio::test(flavor = "multi_thread")]
async fn server_side_modes_are_applied_as_requested() {
    let stack = LocalStack::start().await;
    for (mode, applied) in [
        ("sse-kms", "aws:kms"),
        ("dsse-kms", "aws:kms:dsse"),
        ("sse-s3", "AES256"),
    ] {
        let stored = stack.put(mode, mode, content(64), &[]).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{mode}: {stored:?}");
        assert_eq!(stored.json()["sse"], applied);
        let raw = stack.raw(mode).await;
        assert_eq!(raw.server_side_encryption, applied);
        assert_eq!(raw.body, content(64));
        assert_eq!(stack.describe(mode).await["sse"], applied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_is_verified_against_the_checksum_of_its_plaintext() {
    let stack = LocalStack::start().await;
    let other = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    // Held whole, and streamed.
    for (key, length) in [("small", 1000), ("large", 7 << 20)] {
        let headers = [("content-digest", other)];
        let refused = stack
            .put(key, "envelope-kms", content(length), &headers)
            .await;
        assert_eq!(
            refused.status,
            StatusCode::BAD_REQUEST,
            "{key}: {refused:?}"
        );
        assert_eq!(refused.code(), "checksum-mismatch");
        let absent = stack.send(Method::GET, key, &[]).await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_object_deletes_its_instruction_file_and_no_file_of_that_name() {
    let stack = LocalStack::start().await;
    for key in ["a", "b", "b.instruction"] {
        stack.put(key, "sse-kms", content(16), &[]).await;
    }
    stack
        .put_raw(
            "a.instruction",
            Bytes::from_static(b"{}"),
            &[("x-amz-crypto-instr-file", "")],
        )
        .await;
    for key in ["a", "b"] {
        let deleted = stack.delete(key).await;
        assert_eq!(deleted.status, StatusCode::OK, "{key}");
    }
    assert!(!stack.exists("a.instruction").await);
    assert!(stack.exists("b.instruction").await);
}
