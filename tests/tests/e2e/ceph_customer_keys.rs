//! Customer keys (SSE-C) at an S3 that nobody here wrote: boto3 sees the same there as on the dev stack, and the origin writes
//! and reads under them.
//!
//! `make test` runs these where `radosgw` is installed; elsewhere they show as ignored.

use aws_sdk_s3::{error::ProvideErrorMetadata as _, types::EncryptionType};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    boto3::observed_at_both,
    ceph::Ceph,
    local_stack::{LocalStack, content},
    origin_process::OriginProcess,
    s3_client,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

const BUCKET: &str = "customer-keys";

/// The steps that Ceph does not have: it copies no object under a customer key.
const COPY: &str = "copy to another key";
const COPIED: &str = "the copy with its key";

/// Where Ceph takes no offence: a key that the object does not need.
const NEEDLESS: &str = "get of a plain object with a key";

/// Makes a bucket of the dev stack's S3 that takes customer keys from everyone.
async fn open_bucket(stack: &LocalStack) {
    stack.create_bucket(BUCKET).await;
    stack.block(BUCKET, EncryptionType::None).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn ceph_and_the_dev_stack_agree_on_customer_keys() {
    let ceph = Ceph::start();
    let admin = s3_client::client(&ceph.url, "us-east-1", &ceph.user);
    admin.create_bucket().bucket(BUCKET).send().await.unwrap();
    let stack = LocalStack::start().await;
    open_bucket(&stack).await;
    let [theirs, ours] = observed_at_both(&ceph, &stack, "customer_keys.py", BUCKET);
    assert_eq!(theirs.len(), ours.len());
    assert_eq!(
        theirs[COPY],
        json!([501, "NotImplemented"]),
        "Ceph copies by now"
    );
    let mut kinder = Vec::new();
    for (step, ours) in &ours {
        let theirs = &theirs[step];
        if [COPY, COPIED].contains(&step.as_str()) {
            continue;
        }
        // What succeeds is the same to the byte; who refuses with which words is each one's own, and Amazon's is ours.
        match ours.is_object() {
            true => assert_eq!(ours, theirs, "{step}"),
            false if theirs.is_object() => kinder.push(step.as_str()),
            false => {}
        }
    }
    assert_eq!(kinder, [NEEDLESS], "what Ceph takes and Amazon refuses");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn the_origin_writes_and_reads_under_a_customer_key_at_ceph() {
    let ceph = Ceph::start();
    let stack = LocalStack::with_customer_keys().await;
    // One identity signs for Ceph's S3, and for KMS and SSM of the dev stack.
    let mut dev = stack.dev.clone();
    dev.credentials.origin = dev.credentials.admin.clone();
    ceph.create_user("origin", &dev.credentials.admin);
    let s3 = s3_client::client(&ceph.url, "us-east-1", &dev.credentials.admin);
    s3.create_bucket().bucket(&dev.bucket).send().await.unwrap();
    let policy = json!({"v": 1, "publishers": [{
        "id": "p",
        "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest("kfp_ceph"))}],
        "rules": [{
            "prefix": "", "methods": ["GET", "PUT", "DELETE"], "max_size": 1 << 20, "content_types": ["*/*"],
            "overwrite": true, "encryption": ["sse-c"],
        }],
    }]});
    let put = s3
        .put_object()
        .bucket(&dev.bucket)
        .key(".keyfront/publishers.json");
    let body = policy.to_string().into_bytes();
    put.body(body.into()).send().await.unwrap();

    let origin = OriginProcess::start_with(
        &dev,
        &ceph.url,
        &dev.kms_url,
        &[
            ("KEYFRONT_SSM_ENDPOINT", stack.ssm_url()),
            (
                "KEYFRONT_CUSTOMER_KEY_PARAMETER",
                LocalStack::CUSTOMER_KEY_PARAMETER,
            ),
        ],
    );
    let wire = origin.wire();
    let call = async |method: Method, target: &str, more: &[(&str, &str)], body: Bytes| {
        let own = [
            ("authorization", "Bearer kfp_ceph"),
            ("content-type", "application/octet-stream"),
        ];
        wire.send(method, target, &[&own, more].concat(), body)
            .await
    };
    let plain = content(100_000);
    let stored = call(
        Method::PUT,
        "/objects/a/b%20c?overwrite=true",
        &[],
        plain.clone(),
    )
    .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stored.json()["sse"], "SSE-C");
    let whole = call(Method::GET, "/read/a/b%20c", &[], Bytes::new()).await;
    assert_eq!((whole.status, &whole.body), (StatusCode::OK, &plain));
    let range = [("range", "bytes=17-4242")];
    let part = call(Method::GET, "/read/a/b%20c", &range, Bytes::new()).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{part:?}");
    assert_eq!(part.body, plain.slice(17..4243));
    let without = s3
        .get_object()
        .bucket(&dev.bucket)
        .key("a/b c")
        .send()
        .await;
    let without = without.unwrap_err();
    assert!(without.code().is_some(), "{without:?}");
}
