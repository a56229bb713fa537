//! `keyfront releases rollback`: makes another release the live one, within seconds. Its tree is there; nothing travels.

use anyhow::{Context as _, ensure};
use clap::Args;
use keyfront_cli::report;
use serde_json::json;

use super::{named::named, site_arguments::SiteArguments};
use crate::{
    publish::{activate, verify},
    release_api::ReleaseState,
    status_line::StatusLine,
};

/// Activate an earlier release again, or one that was never activated
#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The release [default: the one that was active before]
    #[arg(value_name = "ID")]
    id: Option<String>,

    #[command(flatten)]
    site: SiteArguments,

    /// Wait until the CDN has no more copies of what was active before
    #[arg(long)]
    wait: bool,
}

pub(super) async fn run(arguments: &RollbackArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let page = api.log(None).await?;
    let id = match &arguments.id {
        Some(name) => named(&api, name).await?,
        None => {
            let before = page.log.first().and_then(|entry| entry.replaced);
            before.context("no other release was active before; name one")?
        }
    };
    ensure!(page.active != Some(id), "release {id} is the active one");
    let line = StatusLine::begin();
    let step = |text: &str| line.show(text);
    // Never checked, or under a key that the origin has no more, or another filling of the tree.
    if api.describe(id).await?.state == ReleaseState::Uploading {
        verify(&api, id, &step).await?;
    }
    let activated = activate(&api, id, page.active, arguments.wait, &step).await?;
    line.end();
    match arguments.site.json {
        true => report::line(json!({"site": api.site, "release": id, "activation": activated})),
        false => report::line(format_args!(
            "Release {id} of {} is active (activation {}, {})",
            api.site, activated.n, activated.at
        )),
    }
    Ok(())
}
