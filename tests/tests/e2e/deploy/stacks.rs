//! The stacks of a system: in one region or two, made, found unchanged, and read.

use crate::deploy_bench::{Bench, POLICY, TOGETHER, done, text};

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
