//! Buckets, keys and trails that exist already: which can be used, and what is reported of them.

use keyfront_tests::scripted_aws::Trail;
use serde_json::json;

use super::refused_unwritten;
use crate::deploy_bench::{Bench, TOGETHER, done};

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_bucket_and_key_must_be_usable_and_belong_together() {
    let bench = Bench::new().await;
    let arn = "arn:aws:kms:us-east-1:123456789012:key/k";
    let (bucket, key) = (
        "ExistingBucket=media-content",
        format!("ExistingKeyArn={arn}"),
    );
    let both = [bucket, key.as_str()];
    "PendingDeletion".clone_into(&mut bench.aws.state().key_state);
    refused_unwritten(&bench, &both, "cancel-key-deletion").await;
    bench.aws.state().key_state.clear();
    let missing = ["ExistingBucket=missing-bucket", key.as_str()];
    refused_unwritten(&bench, &missing, "there is no such bucket").await;
    bench.aws.state().bucket_region = Some("eu-west-1".to_owned());
    refused_unwritten(&bench, &both, "deploy with --region eu-west-1").await;
    bench.aws.state().bucket_region = None;
    bench.aws.state().bucket_key = Some("another".to_owned());
    refused_unwritten(&bench, &both, "give ExistingKeyArn=another").await;
    bench.aws.state().bucket_key = Some(arn.to_owned());
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", both[0], "-p", both[1]])
            .await,
    );
}

/// `-p` of an existing bucket and its key.
const EXISTING: [&str; 2] = [
    "ExistingBucket=media-content",
    "ExistingKeyArn=arn:aws:kms:us-east-1:123456789012:key/k",
];

impl Bench {
    /// With buckets that encrypt by the key of [`EXISTING`].
    async fn with_existing_bucket() -> Self {
        let bench = Self::new().await;
        bench.aws.state().bucket_key = Some("k".to_owned());
        bench
    }

    /// Deploys with these parameters; what was reported.
    pub(super) async fn deployed(&self, parameters: &[&str]) -> String {
        let mut flags = vec!["--yes"];
        for parameter in parameters {
            flags.extend(["-p", parameter]);
        }
        done(&self.deploy(TOGETHER, &flags).await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_retains_objects_needs_checksums() {
    let bench = Bench::with_existing_bucket().await;
    bench.aws.state().retaining = true;
    refused_unwritten(&bench, &EXISTING, "give UploadChecksum=required").await;
    let optional = [EXISTING[0], EXISTING[1], "UploadChecksum=optional"];
    refused_unwritten(&bench, &optional, "give UploadChecksum=required").await;
    let required = [EXISTING[0], EXISTING[1], "UploadChecksum=required"];
    bench.deployed(&required).await;
    // It is not taken back while the bucket retains.
    refused_unwritten(&bench, &["UploadChecksum=optional"], "Object Lock").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_policy_that_denies_the_stacks_roles_is_refused_by_its_statement() {
    let bench = Bench::with_existing_bucket().await;
    let deny = |condition: serde_json::Value| {
        let statement = json!({"Sid": "OnlyFromOurVpc", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": "arn:aws:s3:::media-content/*", "Condition": condition});
        Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
    };
    let vpc = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}});
    bench.aws.state().bucket_policy = deny(vpc);
    let expected = "statement OnlyFromOurVpc of the policy of ExistingBucket media-content denies s3:DeleteObject to the origin, s3:GetObject to the edge";
    refused_unwritten(&bench, &EXISTING, expected).await;
    let vpc_or_stack = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"},
        "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/media-*"}});
    bench.aws.state().bucket_policy = deny(vpc_or_stack);
    bench.deployed(&EXISTING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bucket_policy_leaves_open_and_weak_settings_are_reported_and_stop_nothing() {
    let bench = Bench::with_existing_bucket().await;
    let statement = json!({"Sid": "Office", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::media-content/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    bench.aws.state().bucket_policy = Some(policy.to_string());
    bench.aws.state().public_access = true;
    let reported = bench.deployed(&EXISTING).await;
    for expected in [
        "Not checked: whether statement Office of the policy of ExistingBucket media-content denies s3:GetObject",
        "that depends on NotIpAddress aws:SourceIp",
        "Warning: ExistingBucket media-content does not block public access completely",
        "Warning: ExistingBucket media-content has no bucket key",
        "Warning: ExistingBucket media-content does not block SSE-C",
        "Warning: the policy of ExistingBucket media-content does not end presigned requests after PresignedLifetime (3600 seconds)",
        r#""Condition":{"NumericGreaterThan":{"s3:signatureAge":"3600000"}}"#,
    ] {
        assert!(reported.contains(expected), "{expected}: {reported}");
    }
}

/// The statement that the command printed, added to the policy as it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_statement_that_ends_presigned_requests_is_printed_until_the_policy_has_it() {
    let bench = Bench::with_existing_bucket().await;
    let parameters = [EXISTING[0], EXISTING[1], "PresignedLifetime=900"];
    let missing = "does not end presigned requests after PresignedLifetime (900 seconds)";
    let reported = bench.deployed(&parameters).await;
    let line = reported.lines().find(|line| line.contains(missing));
    let (_, statement) = line.unwrap().split_once("add this statement: ").unwrap();
    let statement: serde_json::Value = serde_json::from_str(statement).unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    bench.aws.state().bucket_policy = Some(policy.to_string());
    let reported = bench.deployed(&parameters).await;
    assert!(!reported.contains("presigned"), "{reported}");
    assert!(!reported.contains("NoOldPresignedRequests"), "{reported}");
    let reported = bench.deployed(&["PresignedLifetime=600"]).await;
    assert!(reported.contains("(600 seconds)"), "{reported}");
}

const TRAIL: &str = "ExistingTrailArn=arn:aws:cloudtrail:us-east-1:123456789012:trail/own";

fn trail(values: &serde_json::Value) -> Trail {
    let resources = json!([{"Type": "AWS::S3::Object", "Values": values}]);
    let selector = json!({"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": resources});
    Trail {
        home: TOGETHER.to_owned(),
        multi_region: false,
        logging: true,
        selectors: json!({"EventSelectors": [selector]}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_trail_must_log_the_buckets_data_events() {
    let bench = Bench::with_existing_bucket().await;
    let named = [EXISTING[0], EXISTING[1], "Audit=true", TRAIL];
    refused_unwritten(&bench, &named, "there is no such trail").await;
    let good = trail(&json!(["arn:aws:s3:::media-content/"]));
    let elsewhere = Trail {
        home: "eu-west-1".to_owned(),
        ..good.clone()
    };
    bench.aws.state().trail = Some(elsewhere);
    refused_unwritten(&bench, &named, "records eu-west-1 only").await;
    let stopped = Trail {
        logging: false,
        ..good.clone()
    };
    bench.aws.state().trail = Some(stopped);
    refused_unwritten(&bench, &named, "aws cloudtrail start-logging").await;
    bench.aws.state().trail = Some(trail(&json!(["arn:aws:s3:::other/"])));
    let expected = "records no data events of bucket media-content; add an event selector";
    refused_unwritten(&bench, &named, expected).await;
    bench.aws.state().trail = Some(trail(&json!(["arn:aws:s3:::media-content/img/"])));
    let expected = "records only some data events of bucket media-content (only arn:aws:s3:::media-content/img/)";
    refused_unwritten(&bench, &named, expected).await;
    bench.aws.state().trail = Some(good);
    bench.deployed(&named).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_cannot_name_a_bucket_that_is_not_made_yet() {
    let bench = Bench::new().await;
    bench.aws.state().trail = Some(trail(&json!(["arn:aws:s3:::other/"])));
    let reported = bench.deployed(&["Audit=true", TRAIL]).await;
    let expected = "after this deployment has created the bucket, add an event selector";
    assert!(reported.contains(expected), "{reported}");
    // Now it is there, and must be recorded.
    refused_unwritten(
        &bench,
        &[TRAIL],
        "records no data events of bucket media-content",
    )
    .await;
}
