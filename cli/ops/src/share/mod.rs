//! `keyfront share`: a URL that reads one object, from the publishers' API.
//!
//! Which way a share leads, how long it works and what is refused is decided by the origin.

mod answer;

use std::{process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};
use keyfront_cli::report;
use serde_json::json;

use self::answer::Share;
use crate::{publish_api::PublishApiArguments, span::span};

const AFTER_HELP: &str = "\
Environment: KEYFRONT_TOKEN is the publisher's token, or a JWT from an issuer that the publishers' policy names

Exit codes: 0 done; 1 the publishers' API cannot be reached, or refuses; 2 wrong arguments";

/// Create a URL that reads one object
///
/// A URL of the CDN works for its whole lifetime and shows nothing of the AWS account. A presigned S3 URL also ends with the
/// session of the origin. The publisher's rule limits the lifetime of both (max_lifetime).
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ShareArguments {
    /// The object's key in the bucket
    #[arg(value_name = "KEY")]
    key: String,

    /// Lifetime of the link, at most 7d: 30m, 12h, 7d [default: 1h, or less if the rule allows less]
    #[arg(long = "for", value_name = "DURATION", value_parser = span)]
    lifetime: Option<Duration>,

    /// Where the link leads [default: the CDN, where the system signs for viewers]
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
    /// A presigned S3 URL
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
    let runtime = crate::runtime::start()?;
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
