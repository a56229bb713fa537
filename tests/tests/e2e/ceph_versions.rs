//! Versions at an S3 that nobody here wrote: boto3 sees the same there as on the dev stack.
//!
//! `make test` runs this where `radosgw` is installed; elsewhere it shows as ignored.

use std::process::Command;

use keyfront_tests::{
    artefacts, ceph::Ceph, local_stack::LocalStack, s3_client, stack::AwsCredentials,
};
use serde_json::{Map, Value};

const BUCKET: &str = "object-versions";

/// Where Ceph 16 says less than Amazon, or errs.
const OTHERWISE: [(&str, &[&str]); 6] = [
    (
        "it does not name the null version that it reads, nor say that one it removed was a marker",
        &[
            "get what was before",
            "get suspended",
            "remove the null marker",
        ],
    ),
    (
        "a delete marker is like nothing: 404 by its id, and not told",
        &[
            "get deleted",
            "head deleted",
            "get the marker",
            "head the marker",
            "copy the deleted",
        ],
    ),
    (
        "a version that is gone is a key that is gone, and removing it again names nothing",
        &["get version 2", "remove version 2 again"],
    ),
    (
        "a copy names no versions",
        &["copy version 1", "restore version 1"],
    ),
    ("a deleted object is not deleted again", &["delete twice"]),
    (
        "pages that begin within the versions of some keys repeat for ever",
        &["pages of one"],
    ),
];

/// What boto3 saw, step by step (`tests/python/object_versions.py`).
fn observed(url: &str, region: &str, user: &AwsCredentials) -> Map<String, Value> {
    let output = Command::new(artefacts::python())
        .arg(artefacts::root().join("tests/python/object_versions.py"))
        .args([
            url,
            region,
            &user.access_key_id,
            &user.secret_access_key,
            BUCKET,
        ])
        .output()
        .unwrap();
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problems}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn ceph_and_the_dev_stack_agree_on_versions() {
    let ceph = Ceph::start();
    let admin = s3_client::client(&ceph.url, "us-east-1", &ceph.user);
    admin.create_bucket().bucket(BUCKET).send().await.unwrap();
    let stack = LocalStack::start().await;
    let region = aws_sdk_s3::types::BucketLocationConstraint::from(&*stack.dev.region);
    let location = aws_sdk_s3::types::CreateBucketConfiguration::builder();
    let call = stack.s3().create_bucket().bucket(BUCKET);
    let call = call.create_bucket_configuration(location.location_constraint(region).build());
    call.send().await.unwrap();
    let theirs = observed(&ceph.url, "us-east-1", &ceph.user);
    let ours = observed(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.admin,
    );
    assert_eq!(theirs.len(), ours.len());
    let known: Vec<&str> = OTHERWISE
        .iter()
        .flat_map(|(_, steps)| *steps)
        .copied()
        .collect();
    for (step, ours) in &ours {
        let agree = *ours == theirs[step];
        assert_eq!(
            agree,
            !known.contains(&step.as_str()),
            "{step}: {ours} here, {} there",
            theirs[step]
        );
    }
    let unknown: Vec<_> = known
        .iter()
        .filter(|step| !ours.contains_key(**step))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
