//! `keyfront publisher add | rotate | revoke | rule | edit | remove | list`: edits the publishers' policy in the bucket.
//!
//! What a policy may say is the origin's (`keyfront_origin_core::publisher`); nothing of it is repeated here.

mod edit;
mod moment;
pub(crate) mod policy;
pub(crate) mod render;
mod rules;
pub(crate) mod tokens;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use keyfront_origin_core::publisher::{IamPrincipal, Identity, Prefix, Publisher, Publishers};
use time::OffsetDateTime;

pub(crate) use self::{moment::Expiry, rules::prefix};
use self::{policy::change, rules::RuleArguments};
use crate::{
    bucket_target::BucketTarget, difference::difference, named_bucket::NamedBucketArguments,
    system::outputs::Purpose,
};

/// Manage publishers: their tokens and rules.
///
/// A token is printed once, alone, on standard output; the bucket stores only its SHA-256. The origin reads the policy again
/// every 60 seconds, so a change takes effect everywhere within a minute.
#[derive(Debug, Args)]
pub(crate) struct PublisherArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a publisher with its first token
    Add(Box<AddArguments>),
    /// Give a publisher a new token; the former ones expire after the overlap
    Rotate(RotateArguments),
    /// Revoke all tokens of a publisher, or one
    Revoke(RevokeArguments),
    /// Change what a publisher may do in one folder
    #[command(subcommand)]
    Rule(RuleCommand),
    /// Change a publisher's entry, except its tokens, in an editor or from a file
    Edit(EditArguments),
    /// Remove a publisher with its tokens and rules
    Remove(RemoveArguments),
    /// Show the publishers, their rules and the state of their tokens
    List(ListArguments),
}

#[derive(Debug, Args)]
struct AddArguments {
    /// Name of the publisher, in logs and responses
    publisher: String,
    /// When the token expires: 90d, 12h, 30m, or a time such as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// ARN of an IAM role or user that is this publisher when it calls the Function URL directly
    #[arg(long, value_name = "ARN", value_parser = principal)]
    iam: Vec<IamPrincipal>,
    /// Create no token: the publisher is identified by --iam only
    #[arg(long, requires = "iam", conflicts_with = "expires")]
    no_token: bool,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct RotateArguments {
    /// Name of the publisher
    publisher: String,
    /// When the new token expires [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// How long the former tokens stay valid
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = crate::span::span)]
    overlap: Duration,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct RevokeArguments {
    /// Name of the publisher
    publisher: String,
    /// Revoke only the token with this id [default: all]
    #[arg(long, value_name = "ID")]
    token: Option<String>,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Subcommand)]
enum RuleCommand {
    /// Replace the rule of a folder, or add one
    Set(Box<SetRuleArguments>),
    /// Remove the rule of a folder
    Remove(RemoveRuleArguments),
}

#[derive(Debug, Args)]
struct SetRuleArguments {
    /// Name of the publisher
    publisher: String,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct RemoveRuleArguments {
    /// Name of the publisher
    publisher: String,
    /// The folder of the rule
    #[arg(long, value_name = "PREFIX", value_parser = prefix)]
    prefix: Prefix,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct EditArguments {
    /// Name of the publisher
    publisher: String,
    /// Read the entry from this file, or - for standard input, instead of opening an editor (VISUAL, EDITOR)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Show what would change, without changing it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct RemoveArguments {
    /// Name of the publisher
    publisher: String,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Print the policy as JSON; it has hashes of tokens only
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

pub(crate) fn run(arguments: PublisherArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let work = async {
        match arguments.command {
            Command::Add(arguments) => add(*arguments).await,
            Command::Rotate(arguments) => rotate(arguments).await,
            Command::Revoke(arguments) => revoke(arguments).await,
            Command::Rule(RuleCommand::Set(arguments)) => set_rule(*arguments).await,
            Command::Rule(RuleCommand::Remove(arguments)) => remove_rule(arguments).await,
            Command::Edit(arguments) => edit_entry(arguments).await,
            Command::Remove(arguments) => remove(arguments).await,
            Command::List(arguments) => list(arguments).await,
        }
    };
    runtime.block_on(work).map(|()| ExitCode::SUCCESS)
}

async fn add(arguments: AddArguments) -> anyhow::Result<()> {
    let rules = arguments.rules.rules()?;
    let now = OffsetDateTime::now_utc();
    let expires = arguments
        .expires
        .map(|expiry| expiry.after(now))
        .transpose()?;
    let publisher = Publisher {
        id: arguments.publisher,
        tokens: Vec::new(),
        identities: arguments.iam.into_iter().map(Identity::Iam).collect(),
        rules,
        budget: None,
        sites: Vec::new(),
        site_limits: None,
        customer_key: None,
    };
    let target = arguments.bucket.find(Purpose::Change).await?;
    let token = change(&target, |policy| {
        let mut policy = policy.with(publisher.clone())?;
        let token = match arguments.no_token {
            true => None,
            false => Some(tokens::issue(&mut policy, &publisher.id, expires, now)?),
        };
        Ok((policy, token))
    })
    .await?;
    render::added(&publisher.id, target.bucket.as_str(), token.as_ref());
    Ok(())
}

async fn rotate(arguments: RotateArguments) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    let expires = arguments
        .expires
        .map(|expiry| expiry.after(now))
        .transpose()?;
    let target = arguments.bucket.find(Purpose::Change).await?;
    let token = change(&target, |mut policy| {
        policy.end_tokens_by(&arguments.publisher, now + arguments.overlap)?;
        let token = tokens::issue(&mut policy, &arguments.publisher, expires, now)
            .context("the token is not rotated; see `keyfront publisher revoke --help`")?;
        Ok((policy, token))
    })
    .await?;
    render::rotated(&arguments.publisher, arguments.overlap, &token);
    Ok(())
}

async fn revoke(arguments: RevokeArguments) -> anyhow::Result<()> {
    let target = arguments.bucket.find(Purpose::Change).await?;
    change(&target, |mut policy| {
        match &arguments.token {
            Some(token) => policy.revoke_token(&arguments.publisher, token)?,
            None => policy.revoke_tokens(&arguments.publisher)?,
        }
        Ok((policy, ()))
    })
    .await?;
    render::revoked(&arguments.publisher, arguments.token.as_deref());
    Ok(())
}

async fn set_rule(arguments: SetRuleArguments) -> anyhow::Result<()> {
    let rules = arguments.rules.rules()?;
    let target = arguments.bucket.find(Purpose::Change).await?;
    change(&target, |mut policy| {
        for rule in &rules {
            policy = policy.with_rule(&arguments.publisher, rule.clone())?;
        }
        Ok((policy, ()))
    })
    .await?;
    render::changed(&arguments.publisher);
    Ok(())
}

async fn remove_rule(arguments: RemoveRuleArguments) -> anyhow::Result<()> {
    let target = arguments.bucket.find(Purpose::Change).await?;
    let (publisher, prefix) = (&arguments.publisher, &arguments.prefix);
    change(&target, |policy| {
        Ok((policy.without_rule(publisher, prefix)?, ()))
    })
    .await?;
    render::changed(publisher);
    Ok(())
}

async fn remove(arguments: RemoveArguments) -> anyhow::Result<()> {
    let target = arguments.bucket.find(Purpose::Change).await?;
    let publisher = &arguments.publisher;
    change(&target, |policy| Ok((policy.without(publisher)?, ()))).await?;
    render::removed(publisher);
    Ok(())
}

async fn edit_entry(arguments: EditArguments) -> anyhow::Result<()> {
    let purpose = match arguments.dry_run {
        true => Purpose::Read,
        false => Purpose::Change,
    };
    let target = arguments.bucket.find(purpose).await?;
    let stored = policy::read(&target).await?.policy;
    let before = stored.publisher(&arguments.publisher)?.clone();
    let text = edit::text(&before)?;
    let Some(file) = &arguments.file else {
        let (draft, edited) = edit::Draft::of_editor(&text)?;
        let applied = apply(&target, &before, &edited, arguments.dry_run).await;
        applied.with_context(|| {
            format!(
                "nothing was changed; your text is in {0}, run `keyfront publisher edit {1} --file {0}` to use it again",
                draft.path().display(),
                before.id
            )
        })?;
        draft.done();
        return Ok(());
    };
    apply(&target, &before, &edit::of_file(file)?, arguments.dry_run).await
}

/// Puts the entry that `edited` says in the place of `before`, if nobody has changed that meanwhile.
async fn apply(
    target: &BucketTarget,
    before: &Publisher,
    edited: &str,
    dry_run: bool,
) -> anyhow::Result<()> {
    let after = edit::read(edited, &before.id, before.tokens.clone())?;
    let difference = difference(&edit::text(before)?, &edit::text(&after)?, &before.id);
    let Some(difference) = difference else {
        render::unchanged(&before.id);
        return Ok(());
    };
    render::difference(&difference);
    let replace = |policy: Publishers| -> anyhow::Result<(Publishers, ())> {
        anyhow::ensure!(
            policy.publisher(&before.id)? == before,
            "{} was changed by somebody else in the meantime; edit it again",
            before.id
        );
        Ok((policy.replacing(after.clone())?, ()))
    };
    if dry_run {
        replace(policy::read(target).await?.policy)?;
        return Ok(());
    }
    change(target, replace).await?;
    render::changed(&before.id);
    Ok(())
}

async fn list(arguments: ListArguments) -> anyhow::Result<()> {
    let target = arguments.bucket.find(Purpose::Read).await?;
    let policy = policy::read(&target).await?.policy;
    match arguments.json {
        true => render::json(&policy)?,
        false => render::table(&policy, OffsetDateTime::now_utc()),
    }
    Ok(())
}

fn principal(arn: &str) -> Result<IamPrincipal, &'static str> {
    IamPrincipal::try_from(arn.to_owned())
}
