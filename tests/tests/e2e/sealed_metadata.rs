//! Sealed metadata over the publishers' API: what a publisher reads back, what the bucket shows, and
//! what a page costs in calls to KMS.

use bytes::Bytes;
use http::StatusCode;
use keyfront_dev_kms::Operation;
use keyfront_tests::local_stack::LocalStack;

const DETAILS: [(&str, &str); 2] = [
    ("keyfront-file-name", "J%C3%A4nner.pdf"),
    ("keyfront-tags", "draft,2026"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_reads_back_what_the_bucket_does_not_show() {
    let stack = LocalStack::start().await;
    let body = Bytes::from_static(b"content");
    for mode in ["sse-kms", "envelope-kms"] {
        let key = format!("a/{mode}");
        let stored = stack.put(&key, mode, body.clone(), &DETAILS).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
        let description = stack.describe(&key).await;
        assert_eq!(description["metadata"]["file_name"], "J\u{e4}nner.pdf");
        assert_eq!(
            description["metadata"]["tags"],
            serde_json::json!(["draft", "2026"])
        );
        assert_eq!(description["metadata"]["uploader"], "dev");
        assert!(description["metadata"]["uploaded_at"].is_string());
        let raw = stack.raw(&key).await;
        assert!(!format!("{:?}", raw.metadata).contains("nner"));
        let size: usize = raw.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
        assert!(size <= 2048, "{mode}: {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_moved_to_another_object_is_invalid() {
    let stack = LocalStack::start().await;
    let body = Bytes::from_static(b"content");
    stack.put("a", "sse-kms", body.clone(), &DETAILS).await;
    let raw = stack.raw("a").await;
    stack.overwrite_raw("b", body, &raw).await;
    let description = stack.describe("b").await;
    assert_eq!(
        description["metadata"],
        serde_json::json!({"invalid": true})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_hundred_costs_one_call_to_kms_for_each_wrapped_key() {
    let stack = LocalStack::start().await;
    let generated = stack.kms().calls().of(Operation::GenerateDataKey);
    for number in 0..100 {
        let key = format!("page/{number:03}");
        let stored = stack
            .put(&key, "sse-s3", Bytes::from_static(b"x"), &DETAILS)
            .await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    }
    assert_eq!(
        stack.kms().calls().of(Operation::GenerateDataKey) - generated,
        1
    );
    let before = stack.kms().calls().of(Operation::Decrypt);
    let page = stack.list("prefix=page/&limit=100&metadata=true").await;
    let objects = page["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 100);
    assert!(
        objects
            .iter()
            .all(|object| object["metadata"]["file_name"] == "J\u{e4}nner.pdf")
    );
    assert_eq!(stack.kms().calls().of(Operation::Decrypt) - before, 1);
}
