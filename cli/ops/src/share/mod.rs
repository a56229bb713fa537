//! `keyfront share`: a URL that reads one object, from the publishers' API.
//!
//! Which way a share leads, how long it works and what is refused is decided by the origin.

mod answer;

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use keyfront_cli::report;
use serde_json::json;

use self::answer::Share;
use crate::{publish_api::PublishApiArguments, span::span};

const AFTER_HELP: &str = "\
Environment: KEYFRONT_TOKEN is the publisher's token, or a JWT of an issuer that the publishers' policy names

Exit codes: 0 done; 1 the publishers' API cannot be called, or refuses; 2 wrong arguments";

/// Make a URL that reads one object
///
/// Through the CDN the URL works until the time that was asked for, and shows nothing of the AWS account. Straight from S3 it ends
/// with the session of the origin as well. Either way, the publisher's rule says for how long at most (max_lifetime).
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ShareArguments {
    /// The object's key in the bucket
    #[arg(value_name = "KEY")]
    key: String,

    /// How long it works, a week at most: 30m, 12h, 7d [default: an hour, or less where the rule allows less]
    #[arg(long = "for", value_name = "DURATION", value_parser = span)]
    lifetime: Option<Duration>,

    /// What readers are led through [default: the CDN, where the system signs for viewers]
    #[arg(long, value_name = "WAY")]
    via: Option<Via>,

    #[command(flatten)]
    api: PublishApiArguments,

    /// Print the whole answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Via {
    /// The CDN
    Cdn,
    /// Nothing: a presigned request to S3
    S3,
}

impl Via {
    fn name(self) -> &'static str {
        match self {
            Self::Cdn => "cdn",
            Self::S3 => "s3",
        }
    }
}

pub(crate) fn run(arguments: &ShareArguments) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Runtime::new().context("the asynchronous runtime did not start")?;
    let share = runtime.block_on(share(arguments))?;
    match arguments.json {
        true => report::line(share.document),
        false => report::line(share.url),
    }
    Ok(ExitCode::SUCCESS)
}

async fn share(arguments: &ShareArguments) -> anyhow::Result<Share> {
    let api = arguments.api.find()?;
    let document = json!({
        "key": arguments.key,
        "expires": arguments.lifetime.map(|lifetime| lifetime.as_secs()),
        "via": arguments.via.map(Via::name),
    });
    let answer = api.post("/shares", &document).await?;
    Share::of(&answer)
}
