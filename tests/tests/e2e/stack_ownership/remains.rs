//! What is destroyed or emptied, and whose it must be.

use keyfront_tests::scripted_aws::FakeStack;

use super::{FUNCTION, at, resource};
use crate::deploy_bench::{Bench, TOGETHER, done, text};

const BUCKET: &str = "media-content";
const THEIRS: &str = "media-content/theirs/report.csv";

/// The same, deleted, with what its deletion left.
fn foreign_deleted() -> FakeStack {
    let mut stack = FakeStack::at_rest(TOGETHER, "media", "DELETE_COMPLETE");
    stack.id.push_str("er");
    stack.resources = vec![
        resource("Worker", "AWS::Lambda::Function", "orders-worker"),
        resource("Archive", "AWS::S3::Bucket", "orders-archive"),
    ];
    stack.retained = vec!["Worker".to_owned(), "Archive".to_owned()];
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_foreign_deleted_stack_left_is_never_deleted() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    {
        let mut state = bench.aws.state();
        state.past.push((TOGETHER.to_owned(), foreign_deleted()));
        let claiming = {
            let mut stack = foreign_deleted().of_system("media");
            stack.id.push_str("again");
            stack
        };
        state.past.push((TOGETHER.to_owned(), claiming));
        state.buckets.insert("orders-archive".to_owned());
    }
    let flags = ["--yes", "--delete-bucket=orders-archive"];
    let named = bench.run("destroy", &flags).await;
    assert_eq!(named.status.code(), Some(3), "{}", text(&named.stderr));
    assert_eq!(bench.count("DeleteStack"), 0);
    let reported = done(&bench.run("destroy", &["--yes"]).await);
    assert!(reported.contains("Left alone: orders-worker"), "{reported}");
    let state = bench.aws.state();
    assert_eq!(state.deleted_functions, [FUNCTION]);
    assert!(state.buckets.contains("orders-archive"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_others_made_under_the_retained_name_is_not_deleted() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    bench.aws.state().replicated = true;
    let first = bench.run("destroy", &["--yes"]).await;
    assert_eq!(first.status.code(), Some(6));
    bench.aws.state().replicated = false;
    let others = [
        vec![("aws:cloudformation:stack-id", "arn:of:another")],
        vec![],
    ];
    for tags in others {
        let tags = tags.into_iter();
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let tags = tags.collect();
        bench
            .aws
            .state()
            .resource_tags
            .insert(FUNCTION.to_owned(), tags);
        let reported = done(&bench.run("destroy", &["--yes"]).await);
        let expected = format!("Left alone: {FUNCTION}");
        assert!(reported.contains(&expected), "{reported}");
        assert!(bench.aws.state().deleted_functions.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_shows_every_victim_before_it_asks() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let before = bench.writes().len();
    // Nobody is there to say yes.
    let output = bench
        .run("destroy", &["--delete-bucket=media-content"])
        .await;
    let reported = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{reported}");
    assert_eq!(bench.writes().len(), before);
    let shown = |id: &str| {
        let mut lines = reported.lines();
        let line = lines.find(|line| line.split_whitespace().last() == Some(id));
        line.map(|line| line.trim().to_owned()).unwrap_or_default()
    };
    let resources = bench.aws.state().stacks[&at(TOGETHER)].resources.clone();
    assert!(resources.len() > 20, "{resources:?}");
    for (logical_id, _, id) in resources {
        let expected = match logical_id.as_str() {
            "Bucket" => "delete with every object in it",
            "Key" => "keep",
            "EdgeFunction" | "EdgeVersion" => "delete after its replicas are removed",
            _ => "delete  ",
        };
        let line = shown(&id);
        assert!(
            line.starts_with(expected),
            "{logical_id}: {line:?}\n{reported}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_others_in_the_systems_bucket_go_only_if_the_bucket_is_named() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let object = (THEIRS.to_owned(), bytes::Bytes::from_static(b"theirs"));
    bench.aws.state().objects.extend([object]);
    done(&bench.run("destroy", &["--yes"]).await);
    assert!(bench.aws.state().objects.contains_key(THEIRS));
    // Named, as what a deleted stack left.
    let flags = ["--yes", "--delete-bucket=media-content"];
    let reported = done(&bench.run("destroy", &flags).await);
    assert!(
        reported.contains("delete with every object in it"),
        "{reported}"
    );
    let state = bench.aws.state();
    assert!(!state.objects.contains_key(THEIRS) && !state.buckets.contains(BUCKET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_the_system_did_not_make_is_never_emptied() {
    let bench = Bench::new().await;
    let arn = "arn:aws:kms:us-east-1:123456789012:key/k";
    bench.aws.state().bucket_key = Some(arn.to_owned());
    let object = (THEIRS.to_owned(), bytes::Bytes::from_static(b"theirs"));
    bench.aws.state().objects.extend([object]);
    let key = format!("ExistingKeyArn={arn}");
    let flags = ["--yes", "-p", "ExistingBucket=media-content", "-p", &key];
    done(&bench.deploy(TOGETHER, &flags).await);
    let named = ["--yes", "--delete-bucket=media-content"];
    let refused = bench.run("destroy", &named).await;
    assert_eq!(refused.status.code(), Some(3));
    let reported = text(&refused.stderr);
    assert!(reported.contains("which only uses it"), "{reported}");
    assert_eq!(bench.count("DeleteStack"), 0);
    done(&bench.run("destroy", &["--yes"]).await);
    assert!(bench.aws.state().objects.contains_key(THEIRS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_others_made_under_the_systems_name_is_never_emptied() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let object = (THEIRS.to_owned(), bytes::Bytes::from_static(b"theirs"));
    bench.aws.state().objects.extend([object]);
    let tags = [("keyfront:stack".to_owned(), "shop".to_owned())].into();
    bench
        .aws
        .state()
        .resource_tags
        .insert(BUCKET.to_owned(), tags);
    let named = ["--yes", "--delete-bucket=media-content"];
    for _ in 0..2 {
        let refused = bench.run("destroy", &named).await;
        assert_eq!(refused.status.code(), Some(3));
        let reported = text(&refused.stderr);
        assert!(reported.contains("names the system \"shop\""), "{reported}");
        assert!(bench.aws.state().objects.contains_key(THEIRS));
        // Then as what the deleted stack left.
        done(&bench.run("destroy", &["--yes"]).await);
    }
}
