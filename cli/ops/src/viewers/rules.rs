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

/// A session cannot be revoked, and so is accepted until it expires.
const SESSIONS_LAST: &str = "Existing sessions last until they expire.";

/// Let users of an issuer read folders: add or replace a rule
///
/// Without --claim and --subject it applies to all users of the issuer. Deny rules take precedence. If the stack's protected
/// folders are known, the folder must be inside one of them: everyone can read all others.
#[derive(Debug, Args)]
pub(super) struct AllowArguments {
    #[command(flatten)]
    rule: RuleArguments,

    #[command(flatten)]
    session: SessionArguments,

    #[command(flatten)]
    change: ChangeArguments,
}

/// Keep users of an issuer out of folders, whatever other rules allow: add or replace a rule
///
/// Without --claim and --subject it applies to all users of the issuer. A folder that contains a denied one is not granted
/// either, since cookies cannot exclude a part of a folder.
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
        "what the system protects is unknown; name its bucket with --bucket to skip this check",
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
            "Rule {id} is removed within a minute. {SESSIONS_LAST}"
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
            report::note(format_args!("Rule {id} takes effect within a minute."));
        }
        (Outcome::Changed, Effect::Deny) => report::note(format_args!(
            "Rule {id} takes effect within a minute. {SESSIONS_LAST}"
        )),
    }
}
