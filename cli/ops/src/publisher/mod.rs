//! `keyfront publisher add | rotate | revoke | list`: edits the publishers' policy in the bucket.
//!
//! What a policy may say is the origin's (`keyfront_origin_core::publisher`); nothing of it is repeated here.

mod moment;
pub(crate) mod policy;
pub(crate) mod render;
mod rules;
pub(crate) mod tokens;

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use keyfront_origin_core::publisher::{IamPrincipal, Identity, Publisher};
use time::OffsetDateTime;

pub(crate) use self::{moment::Expiry, rules::prefix};
use self::{policy::change, rules::RuleArguments};
use crate::{named_bucket::NamedBucketArguments, system::outputs::Purpose};

/// Say who may publish: tokens, and what they open.
///
/// A token is printed once, alone, on standard output; the bucket keeps its SHA-256 only. The origin looks at the
/// policy at most once in 60 seconds, so that a change is in force everywhere a minute later.
#[derive(Debug, Args)]
pub(crate) struct PublisherArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a publisher with its first token
    Add(Box<AddArguments>),
    /// Give a publisher a new token; the former ones end after the overlap
    Rotate(RotateArguments),
    /// Withdraw a publisher's tokens, all of them or one
    Revoke(RevokeArguments),
    /// Show the publishers, their rules and the state of their tokens
    List(ListArguments),
}

#[derive(Debug, Args)]
struct AddArguments {
    /// Name of the publisher, in logs and answers
    publisher: String,
    #[command(flatten)]
    rules: RuleArguments,
    /// When the token ends: 90d, 12h, 30m, or a moment such as 2027-01-31T00:00:00Z [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// ARN of an IAM role or user that is this publisher when it calls the Function URL itself
    #[arg(long, value_name = "ARN", value_parser = principal)]
    iam: Vec<IamPrincipal>,
    /// Make no token: the publisher is known by --iam alone
    #[arg(long, requires = "iam", conflicts_with = "expires")]
    no_token: bool,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct RotateArguments {
    /// Name of the publisher
    publisher: String,
    /// When the new token ends [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// How long the former tokens stay valid
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = moment::span)]
    overlap: Duration,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct RevokeArguments {
    /// Name of the publisher
    publisher: String,
    /// Withdraw only the token with this id [default: all]
    #[arg(long, value_name = "ID")]
    token: Option<String>,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// Print the policy as JSON; it holds hashes of tokens, no token
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    bucket: NamedBucketArguments,
}

pub(crate) fn run(arguments: PublisherArguments) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Runtime::new().context("the asynchronous runtime did not start")?;
    let work = async {
        match arguments.command {
            Command::Add(arguments) => add(*arguments).await,
            Command::Rotate(arguments) => rotate(arguments).await,
            Command::Revoke(arguments) => revoke(arguments).await,
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
    render::added(&publisher.id, &target.bucket, token.as_ref());
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
