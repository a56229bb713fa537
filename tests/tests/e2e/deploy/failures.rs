//! Resources that fail, rollbacks that stop, and runs that were interrupted.

use std::time::Duration;

use keyfront_tests::scripted_aws::{FakeStack, Held};

use crate::deploy_bench::{Bench, TOGETHER, done, text};

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
