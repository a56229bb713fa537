//! Stacks of others under the name of a system: no command writes to them.

use keyfront_cloudformation::Template;
use keyfront_tests::scripted_aws::FakeStack;

use super::{at, resource};
use crate::deploy_bench::{Bench, TOGETHER, done, text};

const CHANGING: [(&str, &[&str]); 3] = [
    ("destroy", &["--yes"]),
    ("adopt", &["--confirm", "media"]),
    ("revoke-sessions", &["--yes"]),
];

/// A shop that someone deployed under the system's name.
fn foreign() -> FakeStack {
    let mut stack = FakeStack::at_rest(TOGETHER, "media", "CREATE_COMPLETE");
    stack.template = "Resources: {Orders: {Type: 'AWS::DynamoDB::Table'}}".to_owned();
    stack.resources = vec![resource("Orders", "AWS::DynamoDB::Table", "orders")];
    stack
}

/// Deploy and every command that changes a stack: refused with `expected` in the message, and nothing was written.
async fn refused_by_all(bench: &Bench, region: &str, expected: &str) {
    let mut outputs = vec![bench.deploy(region, &["--yes"]).await];
    let replacing = ["--yes", "--replace-failed"];
    outputs.push(bench.deploy(region, &replacing).await);
    for (command, confirmed) in CHANGING {
        outputs.push(bench.run_in(region, command, confirmed).await);
    }
    for output in outputs {
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(expected), "{reported}");
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_live_stack_of_the_systems_name_is_left_alone() {
    let bench = Bench::new().await;
    for status in [
        "CREATE_COMPLETE",
        "ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
    ] {
        let mut stack = foreign();
        status.clone_into(&mut stack.status);
        bench.aws.state().stacks.insert(at(TOGETHER), stack);
        refused_by_all(&bench, TOGETHER, "Orders (AWS::DynamoDB::Table)").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_makes_no_stack_with_other_resources_the_systems() {
    let bench = Bench::new().await;
    let tagged = foreign().of_system("media");
    bench.aws.state().stacks.insert(at(TOGETHER), tagged);
    refused_by_all(&bench, TOGETHER, "Orders (AWS::DynamoDB::Table)").await;
    let mut mixed = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    mixed.resources.extend(foreign().resources);
    let mixed = mixed.of_system("media");
    bench.aws.state().stacks.insert(at(TOGETHER), mixed);
    refused_by_all(&bench, TOGETHER, "Orders (AWS::DynamoDB::Table)").await;
    let other = FakeStack::of_template(TOGETHER, "media", Template::Keyfront).of_system("shop");
    bench.aws.state().stacks.insert(at(TOGETHER), other);
    refused_by_all(&bench, TOGETHER, "names the system \"shop\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_in_review_is_left_alone_if_another_program_made_its_change_set() {
    let bench = Bench::new().await;
    let mut reviewed = FakeStack::at_rest(TOGETHER, "media", "REVIEW_IN_PROGRESS");
    reviewed.change_sets_of_others = vec!["first-try".to_owned()];
    bench.aws.state().stacks.insert(at(TOGETHER), reviewed);
    refused_by_all(&bench, TOGETHER, "first-try").await;
    bench
        .aws
        .state()
        .stacks
        .get_mut(&at(TOGETHER))
        .unwrap()
        .change_sets_of_others
        .clear();
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_of_another_region_is_not_destroyed() {
    let bench = Bench::new().await;
    done(&bench.deploy("eu-central-1", &["--yes"]).await);
    for region in [TOGETHER, "eu-west-1"] {
        let output = bench.run_in(region, "destroy", &["--yes"]).await;
        assert_eq!(output.status.code(), Some(3), "{region}");
        let reported = text(&output.stderr);
        assert!(reported.contains("--region eu-central-1"), "{reported}");
    }
    assert_eq!(bench.count("DeleteStack"), 0);
    done(&bench.run_in("eu-central-1", "destroy", &["--yes"]).await);
    assert_eq!(bench.count("DeleteStack"), 2);

    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let output = bench.run_in("eu-central-1", "destroy", &["--yes"]).await;
    assert_eq!(output.status.code(), Some(3));
    let reported = text(&output.stderr);
    assert!(reported.contains("--region us-east-1"), "{reported}");
    assert_eq!(bench.count("DeleteStack"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_own_tag_cannot_be_given_or_removed() {
    let bench = Bench::new().await;
    for flag in ["--tag=keyfront:stack=shop", "--untag=keyfront:stack"] {
        let output = bench.deploy(TOGETHER, &["--yes", flag]).await;
        assert_eq!(output.status.code(), Some(2));
        let reported = text(&output.stderr);
        assert!(
            reported.contains("keyfront:stack is reserved"),
            "{reported}"
        );
    }
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_writes_to_the_bucket_of_a_foreign_stack() {
    let bench = Bench::new().await;
    bench.aws.state().stacks.insert(at(TOGETHER), foreign());
    let publisher = ["publisher", "add", "web", "--prefix=web/"];
    let audit = ["audit", "--fix", "--yes"];
    let accept = ["accept"];
    for command in [&publisher[..], &audit, &accept] {
        let system = ["--stack=media", "--region", TOGETHER];
        let line = [command, &system].concat();
        let output = bench.aws.keyfront(&line).output().await.unwrap();
        let reported = text(&output.stderr);
        assert!(!output.status.success(), "{reported}");
        assert!(
            reported.contains("Orders (AWS::DynamoDB::Table)"),
            "{reported}"
        );
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}
