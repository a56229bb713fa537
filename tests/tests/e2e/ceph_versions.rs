//! Versions at an S3 that nobody here wrote: boto3 sees the same there as on the dev stack.
//!
//! `make test` runs this where `radosgw` is installed; elsewhere it shows as ignored.

use keyfront_tests::{boto3::observed_at_both, ceph::Ceph, local_stack::LocalStack, s3_client};

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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Ceph RGW: apt-get install ceph-mon ceph-osd radosgw ceph-common"]
async fn ceph_and_the_dev_stack_agree_on_versions() {
    let ceph = Ceph::start();
    let admin = s3_client::client(&ceph.url, "us-east-1", &ceph.user);
    admin.create_bucket().bucket(BUCKET).send().await.unwrap();
    let stack = LocalStack::start().await;
    stack.create_bucket(BUCKET).await;
    let [theirs, ours] = observed_at_both(&ceph, &stack, "object_versions.py", BUCKET);
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
