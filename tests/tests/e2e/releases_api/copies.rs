//! Copies that are not made, or take their time.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use http::{Method, StatusCode};
use keyfront_releases::Sha256Digest;
use keyfront_tests::{
    fault_proxy::{Fault, Rule},
    local_stack::LocalStack,
};
use serde_json::{Value, json};

use super::{Behind, Publisher, Release, done, page, path};

/// A published release and one that is begun with the same pages and one more; the request for copies of all that is in both.
async fn first_and_second(publisher: &Publisher) -> (Release, Release, Value) {
    let mut pages = vec![page("a.html", "hello"), page("b.html", "hallo")];
    let first = Release::of(&pages);
    publisher.publish(&first).await;
    pages.push(page("c.html", "salut"));
    let second = Release::of(&pages);
    publisher.begin(&second).await;
    let copies: Vec<Value> = second.declared()[..2]
        .iter()
        .map(|object| {
            let mut copy = object.clone();
            let fields = copy.as_object_mut().unwrap();
            let there = fields.remove("path").unwrap();
            fields.insert("from_path".to_owned(), there.clone());
            fields.insert("to_path".to_owned(), there);
            copy
        })
        .collect();
    let document = json!({"from": first.id, "files": copies});
    (first, second, document)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_knows_to_have_other_bytes_is_not_copied() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let (first, second, document) = first_and_second(&publisher).await;
    // Of the same length, under a hash that is not its own.
    let key = first.key("files/a.html");
    let named = stack.raw(&key).await.metadata["keyfront-sha256"].clone();
    let other = stack.s3().put_object().bucket(&stack.dev.bucket).key(&key);
    let other = other
        .metadata("keyfront-sha256", named)
        .checksum_sha256(Sha256Digest::of(b"hullo").base64())
        .body(ByteStream::from_static(b"hullo"));
    other.send().await.unwrap();
    let copied = done(&publisher.post(&path(&second, "copies"), document).await);
    assert_eq!(copied["copied"], 1, "{copied}");
    assert_eq!(copied["missing"][0]["to_path"], "a.html");
    assert!(!stack.exists(&second.key("files/a.html")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_late_or_collides_is_missing_and_the_others_are_made() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let behind = Behind::of(&stack).await;
    for (status, answer, reason) in [
        (
            StatusCode::BAD_REQUEST,
            "<Error><Code>RequestTimeout</Code></Error>",
            "S3 did not copy it in time",
        ),
        (
            StatusCode::CONFLICT,
            "<Error><Code>ConditionalRequestConflict</Code></Error>",
            "it is being written by another request",
        ),
    ] {
        let (_, second, document) = first_and_second(&publisher).await;
        behind.proxy.fail(Rule {
            method: Method::PUT,
            about: "files/a.html",
            fault: Fault::Answer(status, answer),
            times: usize::MAX,
        });
        let target = path(&second, "copies");
        let copied = done(&behind.publisher.post(&target, document).await);
        assert_eq!(copied["copied"], 1, "{copied}");
        let missing = &copied["missing"][0];
        assert_eq!(
            (&missing["to_path"], &missing["reason"]),
            (&json!("a.html"), &json!(reason))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_may_take_longer_than_other_calls_to_s3() {
    let stack = LocalStack::start().await;
    let publisher = Publisher::of(&stack);
    let behind = Behind::of(&stack).await;
    let (_, second, document) = first_and_second(&publisher).await;
    let gate = behind.hold(Method::PUT, "files/a.html");
    let waiting = async {
        gate.reached().await;
        // Others may take six seconds, and are sent again then.
        let again = behind.hold(Method::PUT, "files/a.html");
        let sent_again = tokio::time::timeout(Duration::from_millis(6500), again.reached());
        assert!(sent_again.await.is_err(), "it was sent again");
        gate.open();
    };
    let target = path(&second, "copies");
    let (copied, ()) = tokio::join!(behind.publisher.post(&target, document), waiting);
    assert_eq!(done(&copied), json!({"copied": 2, "missing": []}));
}
