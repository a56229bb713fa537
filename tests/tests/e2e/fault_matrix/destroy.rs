//! `keyfront destroy` with the bucket and the key.

use keyfront_tests::interference::Way;
use tokio::process::Command;

use super::{
    super::deploy_bench::{Bench, done},
    Matrix,
    system::{REGION, Story},
};

fn destroy(bench: &Bench) -> Command {
    let line = [
        "destroy",
        "--poll=5",
        "--stack=media",
        "--region",
        REGION,
        "--yes",
        "--delete-bucket=media-content",
        "--delete-key=media",
    ];
    bench.aws.keyfront(&line)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destruction_disturbed_at_any_call_ends_as_an_undisturbed_one() {
    let bench = Bench::new().await;
    bench.settle();
    done(&bench.deploy(REGION, &["--yes"]).await);
    for number in 0..3 {
        let mut state = bench.aws.state();
        let path = format!("media-content/p/{number}");
        state.objects.insert(path, "content".into());
        let begun = ["media-content", "p/begun"].map(str::to_owned);
        state.uploads.insert(format!("u{number}"), begun);
    }
    let story = Story::of(bench, destroy).await;
    let matrix = Matrix {
        name: "destroy",
        calls: story.calls.clone(),
        floor: 350,
        telling: ("DELETE /media-content/ ", Way::AnswerLost),
    };
    matrix.hold(async |row| story.hold(row).await).await;
}
