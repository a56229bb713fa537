//! What `keyfront destroy` removes, and what it keeps unless it is named.

use crate::deploy_bench::{Bench, TOGETHER, done, text};

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
