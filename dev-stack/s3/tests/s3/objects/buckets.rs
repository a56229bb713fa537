//! Buckets: made, listed, and kept to the rules.

use super::put;
use crate::stack::{BUCKET, Stack, code, error};

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn buckets_are_made_listed_and_kept_to_the_rules() {
    let stack = Stack::start().await;
    let client = stack.client();
    let here = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-central-1".into())
        .build();
    client
        .create_bucket()
        .bucket("second")
        .create_bucket_configuration(here.clone())
        .send()
        .await
        .unwrap();
    let again = client
        .create_bucket()
        .bucket("second")
        .create_bucket_configuration(here)
        .send()
        .await;
    assert_eq!(code(again), error(409, "BucketAlreadyOwnedByYou"));
    let elsewhere = client.create_bucket().bucket("third").send().await;
    assert_eq!(
        code(elsewhere),
        error(400, "IllegalLocationConstraintException")
    );
    let names: Vec<_> = client
        .list_buckets()
        .send()
        .await
        .unwrap()
        .buckets()
        .iter()
        .map(|b| b.name().unwrap().to_owned())
        .collect();
    assert_eq!(names, [BUCKET, "second"]);
    let location = client
        .get_bucket_location()
        .bucket("second")
        .send()
        .await
        .unwrap();
    assert_eq!(
        location.location_constraint().unwrap().as_str(),
        "eu-central-1"
    );
    let head = client.head_bucket().bucket("second").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("eu-central-1"));
    put(&stack, "x", b"x").await;
    assert_eq!(
        code(client.delete_bucket().bucket(BUCKET).send().await),
        error(409, "BucketNotEmpty")
    );
    let versioning = client
        .get_bucket_versioning()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert!(versioning.status().is_none());
    let block = client
        .get_public_access_block()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(
        block
            .public_access_block_configuration()
            .unwrap()
            .block_public_policy(),
        Some(true)
    );
    assert_eq!(
        code(
            client
                .list_objects_v2()
                .bucket("no-such-bucket")
                .send()
                .await
        ),
        error(404, "NoSuchBucket")
    );
}
