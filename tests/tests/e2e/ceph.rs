//! The built bundle's signatures are accepted by an S3 that nobody here wrote.
//!
//! `make test` runs these where `radosgw` is installed; elsewhere they show as ignored.

use aws_sdk_s3::types::ServerSideEncryption;
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    aws_client,
    ceph::{Ceph, KMS_KEY},
    edge_bundle::{self, EdgeBundle},
    keys, s3_client,
    stack::AwsCredentials,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};

const BUCKET: &str = "keyfront-ceph";
const REGION: &str = "us-east-1";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn ceph_accepts_the_bundles_signatures_with_a_session_token_for_every_key() {
    let ceph = Ceph::start();
    let admin = s3_client::client(&ceph.url, REGION, &ceph.user);
    admin.create_bucket().bucket(BUCKET).send().await.unwrap();
    for key in keys::nasty() {
        admin
            .put_object()
            .bucket(BUCKET)
            .key(&key)
            .body(key.clone().into_bytes().into())
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(KMS_KEY)
            .send()
            .await
            .unwrap_or_else(|error| panic!("PUT {key:?}: {error:?}"));
    }
    let session = edge_session(&ceph).await;
    let mut edge = Edge::of(&ceph);

    for key in keys::nasty() {
        let answer = edge.fetch("GET", &keys::viewer(&key), &session).await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (StatusCode::OK, key.as_bytes()),
            "{key:?}"
        );
        let head = edge.fetch("HEAD", &keys::viewer(&key), &session).await;
        assert_eq!(
            head.header("content-length"),
            key.len().to_string(),
            "{key:?}"
        );
    }

    // The same requests with anything wrong are refused: what Ceph accepted above, it had verified.
    let mut forged = session.clone();
    forged.secret_access_key.push('x');
    assert_eq!(
        edge.fetch("GET", "/100%25", &forged).await.status,
        StatusCode::FORBIDDEN
    );
    let mut without_token = session.clone();
    without_token.session_token = None;
    assert_ne!(
        edge.fetch("GET", "/100%25", &without_token).await.status,
        StatusCode::OK
    );
    let signed = edge.sign("GET", "/100%25", &session);
    assert_eq!(
        edge.send("GET", "/%2B", &signed).await.status,
        StatusCode::FORBIDDEN
    );
}

/// A session of a role that may read, as the edge's role may.
async fn edge_session(ceph: &Ceph) -> AwsCredentials {
    let role = ceph.create_role(
        "edge",
        &json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": [format!("arn:aws:s3:::{BUCKET}"), format!("arn:aws:s3:::{BUCKET}/*")],
        }]}),
    );
    aws_client::assume_role(&ceph.url, REGION, &ceph.user, &role).await
}

/// The bundle in Node on one side, Ceph on the other.
struct Edge {
    bundle: EdgeBundle,
    wire: Wire,
    site: Value,
}

impl Edge {
    fn of(ceph: &Ceph) -> Self {
        let site = json!({
            "v": 1, "bucket": BUCKET, "region": REGION, "endpoint": ceph.url, "style": "path",
            "query": [], "signing": "sigv4",
        });
        Self {
            bundle: EdgeBundle::start(),
            wire: Wire::plain(&ceph.url),
            site,
        }
    }

    async fn fetch(&mut self, method: &str, uri: &str, credentials: &AwsCredentials) -> Answer {
        let signed = self.sign(method, uri, credentials);
        let target = signed["uri"]
            .as_str()
            .unwrap_or_else(|| panic!("{uri}: {signed}"))
            .to_owned();
        self.send(
            method,
            &target.replacen(&format!("/{BUCKET}"), "", 1),
            &signed,
        )
        .await
    }

    fn sign(&mut self, method: &str, uri: &str, credentials: &AwsCredentials) -> Value {
        let event = edge_bundle::origin_request(method, uri, self.wire.authority(), &self.site);
        self.bundle.handle(&event, credentials)
    }

    /// Sends what the handler returned, to `path` within the bucket, adding what CloudFront adds.
    async fn send(&self, method: &str, path: &str, signed: &Value) -> Answer {
        let request_id = "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==";
        let mut headers = vec![("x-amz-cf-id", request_id)];
        for (name, values) in signed["headers"].as_object().unwrap() {
            // The client sets Host itself, to the same value.
            if name != "host" {
                headers.push((name, values[0]["value"].as_str().unwrap()));
            }
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.wire
            .send(method, &format!("/{BUCKET}{path}"), &headers, Bytes::new())
            .await
    }
}
