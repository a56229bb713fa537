//! `keyfront viewers allow | deny | remove`: the rules of the policy.

use anyhow::Context as _;
use clap::Args;
use keyfront_cli::report;
use keyfront_origin_core::viewing::{Effect, ViewerRule, ViewersPolicy};
use serde_json::json;

use super::{
    change::{ChangeArguments, Outcome},
    policy::RefusedChange,
    rule_arguments::{RuleArguments, SessionArguments},
    served::Served,
};
use crate::bucket_target::BucketTarget;

/// A session that people have is not taken back, and so counts until it ends.
const SESSIONS_GO_ON: &str = "Sessions that have begun go on until they end.";

/// Let users of an issuer read folders: put a rule, or replace it
///
/// Without --claim and --subject it is about all users of the issuer. What a rule of `keyfront viewers deny` says goes before. Where
/// the stack's protected folders are known, a folder has to lie in one of them: everybody reads all others.
#[derive(Debug, Args)]
pub(super) struct AllowArguments {
    #[command(flatten)]
    rule: RuleArguments,

    #[command(flatten)]
    session: SessionArguments,

    #[command(flatten)]
    change: ChangeArguments,
}

/// Keep users of an issuer out of folders, whatever other rules allow: put a rule, or replace it
///
/// Without --claim and --subject it is about all users of the issuer. A folder that holds a denied one is not granted either, since
/// cookies cannot leave out a part of a folder.
#[derive(Debug, Args)]
pub(super) struct DenyArguments {
    #[command(flatten)]
    rule: RuleArguments,

    #[command(flatten)]
    change: ChangeArguments,
}

/// Remove a rule
#[derive(Debug, Args)]
pub(super) struct RemoveArguments {
    /// Name of the rule
    #[arg(value_name = "RULE")]
    id: String,

    #[command(flatten)]
    change: ChangeArguments,
}

pub(super) async fn allow(arguments: &AllowArguments) -> anyhow::Result<()> {
    let rule = arguments.rule.allowing(&arguments.session)?;
    let target = arguments.change.find().await?;
    let system = arguments.change.bucket.system().await;
    let system = system.context(
        "what the system protects is not known; give its bucket by --bucket to do without",
    )?;
    Served::of(&system).check(arguments.rule.folders())?;
    put(&arguments.change, &target, &rule).await
}

pub(super) async fn deny(arguments: &DenyArguments) -> anyhow::Result<()> {
    let rule = arguments.rule.denying()?;
    let target = arguments.change.find().await?;
    put(&arguments.change, &target, &rule).await
}

async fn put(
    change: &ChangeArguments,
    target: &BucketTarget,
    rule: &ViewerRule,
) -> anyhow::Result<()> {
    let with_rule = |policy: ViewersPolicy| {
        Ok(policy
            .with_rule(rule.clone())
            .map_err(RefusedChange::from)?)
    };
    let outcome = change.make(target, with_rule).await?;
    show(change, rule, outcome);
    Ok(())
}

pub(super) async fn remove(arguments: &RemoveArguments) -> anyhow::Result<()> {
    let id = &arguments.id;
    let target = arguments.change.find().await?;
    let take = |policy: ViewersPolicy| Ok(policy.without_rule(id).map_err(RefusedChange::from)?);
    let outcome = arguments.change.make(&target, take).await?;
    match (arguments.change.json, outcome) {
        (true, _) => report::line(json!({"outcome": outcome, "rule": id})),
        (false, Outcome::WouldChange) => report::note("Nothing was changed (--dry-run)."),
        (false, Outcome::Changed | Outcome::Unchanged) => report::note(format_args!(
            "Rule {id} counts no more within a minute. {SESSIONS_GO_ON}"
        )),
    }
    Ok(())
}

fn show(change: &ChangeArguments, rule: &ViewerRule, outcome: Outcome) {
    if change.json {
        report::line(json!({"outcome": outcome, "rule": rule}));
        return;
    }
    let id = &rule.id;
    match (outcome, rule.effect) {
        (Outcome::Unchanged, _) => report::note(format_args!("Rule {id} is unchanged.")),
        (Outcome::WouldChange, _) => report::note("Nothing was changed (--dry-run)."),
        (Outcome::Changed, Effect::Allow) => {
            report::note(format_args!("Rule {id} counts within a minute."));
        }
        (Outcome::Changed, Effect::Deny) => report::note(format_args!(
            "Rule {id} counts within a minute. {SESSIONS_GO_ON}"
        )),
    }
}
