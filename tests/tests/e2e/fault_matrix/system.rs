//! What the matrices of commands about a system have alike: an AWS like another one, and what lies there in the end.

use std::collections::BTreeSet;

use anyhow::ensure;
use keyfront_tests::scripted_aws::{FakeStack, State};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use super::{
    super::deploy_bench::{Bench, text},
    Row, ended_as_promised,
};

/// Where the bucket is, so that a system has two stacks.
pub(super) const REGION: &str = "eu-central-1";

/// What there is before a command, the command, and what there is after it.
pub(super) struct Story {
    pub(super) before: Bench,
    pub(super) command: fn(&Bench) -> Command,
    after: BTreeSet<String>,
    /// Its calls, undisturbed.
    pub(super) calls: Vec<String>,
}

impl Story {
    /// The story of an undisturbed run.
    pub(super) async fn of(before: Bench, command: fn(&Bench) -> Command) -> Self {
        let bench = before.again().await;
        let output = command(&bench).output().await.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let after = landscape(&bench.aws.state());
        Self {
            before,
            command,
            after,
            calls: bench.aws.interference().calls(),
        }
    }

    /// The command with one call that goes wrong, and once more.
    pub(super) async fn hold(&self, row: &Row) -> anyhow::Result<()> {
        let bench = self.before.again().await;
        let interference = bench.aws.interference();
        interference.arm(row.number, row.way);
        let disturbed = interference.run((self.command)(&bench)).await;
        ensure!(interference.was_met(), "the call never came");
        ended_as_promised(&disturbed, row.way, [0, 1, 3])?;
        if row.way.passes() {
            self.compare(&bench, "after the disturbed run")?;
        }
        interference.heal();
        let again = (self.command)(&bench).output().await?;
        ensure!(again.status.success(), "again: {}", text(&again.stderr));
        self.compare(&bench, "after another run")
    }

    fn compare(&self, bench: &Bench, when: &str) -> anyhow::Result<()> {
        let found = landscape(&bench.aws.state());
        let missing: Vec<_> = self.after.difference(&found).collect();
        let further: Vec<_> = found.difference(&self.after).collect();
        ensure!(
            missing.is_empty() && further.is_empty(),
            "{when}: missing {missing:#?}, and there is {further:#?}"
        );
        Ok(())
    }
}

impl Bench {
    /// An AWS in which there is the same, and the same packages.
    pub(super) async fn again(&self) -> Self {
        let state = self.aws.state().clone();
        Self::with(state, self.packages.clone()).await
    }
}

/// All that a system has in an AWS, and all that others have there, a line each.
fn landscape(state: &State) -> BTreeSet<String> {
    let stacks = state.stacks.iter();
    let stacks =
        stacks.map(|((region, name), stack)| format!("{region} {name} {}", of_stack(stack)));
    let past = state.past.iter();
    let past = past.map(|(region, stack)| format!("{region} deleted {}", of_stack(stack)));
    let buckets = state
        .buckets
        .iter()
        .map(|bucket| format!("bucket {bucket}"));
    let objects = state.objects.iter();
    let objects = objects.map(|(path, bytes)| format!("object {path} {}", content(path, bytes)));
    let uploads = state
        .uploads
        .iter()
        .map(|upload| format!("upload {upload:?}"));
    let groups = state
        .log_groups
        .iter()
        .map(|group| format!("log group {group:?}"));
    let functions = state.deleted_functions.iter();
    let functions = functions.map(|name| format!("deleted function {name}"));
    let keys = state
        .keys_ending
        .iter()
        .map(|key| format!("ending key {key}"));
    let signing = state.signing_keys.iter();
    let signing = signing.map(|key| format!("signing key {key:?}"));
    let aliases = state.key_aliases.iter();
    let aliases = aliases.map(|alias| format!("alias {alias:?}"));
    stacks
        .chain(past)
        .chain(signing)
        .chain(aliases)
        .chain(buckets)
        .chain(objects)
        .chain(uploads)
        .chain(groups)
        .chain(functions)
        .chain(keys)
        .collect()
}

/// All but its id, which is another one each time.
fn of_stack(stack: &FakeStack) -> String {
    let template = hex::encode(Sha256::digest(&stack.template));
    let FakeStack {
        status,
        parameters,
        tags,
        protected,
        role,
        resources,
        published,
        retained,
        ..
    } = stack;
    let drafted = stack.is_drafted();
    format!(
        "{status} {template} {parameters:?} {tags:?} {protected} {role:?} {resources:?} {published:?} {retained:?} {drafted}"
    )
}

/// The publishers' policy has a random token: its publishers and how many tokens there are; of all else a hash.
fn content(path: &str, bytes: &[u8]) -> String {
    if !path.ends_with("publishers.json") {
        return hex::encode(Sha256::digest(bytes));
    }
    let policy = text(bytes);
    let tokens = policy.matches("\"sha256\"").count();
    let publishers = policy.matches("\"rules\"").count();
    format!("{publishers} publishers, {tokens} tokens")
}
