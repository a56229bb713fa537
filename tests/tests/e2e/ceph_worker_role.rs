//! The Worker's sessions from an STS that nobody here wrote.
//!
//! `make test` runs these where `radosgw` is installed; elsewhere they show as ignored.

use keyfront_tests::{
    ceph::Ceph,
    s3_client,
    worker::{Worker, WorkerConfig},
};
use serde_json::json;

const BUCKET: &str = "keyfront-worker-role";
const REGION: &str = "us-east-1";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn ceph_gives_the_worker_a_session_of_its_role() {
    let ceph = Ceph::start();
    let admin = s3_client::client(&ceph.url, REGION, &ceph.user);
    admin.create_bucket().bucket(BUCKET).send().await.unwrap();
    for key in ["read/a", "other/a"] {
        let put = admin.put_object().bucket(BUCKET).key(key);
        put.body(b"content".to_vec().into()).send().await.unwrap();
    }
    let role = ceph.create_role(
        "worker-reads",
        &json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [format!("arn:aws:s3:::{BUCKET}/read/*")],
        }]}),
    );
    let entry = |role: &str| {
        json!({"v": 1, "sites": [{"match": {}, "site": {
            "v": 1, "bucket": BUCKET, "region": REGION, "endpoint": ceph.url, "style": "path",
            "query": [], "signing": "sigv4",
        }, "role": {"arn": role, "region": REGION, "endpoint": ceph.url}}]})
    };
    let worker = |role: &str| {
        let config = WorkerConfig::default().with_sites(&entry(role));
        Worker::start(&config.with_credentials(&ceph.user))
    };
    let serving = worker(&role);
    let read = serving.wire().get("/read/a").await;
    assert_eq!(
        (read.status.as_u16(), &read.body[..]),
        (200, &b"content"[..]),
        "{}",
        serving.log()
    );
    // The user may read it, the role may not.
    let denied = serving.wire().get("/other/a").await;
    assert_eq!(
        (denied.status.as_u16(), denied.code().as_str()),
        (502, "origin-denied")
    );

    let nobody = worker("arn:aws:iam:::role/nobody");
    let refused = nobody.wire().get("/read/a").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (503, "credentials-missing")
    );
}
