//! The built Worker in front of an S3 that nobody here wrote, path style on a custom endpoint.
//!
//! `make test` runs these where `radosgw` is installed; elsewhere they show as ignored.

use aws_sdk_s3::types::ServerSideEncryption;
use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    aws_client,
    ceph::{Ceph, KMS_KEY},
    keys, s3_client,
    stack::AwsCredentials,
    wire::Answer,
    worker::{Worker, WorkerConfig},
};
use serde_json::json;

const BUCKET: &str = "keyfront-worker";
const REGION: &str = "us-east-1";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn the_worker_serves_a_ceph_bucket() {
    let ceph = Ceph::start();
    let admin = s3_client::client(&ceph.url, REGION, &ceph.user);
    admin.create_bucket().bucket(BUCKET).send().await.unwrap();
    for key in keys::nasty() {
        let put = admin.put_object().bucket(BUCKET).key(&key);
        put.body(key.clone().into_bytes().into())
            .content_type("text/plain")
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(KMS_KEY)
            .send()
            .await
            .unwrap_or_else(|error| panic!("PUT {key:?}: {error:?}"));
    }
    let session = session(&ceph).await;
    let worker = worker(&ceph, &session);
    for key in keys::nasty() {
        let target = keys::viewer(&key);
        let answer = ask(&worker, Method::GET, &target, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (200, key.as_bytes()),
            "{key:?}"
        );
        let head = ask(&worker, Method::HEAD, &target, &[]).await;
        assert_eq!(
            head.header("content-length"),
            key.len().to_string(),
            "{key:?}"
        );
    }
    ranges_and_conditions(&worker).await;
    refusals(&ceph, &worker, &session).await;
}

async fn ranges_and_conditions(worker: &Worker) {
    let key = "/with%20space.txt";
    let whole = ask(worker, Method::GET, key, &[]).await;
    for name in [
        "server",
        "x-amz-server-side-encryption",
        "x-amz-request-id",
        "x-rgw-object-type",
    ] {
        assert_eq!(whole.header(name), "", "{name}");
    }
    let etag = whole.header("etag");
    let length = whole.body.len();
    for (header, status, body) in [
        (("range", "bytes=0-3"), 206, &whole.body[..4]),
        (("range", "bytes=-4"), 206, &whole.body[length - 4..]),
        (("if-none-match", etag), 304, &b""[..]),
        (("if-match", etag), 200, &whole.body[..]),
    ] {
        let answer = ask(worker, Method::GET, key, &[header]).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (status, body),
            "{header:?}"
        );
    }
    for (header, status) in [
        (("range", "bytes=9999-"), 416),
        (("if-match", "\"other\""), 412),
    ] {
        let answer = ask(worker, Method::GET, key, &[header]).await;
        assert_eq!(answer.status.as_u16(), status, "{header:?}");
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("<Error>"),
            "{answer:?}"
        );
    }
}

async fn refusals(ceph: &Ceph, serving: &Worker, session: &AwsCredentials) {
    let missing = ask(serving, Method::GET, "/no-such-object", &[]).await;
    assert_eq!(
        (missing.status.as_u16(), missing.code().as_str()),
        (404, "not-found")
    );
    let refused = ask(serving, Method::GET, "/+?acl", &[]).await;
    assert_eq!(refused.code(), "query-refused");
    let forged = AwsCredentials {
        secret_access_key: "wrong".to_owned(),
        ..session.clone()
    };
    let answer = ask(&worker(ceph, &forged), Method::GET, "/+", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (502, "signature-rejected")
    );
    let unknown = AwsCredentials {
        access_key_id: "AKNOBODY".to_owned(),
        session_token: None,
        ..session.clone()
    };
    // With STS, Ceph does not say which: AccessDenied.
    let answer = ask(&worker(ceph, &unknown), Method::GET, "/+", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (502, "origin-denied")
    );
}

async fn session(ceph: &Ceph) -> AwsCredentials {
    let role = ceph.create_role(
        "worker",
        &json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
        }]}),
    );
    aws_client::assume_role(&ceph.url, REGION, &ceph.user, &role).await
}

fn worker(ceph: &Ceph, credentials: &AwsCredentials) -> Worker {
    let site = json!({
        "v": 1, "bucket": BUCKET, "region": REGION, "endpoint": ceph.url, "style": "path",
        "query": [], "signing": "sigv4",
    });
    Worker::start(&WorkerConfig::of(&site, credentials))
}

async fn ask(worker: &Worker, method: Method, target: &str, headers: &[(&str, &str)]) -> Answer {
    worker
        .wire()
        .send(method, target, headers, Bytes::new())
        .await
}
