//! `keyfront deploy`, `status`, `outputs` and `destroy` against an AWS that fails on demand.

use std::time::Duration;

use keyfront_tests::scripted_aws::{
    BUCKETS, CACHE_POLICIES, DISTRIBUTIONS, FakeStack, HEADERS_POLICIES, Held, ROLES, Trail,
};
use serde_json::json;

use super::deploy_bench::{Bench, POLICY, TOGETHER, done, text};

#[tokio::test(flavor = "multi_thread")]
async fn one_command_deploys_shows_the_token_once_and_stores_its_hash_only() {
    let bench = Bench::new().await;
    let output = bench.deploy(TOGETHER, &["--yes"]).await;
    let output_text = done(&output);
    assert!(
        output_text.contains("CREATE_COMPLETE") && output_text.contains("AWS::KMS::Key"),
        "{output_text}"
    );
    assert!(text(&output.stdout).contains("https://d1.cloudfront.net"));
    let token = bench.token(&output);
    let policy = text(&bench.aws.state().objects[POLICY]);
    assert!(!policy.contains(&token));
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&token));
    assert!(policy.contains(&hash), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_finds_no_changes_uploads_nothing_and_makes_no_token() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let uploads = |bench: &Bench| {
        bench
            .aws
            .actions()
            .iter()
            .filter(|call| call.starts_with("PUT "))
            .count()
    };
    let before = uploads(&bench);
    let again = bench.deploy(TOGETHER, &["--yes"]).await;
    assert!(done(&again).contains("no changes"));
    assert!(!text(&again.stdout).contains("kfp_"));
    assert_eq!(uploads(&bench), before);
    assert_eq!(bench.count("ExecuteChangeSet"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_artifact_bucket_is_made_private_and_names_are_contents() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let bytes = std::fs::read(bench.package("edge.zip")).unwrap();
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bytes));
    let bucket = "keyfront-artifacts-123456789012-us-east-1";
    let state = bench.aws.state();
    assert!(
        state
            .objects
            .contains_key(&format!("{bucket}/edge-cloudfront/{hash}.zip"))
    );
    let made = state
        .calls
        .iter()
        .filter(|call| call.action.trim_end_matches('/') == format!("PUT /{bucket}"));
    // Made, made private, freed of ACLs, encrypted, TLS only.
    assert_eq!(made.count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_elsewhere_is_deployed_first_and_the_edge_gets_its_outputs() {
    let bench = Bench::new().await;
    done(
        &bench
            .deploy(
                "eu-central-1",
                &["--yes", "-p", "PriceClass=PriceClass_All"],
            )
            .await,
    );
    let state = bench.aws.state();
    let executed: Vec<&str> = state
        .calls
        .iter()
        .filter(|call| call.action == "ExecuteChangeSet")
        .map(|call| call.region.as_str())
        .collect();
    assert_eq!(executed, ["eu-central-1", "us-east-1"]);
    let edge = &state.stacks[&("us-east-1".to_owned(), "media".to_owned())].parameters;
    assert_eq!(edge["OriginHost"], "abc.lambda-url.eu-central-1.on.aws");
    assert_eq!(edge["BucketRegion"], "eu-central-1");
    assert_eq!(edge["PriceClass"], "PriceClass_All");
    assert_eq!(edge["EdgeRoleArn"], "arn:aws:iam::123456789012:role/edge");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_calls_are_made_again_until_they_pass() {
    let bench = Bench::new().await;
    for action in ["DescribeStacks", "CreateChangeSet", "DescribeStackEvents"] {
        bench.aws.state().throttle.insert(action.to_owned(), 2);
    }
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    assert_eq!(bench.count("CreateChangeSet"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_resource_is_reported_first_with_its_reason() {
    let bench = Bench::new().await;
    bench.aws.state().failing = Some((
        "Bucket".to_owned(),
        "media-content already exists".to_owned(),
    ));
    let output = bench.deploy(TOGETHER, &["--yes"]).await;
    assert_eq!(output.status.code(), Some(5));
    let output_text = text(&output.stderr);
    let last = output_text.split("keyfront: ").last().unwrap();
    let mut lines = last.lines();
    assert!(
        lines.next().unwrap().contains("ROLLBACK_COMPLETE"),
        "{last}"
    );
    assert!(
        lines
            .next()
            .unwrap()
            .contains("Bucket (AWS::S3::Bucket): media-content already exists"),
        "{last}"
    );
    assert!(!last.contains("cancelled"), "{last}");

    let status = bench.run("status", &[]).await;
    assert_eq!(status.status.code(), Some(6));
    assert!(text(&status.stdout).contains("media-content already exists"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_in_rollback_complete_is_refused_untouched_and_replaced_on_request() {
    let bench = Bench::new().await;
    let at = (TOGETHER.to_owned(), "media".to_owned());
    let failed = FakeStack::at_rest(TOGETHER, "media", "ROLLBACK_COMPLETE").of_system("media");
    bench.aws.state().stacks.insert(at.clone(), failed);
    let refused = bench.deploy(TOGETHER, &["--yes"]).await;
    assert_eq!(refused.status.code(), Some(3));
    assert!(text(&refused.stderr).contains("--replace-failed"));
    assert_eq!(bench.writes(), Vec::<String>::new());

    done(&bench.deploy(TOGETHER, &["--yes", "--replace-failed"]).await);
    assert_eq!(bench.aws.state().stacks[&at].status, "CREATE_COMPLETE");
    assert_eq!(bench.count("DeleteStack"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_that_stopped_is_continued_on_request() {
    let bench = Bench::new().await;
    let at = (TOGETHER.to_owned(), "media".to_owned());
    let failed = FakeStack::at_rest(TOGETHER, "media", "UPDATE_ROLLBACK_FAILED").of_system("media");
    bench.aws.state().stacks.insert(at.clone(), failed);
    assert_eq!(
        bench.deploy(TOGETHER, &["--yes"]).await.status.code(),
        Some(3)
    );
    done(&bench.deploy(TOGETHER, &["--yes", "--replace-failed"]).await);
    assert_eq!(bench.aws.state().stacks[&at].status, "UPDATE_COMPLETE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_back_update_does_not_block_the_next_deploy_of_the_same_package() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    bench.repackage("edge.zip", "index.mjs", "anew");
    let broken = (
        "Distribution".to_owned(),
        "the CNAME is in use elsewhere".to_owned(),
    );
    bench.aws.state().failing = Some(broken);
    let failed = bench.deploy(TOGETHER, &["--yes"]).await;
    assert_eq!(failed.status.code(), Some(5));
    bench.aws.state().failing = None;
    // The version that the failed update published is Lambda's latest still.
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    assert!(done(&bench.deploy(TOGETHER, &["--yes"]).await).contains("no changes"));
    let at = (TOGETHER.to_owned(), "media".to_owned());
    assert_eq!(bench.aws.state().stacks[&at].published.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_creation_leaves_the_replicated_function_to_destroy_and_no_stuck_rollback() {
    let bench = Bench::new().await;
    bench.aws.state().replicated = true;
    let late = ("Distribution".to_owned(), "quota exceeded".to_owned());
    bench.aws.state().failing = Some(late);
    let failed = bench.deploy(TOGETHER, &["--yes"]).await;
    assert_eq!(failed.status.code(), Some(5));
    let reported = text(&failed.stderr);
    assert!(reported.contains("is ROLLBACK_COMPLETE"), "{reported}");
    bench.aws.state().failing = None;
    done(&bench.deploy(TOGETHER, &["--yes", "--replace-failed"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_others_stay_on_the_stacks_and_given_ones_are_added_or_removed() {
    let bench = Bench::new().await;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "--tag", "team=media", "--tag=cost=7"])
            .await,
    );
    let at = (TOGETHER.to_owned(), "media".to_owned());
    let tagged = |key: &str| bench.aws.state().stacks[&at].tags.get(key).cloned();
    let other = ("owner".to_owned(), "finance".to_owned());
    bench
        .aws
        .state()
        .stacks
        .get_mut(&at)
        .unwrap()
        .tags
        .extend([other]);
    assert!(done(&bench.deploy(TOGETHER, &["--yes"]).await).contains("no changes"));
    let flags = ["--yes", "--untag=cost", "--tag=team=video"];
    done(&bench.deploy(TOGETHER, &flags).await);
    assert_eq!(tagged("owner").as_deref(), Some("finance"));
    assert_eq!(tagged("team").as_deref(), Some("video"));
    assert_eq!(tagged("keyfront:stack").as_deref(), Some("media"));
    assert_eq!(tagged("cost"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_log_groups_get_a_retention_where_they_exist_and_destroy_lists_them() {
    let bench = Bench::new().await;
    let group = |region: &str, name: &str| (region.to_owned(), format!("/aws/lambda/{name}"));
    let own = "us-east-1.media-EdgeFunction-1";
    let groups = [
        (group("eu-west-2", own), None),
        (group("ap-south-1", own), Some(7)),
        // Of functions of others.
        (group("eu-west-2", "us-east-1.media-EdgeFunction-12"), None),
        (group("eu-west-2", "other"), None),
    ];
    bench.aws.state().log_groups.extend(groups);
    bench
        .aws
        .state()
        .regions_denied
        .insert("eu-north-1".to_owned());
    let deployed = bench.deploy(TOGETHER, &["--yes"]).await;
    let reported = done(&deployed);
    assert!(
        reported.contains("logs in eu-north-1 cannot be read"),
        "{reported}"
    );
    let days: Vec<_> = bench.aws.state().log_groups.values().copied().collect();
    assert_eq!(days, [Some(30), None, Some(30), None]);
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    assert_eq!(bench.count("PutRetentionPolicy"), 2);
    let destroyed = done(&bench.run("destroy", &["--yes"]).await);
    for region in ["eu-west-2", "ap-south-1"] {
        let kept =
            format!("Kept: log group /aws/lambda/{own} in {region}, with a retention of 30 days");
        assert!(destroyed.contains(&kept), "{destroyed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_acl_attached_outside_survives_an_update_until_it_is_detached_by_name() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    acl.clone_into(&mut bench.aws.state().web_acl);
    let at = (TOGETHER.to_owned(), "media".to_owned());
    let deployed = || {
        bench.aws.state().stacks[&at]
            .parameters
            .get("WebAclArn")
            .cloned()
    };
    let reported = done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", "SitePrefix=p/"])
            .await,
    );
    assert!(
        reported.contains("attached by other means, stays"),
        "{reported}"
    );
    assert_eq!(deployed().as_deref(), Some(acl));
    bench.aws.state().distribution_hidden = true;
    let blind = bench.deploy(TOGETHER, &["--yes"]).await;
    assert_eq!(blind.status.code(), Some(3));
    assert!(text(&blind.stderr).contains("-p WebAclArn=ARN"));
    done(&bench.deploy(TOGETHER, &["--yes", "-p", "WebAclArn="]).await);
    assert_eq!(deployed().as_deref(), Some(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn cloudformation_acts_as_the_role_that_was_given() {
    let bench = Bench::new().await;
    let role = "arn:aws:iam::123456789012:role/deployer";
    let flag = format!("--cloudformation-role={role}");
    done(&bench.deploy("eu-central-1", &["--yes", &flag]).await);
    let stacks = bench.aws.state().stacks.clone();
    assert_eq!(stacks.len(), 2);
    assert!(
        stacks
            .values()
            .all(|stack| stack.role.as_deref() == Some(role))
    );
    let wrong = bench
        .deploy(TOGETHER, &["--yes", "--cloudformation-role=deployer"])
        .await;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("the ARN of a role"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_system_is_not_destroyed_until_its_protection_ends() {
    let bench = Bench::new().await;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "--termination-protection=on"])
            .await,
    );
    let refused = bench.run("destroy", &["--yes"]).await;
    assert_eq!(refused.status.code(), Some(3));
    assert!(text(&refused.stderr).contains("--termination-protection off"));
    assert_eq!(bench.count("DeleteStack"), 0);
    // What is not said stays.
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    assert_eq!(
        bench.run("destroy", &["--yes"]).await.status.code(),
        Some(3)
    );
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "--termination-protection=off"])
            .await,
    );
    done(&bench.run("destroy", &["--yes"]).await);
}

const CERTIFICATE: &str = "CertificateArn=arn:aws:acm:us-east-1:123456789012:certificate/c";

/// Refused with `expected` in the message, and nothing was written.
async fn refused_unwritten(bench: &Bench, parameters: &[&str], expected: &str) {
    let mut flags = vec!["--yes"];
    for parameter in parameters {
        flags.extend(["-p", parameter]);
    }
    let before = bench.writes().len();
    let output = bench.deploy(TOGETHER, &flags).await;
    let reported = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{reported}");
    assert!(reported.contains(expected), "{reported}");
    // Reading a certificate or a key is a POST with an action that is none of those that write.
    assert_eq!(bench.writes().len(), before, "{:?}", bench.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_must_be_issued_and_cover_the_domain_and_the_alias_be_free() {
    let bench = Bench::new().await;
    let domain = "DomainName=cdn.example.com";
    let names = vec!["*.example.com".to_owned()];
    bench.aws.state().certificate = ("PENDING_VALIDATION".to_owned(), names.clone());
    refused_unwritten(&bench, &[CERTIFICATE, domain], "is PENDING_VALIDATION").await;
    bench.aws.state().certificate = ("ISSUED".to_owned(), names);
    let deeper = "DomainName=a.b.example.com";
    refused_unwritten(
        &bench,
        &[CERTIFICATE, deeper],
        "does not cover DomainName a.b.example.com",
    )
    .await;
    let taken = ("cdn.example.com".to_owned(), "E2OTHER".to_owned());
    bench.aws.state().alias = Some(taken);
    let expected = "is an alias of distribution E2OTHER";
    refused_unwritten(&bench, &[CERTIFICATE, domain], expected).await;
    bench.aws.state().alias = None;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", CERTIFICATE, "-p", domain])
            .await,
    );
    // The system's own distribution has it now, and another one has the next name.
    bench.aws.state().alias = Some(("cdn.example.com".to_owned(), "E1".to_owned()));
    done(&bench.deploy(TOGETHER, &["--yes", "-p", domain]).await);
    bench.aws.state().alias = Some(("www.example.com".to_owned(), "E2OTHER".to_owned()));
    refused_unwritten(&bench, &["DomainName=www.example.com"], expected).await;
}

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

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_key_must_be_in_a_secure_string_that_exists() {
    let bench = Bench::new().await;
    let arn = |name: &str| format!("arn:aws:ssm:us-east-1:123456789012:parameter/{name}");
    let own = format!("CustomerKeyParameterArn={}", arn("own"));
    let publishers = format!("PublisherKeyParameterArns={},{}", arn("a"), arn("b"));
    let both = [own.as_str(), publishers.as_str()];
    refused_unwritten(&bench, &both, "parameter/own does not exist").await;
    bench.aws.state().parameters.insert(arn("own"), "String");
    refused_unwritten(&bench, &both, "parameter/own is a String").await;
    for name in ["own", "a"] {
        let mut state = bench.aws.state();
        state.parameters.insert(arn(name), "SecureString");
    }
    let expected =
        "PublisherKeyParameterArns arn:aws:ssm:us-east-1:123456789012:parameter/b does not exist";
    refused_unwritten(&bench, &both, expected).await;
    bench
        .aws
        .state()
        .parameters
        .insert(arn("b"), "SecureString");
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", both[0], "-p", both[1]])
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_leaves_lambda_its_hundred_unreserved_instances() {
    let bench = Bench::new().await;
    bench.aws.state().unreserved = 120;
    let expected = "the account has 20 left to reserve";
    refused_unwritten(&bench, &["OriginReservedConcurrency=21"], expected).await;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", "OriginReservedConcurrency=20"])
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
    async fn deployed(&self, parameters: &[&str]) -> String {
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
    ] {
        assert!(reported.contains(expected), "{expected}: {reported}");
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_full_quota_is_refused_by_its_name_before_anything_is_made() {
    for (code, used, expected) in [
        (
            DISTRIBUTIONS,
            20,
            "20 CloudFront distributions and has 20; this deployment makes 1 more",
        ),
        (
            CACHE_POLICIES,
            20,
            "20 CloudFront cache policies and has 20",
        ),
        (
            HEADERS_POLICIES,
            20,
            "20 CloudFront response headers policies and has 20",
        ),
        (BUCKETS, 20, "20 S3 buckets and has 20"),
        (
            ROLES,
            19,
            "20 IAM roles and has 19; this deployment makes 2 more",
        ),
    ] {
        let bench = Bench::new().await;
        bench.aws.state().quotas.insert(code, (used, 20));
        refused_unwritten(&bench, &[], expected).await;
        refused_unwritten(&bench, &[], &format!("--quota-code {code}")).await;
        // An update makes none of them anew.
        bench.aws.state().quotas.clear();
        bench.deployed(&[]).await;
        bench.aws.state().quotas.insert(code, (used, 20));
        bench.deployed(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_that_may_not_be_read_are_reported_and_stop_nothing() {
    let bench = Bench::new().await;
    bench.aws.state().quotas_denied = true;
    let reported = bench.deployed(&[]).await;
    let expected = "Not checked: the quota of CloudFront cache policies: AccessDeniedException";
    assert!(reported.contains(expected), "{reported}");
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_need_room_in_lambda() {
    let bench = Bench::new().await;
    bench.aws.state().code_left = Some(10);
    refused_unwritten(&bench, &[], "of packages in us-east-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_is_followed_by_the_next_one() {
    let bench = Bench::new().await;
    bench.aws.state().held = Held::Yes;
    let mut first = bench.deploying(TOGETHER, &["--yes"]);
    let first = first
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = first.id().unwrap().to_string();
    let since = std::time::Instant::now();
    while bench.count("DescribeStackEvents") < 12 {
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "the deployment did not begin"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status()
        .unwrap();
    let first = first.wait_with_output().await.unwrap();
    assert_eq!(first.status.code(), Some(130), "{}", text(&first.stderr));
    assert!(text(&first.stderr).contains("to follow it again"));

    bench.aws.state().held = Held::No;
    let second = bench.deploy(TOGETHER, &["--yes"]).await;
    let output_text = done(&second);
    assert!(
        output_text.contains("in progress; following it") && output_text.contains("no changes"),
        "{output_text}"
    );
    assert_eq!(bench.count("ExecuteChangeSet"), 1);
    assert!(bench.token(&second).starts_with("kfp_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_makes_no_call_that_writes() {
    let bench = Bench::new().await;
    let output = bench.deploy("eu-central-1", &["--dry-run"]).await;
    done(&output);
    let output_text = text(&output.stdout);
    assert!(
        output_text.contains("would create stack media in eu-central-1 from origin.yaml"),
        "{output_text}"
    );
    assert!(
        output_text.contains("would upload edge-cloudfront/"),
        "{output_text}"
    );
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert!(!bench.aws.actions().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_nothing_is_done_unless_yes_is_given() {
    let bench = Bench::new().await;
    let output = bench.deploy(TOGETHER, &[]).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("--yes"));
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn bad_input_is_refused_before_any_call() {
    let bench = Bench::new().await;
    let origins: Vec<String> = (0..80)
        .map(|at| format!("https://origin-{at}.example"))
        .collect();
    let long = format!("CorsOrigins={}", origins.join(","));
    let cases: &[(&str, &[&str], &str)] = &[
        ("us-east-1", &["--stack=Media"], "lower-case letters"),
        (
            "us-east-1",
            &["--stack=a-name-that-is-much-too-long-for-it"],
            "longer than 32",
        ),
        (
            "us-east-1",
            &["-p", "ExistingBucket=my.bucket"],
            "has a dot",
        ),
        (
            "us-east-1",
            &["-p", "ExistingBucket=mine"],
            "needs ExistingKeyArn",
        ),
        (
            "us-east-1",
            &["-p", "MultiRegionAccessPoint=abc.mrap"],
            "needs AccessPointBuckets",
        ),
        (
            "us-east-1",
            &[
                "-p",
                "CertificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/c",
            ],
            "us-east-1",
        ),
        ("us-east-1", &["-p", &long], "1783"),
        (
            "eu-west-1",
            &[
                "-p",
                "ExistingKeyArn=arn:aws:kms:us-east-1:123456789012:key/k",
            ],
            "replica",
        ),
        ("ca-west-1", &[], "no Lambda Function URLs"),
        (
            "us-east-1",
            &["--edge-bundle=/nonexistent"],
            "make bundle-edge",
        ),
    ];
    for (region, flags, expected) in cases {
        let (edge, origin) = (bench.package("edge.zip"), bench.package("origin.zip"));
        let mut line = vec!["deploy", "--yes", "--region", region];
        for (flag, default) in [
            ("--stack", "media"),
            ("--edge-bundle", &edge),
            ("--origin-package", &origin),
        ] {
            if !flags.iter().any(|given| given.starts_with(flag)) {
                line.extend([flag, default]);
            }
        }
        line.extend(*flags);
        let output = bench.aws.keyfront(&line).output().await.unwrap();
        assert_eq!(
            output.status.code(),
            Some(3),
            "{flags:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(expected),
            "{}",
            text(&output.stderr)
        );
    }
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

const SITES: &str = r#"{"v":1,"sites":[
    {"path":"/docs/","prefix":"handbook/","index":"index.html"},
    {"path":"/media/","bucket":"media-content","key_arn":"arn:aws:kms:us-east-1:123456789012:key/k"}]}"#;

impl Bench {
    fn sites(&self, document: &str) -> String {
        let path = self.packages.path().join("sites.json");
        std::fs::write(&path, document).unwrap();
        format!("--sites={}", path.display())
    }

    /// The texts of the system's templates.
    fn templates(&self) -> Vec<String> {
        let state = self.aws.state();
        let stacks = state.stacks.values();
        stacks
            .map(|stack| state.template_of(stack).unwrap())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_are_in_the_templates_of_both_layouts_and_stay_until_they_are_taken_down_by_name() {
    for region in [TOGETHER, "eu-central-1"] {
        let bench = Bench::new().await;
        let sites = bench.sites(SITES);
        let arn = "arn:aws:kms:us-east-1:123456789012:key/k";
        bench.aws.state().bucket_key = Some(arn.to_owned());
        done(&bench.deploy(region, &["--yes", &sites]).await);
        let texts = bench.templates().concat();
        for part in [
            "PathPattern: \"/docs/*\"",
            "- Id: \"site/media/\"",
            "Sid: ReadSites",
            "KEYFRONT_FURTHER_SITES: ",
        ] {
            assert_eq!(texts.matches(part).count(), 1, "{region}: {part}");
        }
        let again = bench.deploy(region, &["--yes", &sites]).await;
        assert!(done(&again).contains("no changes"));
        let executed = bench.count("ExecuteChangeSet");
        let forgotten = bench.deploy(region, &["--yes"]).await;
        let reported = text(&forgotten.stderr);
        assert_eq!(forgotten.status.code(), Some(3), "{reported}");
        assert!(
            reported.contains("serves the sites /docs/,/media/"),
            "{reported}"
        );
        assert_eq!(bench.count("ExecuteChangeSet"), executed);
        done(&bench.deploy(region, &["--yes", "--no-sites"]).await);
        assert!(!bench.templates().concat().contains("site/docs/"));
        done(&bench.deploy(region, &["--yes"]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn a_document_of_sites_is_refused_by_its_field_before_any_call() {
    let bench = Bench::new().await;
    let long: Vec<String> = (0..19)
        .map(|at| format!(r#"{{"path":"/{at}/","prefix":"{}/"}}"#, "p".repeat(250)))
        .collect();
    let existing: Vec<String> = (0..19)
        .map(|at| {
            let (prefix, key) = ("p".repeat(200), format!("arn:aws:kms:us-east-1:123456789012:key/{at}"));
            format!(r#"{{"path":"/{at}/","prefix":"{prefix}/","bucket":"media-{at}","key_arn":"{key}"}}"#)
        })
        .collect();
    let document = |entries: &[String]| format!(r#"{{"v":1,"sites":[{}]}}"#, entries.join(","));
    let one = |entry: &str| document(&[entry.to_owned()]);
    for (sites, parameters, expected) in [
        (
            one(r#"{"path":"/docs"}"#),
            &[][..],
            "site 1 (\"/docs\"): path must go from slash to slash",
        ),
        (
            one(r#"{"path":"/a/","cache":1}"#),
            &[],
            "unknown field `cache`",
        ),
        (
            document(&long),
            &[],
            "the environment of the origin's function would have",
        ),
        (
            document(&existing),
            &[],
            "the policies of the edge's role would have",
        ),
        (
            one(
                r#"{"path":"/a/","bucket":"mine","key_arn":"arn:aws:kms:us-east-1:123456789012:key/k"}"#,
            ),
            &[
                "-p",
                "ExistingBucket=mine",
                "-p",
                "ExistingKeyArn=arn:aws:kms:us-east-1:123456789012:key/k",
            ],
            "bucket mine of --sites is the stack's own",
        ),
        (
            one(&format!(
                r#"{{"path":"/a/","cors":[{{"origins":[{}]}}]}}"#,
                vec![r#""https://app.example.com""#; 80].join(",")
            )),
            &[],
            "site 1 (\"/a/\"): its document has 2238 characters, more than the 1783 that CloudFront allows in a header; shorten",
        ),
    ] {
        let flag = bench.sites(&sites);
        let flags = [&["--yes", flag.as_str()], parameters].concat();
        let output = bench.deploy(TOGETHER, &flags).await;
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(expected), "{expected}: {reported}");
    }
    let missing = bench
        .deploy(TOGETHER, &["--yes", "--sites=/nonexistent"])
        .await;
    assert_eq!(missing.status.code(), Some(3));
    assert!(text(&missing.stderr).contains("cannot be read"));
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_and_keys_of_sites_must_be_usable_and_belong_together() {
    let bench = Bench::new().await;
    let sites = bench.sites(SITES);
    let refused = async |expected: &str| {
        let before = bench.writes().len();
        let output = bench.deploy(TOGETHER, &["--yes", &sites]).await;
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(expected), "{reported}");
        assert_eq!(bench.writes().len(), before, "{:?}", bench.writes());
    };
    "Disabled".clone_into(&mut bench.aws.state().key_state);
    refused("--sites: key_arn arn:aws:kms:us-east-1:123456789012:key/k is Disabled").await;
    bench.aws.state().key_state.clear();
    bench.aws.state().bucket_region = Some("eu-west-1".to_owned());
    refused("--sites: bucket media-content is in eu-west-1; give a key_arn of eu-west-1").await;
    bench.aws.state().bucket_region = None;
    bench.aws.state().bucket_key = Some("another".to_owned());
    refused("give --sites: key_arn=another").await;
    bench.aws.state().bucket_key = None;
    bench.aws.state().buckets.clear();
    refused("--sites: bucket media-content: there is no such bucket").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_regions_edge_is_never_taken_over() {
    let bench = Bench::new().await;
    done(&bench.deploy("eu-central-1", &["--yes"]).await);
    let executed = bench.count("ExecuteChangeSet");
    let output = bench.deploy("eu-west-1", &["--yes"]).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("serves a bucket in eu-central-1"));
    assert_eq!(bench.count("ExecuteChangeSet"), executed);
}

#[tokio::test(flavor = "multi_thread")]
async fn upload_only_prints_where_the_console_starts_the_stack() {
    let bench = Bench::new().await;
    let output = bench.deploy(TOGETHER, &["--upload-only"]).await;
    done(&output);
    let output_text = text(&output.stdout);
    assert!(output_text.contains("console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review?templateURL=https%3A%2F%2F"), "{output_text}");
    assert!(
        output_text.contains("EdgeSha256") && output_text.contains("OriginKey"),
        "{output_text}"
    );
    assert_eq!(bench.count("CreateChangeSet"), 0);
    assert!(
        bench
            .aws
            .state()
            .objects
            .keys()
            .any(|key| key.ends_with(".yaml"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_are_one_json_object() {
    let bench = Bench::new().await;
    let absent = bench.run("outputs", &[]).await;
    assert_eq!(absent.status.code(), Some(3));
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let output = bench.run("outputs", &["--json"]).await;
    done(&output);
    let outputs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outputs["CdnUrl"], "https://d1.cloudfront.net");
    done(&bench.run("status", &[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_waits_for_replicas_across_runs_and_keeps_bucket_and_key() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    bench.aws.state().replicated = true;
    let first = bench.run("destroy", &["--yes"]).await;
    assert_eq!(first.status.code(), Some(6));
    assert!(text(&first.stderr).contains("still has replicas at the edge"));
    bench.aws.state().replicated = false;
    let second = bench.run("destroy", &["--yes"]).await;
    let output_text = done(&second);
    assert!(
        output_text.contains("already gone") && output_text.contains("Kept: Bucket media-content"),
        "{output_text}"
    );
    let state = bench.aws.state();
    assert_eq!(state.deleted_functions, ["media-EdgeFunction-1"]);
    assert!(state.buckets.contains("media-content") && state.keys_ending.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_and_key_are_deleted_only_by_their_own_names() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let wrong = bench
        .run("destroy", &["--yes", "--delete-bucket=another-bucket"])
        .await;
    assert_eq!(wrong.status.code(), Some(3));
    assert_eq!(bench.count("DeleteStack"), 0);
    done(
        &bench
            .run(
                "destroy",
                &[
                    "--yes",
                    "--delete-bucket=media-content",
                    "--delete-key=media",
                ],
            )
            .await,
    );
    let state = bench.aws.state();
    assert!(!state.buckets.contains("media-content"));
    assert!(
        !state
            .objects
            .keys()
            .any(|key| key.starts_with("media-content/"))
    );
    assert_eq!(state.keys_ending, ["media"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overtaken_change_of_the_policy_is_made_again() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    bench.aws.state().overtaken = 2;
    let line = [
        "publisher",
        "add",
        "web",
        "--prefix=web/",
        "--bucket=media-content",
        "--region=us-east-1",
    ];
    let output = bench.aws.keyfront(&line).output().await.unwrap();
    done(&output);
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bench.token(&output)));
    let policy = text(&bench.aws.state().objects[POLICY]);
    assert!(
        policy.contains(&hash) && policy.contains("\"first\""),
        "{policy}"
    );
}
