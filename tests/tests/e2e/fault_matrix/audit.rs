//! `keyfront audit --fix`.

use anyhow::{Context as _, ensure};
use aws_sdk_s3::types::ServerSideEncryption as Sse;
use keyfront_tests::{
    audit::read,
    interference::Way,
    local_stack::{LocalStack, content},
};
use tokio::process::Command;

use super::{Matrix, Row, ended_as_promised, watched::Watched};

const OBJECTS: [&str; 3] = ["a", "b", "c"];

/// Writes a row's objects with another encryption than is demanded.
async fn put(stack: &LocalStack, prefix: &str) {
    for name in OBJECTS {
        let call = stack.s3().put_object().bucket(&stack.dev.bucket);
        let call = call
            .key(format!("{prefix}{name}"))
            .body(content(1000).into())
            .metadata("colour", "blue")
            .tagging("team=media")
            .server_side_encryption(Sse::Aes256);
        call.send().await.unwrap();
    }
}

fn audit(watched: &Watched, stack: &LocalStack, prefix: &str) -> Command {
    let dev_json = watched.dev_json(stack);
    let line = [
        "audit",
        "--dev",
        dev_json.to_str().unwrap(),
        "--prefix",
        prefix,
        "--format=json",
        "--concurrency=1",
        "--fix",
        "--yes",
    ];
    watched.keyfront(stack, &line)
}

/// Whether every object of the row is what it was; how many are encrypted as demanded.
async fn fixed(stack: &LocalStack, prefix: &str) -> anyhow::Result<usize> {
    let mut fixed = 0;
    for name in OBJECTS {
        let object = format!("{prefix}{name}");
        let raw = stack.raw(&object).await;
        ensure!(raw.body == content(1000), "{object} has another content");
        ensure!(
            raw.metadata.get("colour").is_some_and(|is| is == "blue"),
            "{object}"
        );
        let tags = stack.s3().get_object_tagging().bucket(&stack.dev.bucket);
        let tags = tags.key(&object).send().await?;
        ensure!(tags.tag_set().len() == 1, "{object} has lost its tags");
        fixed += usize::from(raw.server_side_encryption == "aws:kms");
    }
    Ok(fixed)
}

async fn hold(stack: &LocalStack, row: &Row) -> anyhow::Result<()> {
    let prefix = format!("{}-{:?}/", row.number, row.way);
    put(stack, &prefix).await;
    let watched = Watched::before(stack).await;
    let interference = &watched.interference;
    interference.arm(row.number, row.way);
    let output = interference.run(audit(&watched, stack, &prefix)).await;
    ensure!(interference.was_met(), "the call never came");
    ended_as_promised(&output, row.way, 0..=2)?;
    fixed(stack, &prefix).await?;
    interference.heal();
    let again = read(audit(&watched, stack, &prefix).output().await?);
    ensure!(again.code == 0, "again: {again:?}");
    let fixed = fixed(stack, &prefix).await.context("after another run")?;
    ensure!(fixed == OBJECTS.len(), "only {fixed} are fixed: {again:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_that_fixes_disturbed_at_any_call_changes_no_object_and_is_finished_by_another() {
    let stack = LocalStack::start().await;
    put(&stack, "undisturbed/").await;
    let watched = Watched::before(&stack).await;
    let report = read(
        audit(&watched, &stack, "undisturbed/")
            .output()
            .await
            .unwrap(),
    );
    assert_eq!(report.code, 0, "{report:?}");
    assert_eq!(fixed(&stack, "undisturbed/").await.unwrap(), OBJECTS.len());
    let matrix = Matrix {
        name: "audit --fix",
        calls: watched.interference.calls(),
        floor: 150,
        telling: ("PUT /", Way::KilledAfter),
    };
    matrix.hold(async |row| hold(&stack, row).await).await;
}
