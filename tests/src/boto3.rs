//! What boto3 sees of an S3, step by step: the scripts of `tests/python` that print it.

use std::process::Command;

use serde_json::{Map, Value};

use crate::{artefacts, ceph::Ceph, local_stack::LocalStack, stack::AwsCredentials};

/// What the script sees of the bucket at Ceph, and of the one of that name at the stack, by its steps.
pub fn observed_at_both(
    ceph: &Ceph,
    stack: &LocalStack,
    script: &str,
    bucket: &str,
) -> [Map<String, Value>; 2] {
    let dev = &stack.dev;
    let theirs = observed(script, (&ceph.url, "us-east-1"), &ceph.user, bucket);
    let ours = observed(
        script,
        (&dev.s3_url, &dev.region),
        &dev.credentials.admin,
        bucket,
    );
    [theirs, ours]
}

fn observed(
    script: &str,
    (url, region): (&str, &str),
    user: &AwsCredentials,
    bucket: &str,
) -> Map<String, Value> {
    let output = Command::new(artefacts::python())
        .arg(artefacts::root().join("tests/python").join(script))
        .args([
            url,
            region,
            &user.access_key_id,
            &user.secret_access_key,
            bucket,
        ])
        .output()
        .unwrap();
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problems}");
    serde_json::from_slice(&output.stdout).unwrap()
}
