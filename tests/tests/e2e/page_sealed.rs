//! What a publisher has sealed itself: stored as it is, listed as such, and read by nobody else.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_envelope::{DataKey, Description, Format, MasterKey, Seed, WrappedDataKey, seal};
use keyfront_tests::{local_stack::LocalStack, wire::Wire};
use serde_json::{Value, json};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
/// As the page names a key.
const KEY_ID: &str = "799a0b587a7cda81c04d039b";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_its_publisher_sealed_is_stored_with_its_envelope_bound_into_the_signature() {
    let stack = LocalStack::configured(|config| config.page = true).await;
    let rewrapped = json!({"key": "sealed.bin", "size": 21, "envelope": {"x-amz-c": "115"}});
    let begin = |document: &Value| Bytes::from(document.to_string());
    let refused = stack
        .call(Method::POST, "/uploads", &JSON, begin(&rewrapped))
        .await;
    assert_eq!(refused.code(), "upload-refused", "{refused:?}");

    let (envelope, body) = sealed(b"plain", Description::new());
    let mut document = json!({"key": "sealed.bin", "size": body.len(), "envelope": envelope});
    let plan = stack
        .call(Method::POST, "/uploads", &JSON, begin(&document))
        .await;
    assert_eq!(plan.status, StatusCode::CREATED, "{plan:?}");
    let plan = plan.json();
    let url = plan["url"].as_str().unwrap();
    let target = url.strip_prefix(&stack.dev.s3_url).unwrap();
    let headers: Vec<_> = plan["headers"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let without: Vec<_> = headers
        .iter()
        .copied()
        .filter(|(name, _)| !name.ends_with("x-amz-d"))
        .collect();
    assert_eq!(without.len() + 1, headers.len(), "{headers:?}");
    let s3 = Wire::plain(&stack.dev.s3_url);
    let altered = s3.send(Method::PUT, target, &without, body.clone()).await;
    assert_eq!(
        altered.status,
        StatusCode::FORBIDDEN,
        "a header was left out"
    );
    let sent = s3.send(Method::PUT, target, &headers, body.clone()).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    let complete = format!("/uploads/{}/complete", plan["upload"].as_str().unwrap());
    let completed = stack
        .call(Method::POST, &complete, &JSON, Bytes::new())
        .await;
    assert_eq!(completed.status, StatusCode::OK, "{completed:?}");
    let described = stack.describe("sealed.bin").await;
    assert_eq!(described["envelope"], envelope);
    assert_eq!(stack.describe("sealed.bin").await["size"], body.len());

    document["size"] = json!(5);
    let refused = stack
        .call(Method::POST, "/uploads", &JSON, begin(&document))
        .await;
    assert_eq!(refused.code(), "upload-refused", "of another size");
}

/// Stores sealed content as the page does.
async fn store(stack: &LocalStack, key: &str, envelope: &Value, body: Bytes) {
    let document = json!({"key": key, "size": body.len(), "envelope": envelope});
    let document = Bytes::from(document.to_string());
    let plan = stack.call(Method::POST, "/uploads", &JSON, document).await;
    let plan = plan.json();
    let target = plan["url"].as_str().unwrap();
    let target = target.strip_prefix(&stack.dev.s3_url).unwrap();
    let headers = plan["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = headers
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let s3 = Wire::plain(&stack.dev.s3_url);
    let sent = s3.send(Method::PUT, target, &headers, body).await;
    assert_eq!(sent.status, StatusCode::OK, "{sent:?}");
    let complete = format!("/uploads/{}/complete", plan["upload"].as_str().unwrap());
    let completed = stack.call(Method::POST, &complete, &JSON, Bytes::new());
    assert_eq!(completed.await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_publisher_sealed_is_listed_as_such_and_refused_by_the_reader() {
    let stack = LocalStack::configured(|config| config.page = true).await;
    let name = Description::from([("keyfront-key".to_owned(), KEY_ID.to_owned())]);
    let (envelope, body) = sealed(b"plain", name);
    store(&stack, "read/sealed", &envelope, body).await;
    let open = stack.put("read/open", "sse-kms", Bytes::from_static(b"x"), &[]);
    assert_eq!(open.await.status, StatusCode::CREATED);

    let listed = stack.list("prefix=read/&metadata=true").await;
    let [one, other] = &listed["objects"].as_array().unwrap()[..] else {
        panic!("{listed}");
    };
    assert_eq!(
        (&one["key"], &one["envelope"]),
        (&json!("read/open"), &Value::Null)
    );
    assert_eq!(
        (&other["key"], &other["envelope"]),
        (&json!("read/sealed"), &envelope)
    );
    // Without a look at the objects nothing is said of them.
    let plain = stack.list("prefix=read/").await;
    assert!(plain["objects"][0].get("envelope").is_none(), "{plain}");

    let read = stack.read("read/sealed", &[]).await;
    assert_eq!(
        (read.status, read.code().as_str()),
        (StatusCode::FORBIDDEN, "publisher-key-required")
    );
    let detail = read.json()["detail"].to_string();
    for words in [KEY_ID, "the publishers' page", "`keyfront open`"] {
        assert!(detail.contains(words), "{detail}");
    }
    // Viewers, by the reader's route.
    let viewed = stack.cdn().get("/read/sealed").await;
    assert_eq!(viewed.code(), "publisher-key-required");
    assert_eq!(viewed.header("cache-control"), "no-store");
}

/// An envelope under a master key that only its publisher has: its metadata, and the sealed content.
fn sealed(plain: &[u8], description: Description) -> (Value, Bytes) {
    let wrapped = WrappedDataKey::by_master_key(
        Format::V3,
        DataKey::new([7; 32]),
        &MasterKey::new([3; 32]),
        [1; 12],
        description,
    );
    let length = Some(plain.len() as u64);
    let (mut sealer, envelope) = seal(wrapped, Seed::from_random([9; 28]), length).unwrap();
    let mut body = plain.to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    let metadata = envelope.metadata().unwrap().into_iter();
    let metadata = metadata.map(|(name, value)| (name.to_owned(), Value::String(value)));
    (Value::Object(metadata.collect()), body.into())
}
