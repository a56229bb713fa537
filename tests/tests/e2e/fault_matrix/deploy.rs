//! `keyfront deploy`: a first deployment, and an update.

use keyfront_tests::{interference::Way, scripted_aws::FakeStack};
use tokio::process::Command;

use super::{
    super::deploy_bench::{Bench, TOGETHER, done},
    Matrix,
    system::{REGION, Story},
};

fn first(bench: &Bench) -> Command {
    bench.deploying(REGION, &["--yes"])
}

fn update(bench: &Bench) -> Command {
    let flags = [
        "--yes",
        "-p",
        "SitePrefix=p/",
        "--tag=team=media",
        "--termination-protection=on",
    ];
    bench.deploying(REGION, &flags)
}

/// A first deployment that makes the key for viewers.
fn protecting(bench: &Bench) -> Command {
    let path = bench.package("protected.json");
    // Rows run side by side over one folder.
    if !std::path::Path::new(&path).exists() {
        std::fs::write(&path, r#"{"v":1,"viewers":{"prefixes":["members/"]}}"#).unwrap();
    }
    bench.deploying(REGION, &["--yes", "--sites", &path])
}

fn replacement(bench: &Bench) -> Command {
    bench.deploying(REGION, &["--yes", "--replace-failed"])
}

/// An account with things of others.
async fn settled() -> Bench {
    let bench = Bench::new().await;
    bench.settle();
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_deployment_disturbed_at_any_call_ends_as_an_undisturbed_one() {
    let story = Story::of(settled().await, first).await;
    let matrix = Matrix {
        name: "deploy, first",
        calls: story.calls.clone(),
        floor: 700,
        telling: ("ExecuteChangeSet us-east-1", Way::AnswerLost),
    };
    matrix.hold(async |row| story.hold(row).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_disturbed_at_any_call_ends_as_an_undisturbed_one() {
    let bench = settled().await;
    done(&first(&bench).output().await.unwrap());
    bench.repackage("edge.zip", "index.mjs", "anew");
    let story = Story::of(bench, update).await;
    let matrix = Matrix {
        name: "deploy, update",
        calls: story.calls.clone(),
        floor: 700,
        telling: ("ExecuteChangeSet eu-central-1", Way::KilledAfter),
    };
    matrix.hold(async |row| story.hold(row).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_of_failed_stacks_disturbed_at_any_call_ends_as_an_undisturbed_one() {
    let bench = settled().await;
    for (region, status) in [
        (REGION, "UPDATE_ROLLBACK_FAILED"),
        (TOGETHER, "ROLLBACK_COMPLETE"),
    ] {
        let at = (region.to_owned(), "media".to_owned());
        let failed = FakeStack::at_rest(region, "media", status).of_system("media");
        bench.aws.state().stacks.insert(at, failed);
    }
    let story = Story::of(bench, replacement).await;
    let matrix = Matrix {
        name: "deploy --replace-failed",
        calls: story.calls.clone(),
        floor: 700,
        telling: ("ContinueUpdateRollback", Way::KilledAfter),
    };
    matrix.hold(async |row| story.hold(row).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_makes_a_key_for_viewers_disturbed_at_any_call_makes_one() {
    let story = Story::of(settled().await, protecting).await;
    let matrix = Matrix {
        name: "deploy, a key for viewers",
        calls: story.calls.clone(),
        floor: 800,
        telling: ("CreateKey", Way::AnswerLost),
    };
    matrix.hold(async |row| story.hold(row).await).await;
}
