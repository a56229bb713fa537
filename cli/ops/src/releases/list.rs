//! `keyfront releases list`: the log of activations, and the releases that are there.

use clap::Args;
use keyfront_cli::{Table, report};
use keyfront_releases::{Chain, LogEntry};
use serde_json::{Value, json};

use super::site_arguments::SiteArguments;
use crate::release_api::{KnownRelease, ReleaseApi, ReleaseState};

/// Show what was activated when and by whom, and which releases are there
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    site: SiteArguments,

    /// Follow the whole log from its first entry, and fail if it does not hold together
    #[arg(long)]
    check: bool,
}

/// Pages of a list that is not asked for as a whole.
const SHOWN_PAGES: usize = 1;

pub(super) async fn run(arguments: &ListArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let pages = if arguments.check {
        usize::MAX
    } else {
        SHOWN_PAGES
    };
    let (log, releases) = read(&api, pages).await?;
    let head = match arguments.check {
        true => Some(followed(&log)?),
        false => None,
    };
    match arguments.site.json {
        true => report::line(document(&log, &releases, head.as_ref())),
        false => print(&log, &releases, head.as_ref()),
    }
    Ok(())
}

/// The log, the newest entry first, and the releases.
async fn read(
    api: &ReleaseApi,
    pages: usize,
) -> anyhow::Result<(Vec<LogEntry>, Vec<KnownRelease>)> {
    let first = api.log(None).await?;
    let (mut log, mut cursor) = (first.log, first.next_cursor);
    for _ in 1..pages {
        let Some(next) = &cursor else { break };
        let page = api.log(Some(next)).await?;
        log.extend(page.log);
        cursor = page.next_cursor;
    }
    Ok((log, first.releases))
}

fn followed(log: &[LogEntry]) -> anyhow::Result<Chain> {
    let mut chain = Chain::default();
    for entry in log.iter().rev() {
        chain.follow(&entry.to_bytes())?;
    }
    Ok(chain)
}

fn document(log: &[LogEntry], releases: &[KnownRelease], head: Option<&Chain>) -> Value {
    let log = log.iter().map(|entry| {
        json!({
            "n": entry.n,
            "at": entry.at,
            "by": entry.by,
            "release": entry.release,
            "replaced": entry.replaced,
            "previous": entry.previous,
        })
    });
    let mut document = json!({"log": log.collect::<Vec<_>>(), "releases": releases});
    if let Some(chain) = head {
        document["head"] = json!(chain.head());
        document["entries"] = chain.entries().into();
        document["clock_set_back"] = chain.clock_set_back().into();
    }
    document
}

fn print(log: &[LogEntry], releases: &[KnownRelease], head: Option<&Chain>) {
    let mut activations = Table::new(["N", "ACTIVATED", "RELEASE", "STATE", "BY"]);
    for entry in log {
        let known = releases.iter().find(|release| release.id == entry.release);
        activations.push([
            entry.n.to_string(),
            entry.at.to_string(),
            entry.release.short(),
            known
                .map_or("removed", |known| known.state.name())
                .to_owned(),
            entry.by.clone(),
        ]);
    }
    report::line(activations);
    let never = |release: &&KnownRelease| {
        matches!(
            release.state,
            ReleaseState::Uploading | ReleaseState::Verified
        ) && !log.iter().any(|entry| entry.release == release.id)
    };
    for release in releases.iter().filter(never) {
        report::line(format_args!(
            "-  never activated  {}  {}",
            release.id.short(),
            release.state.name()
        ));
    }
    if let Some(chain) = head {
        report::line(format_args!(
            "The log holds together: {} entries, head {}",
            chain.entries(),
            chain.head()
        ));
        if chain.clock_set_back() > 0 {
            report::line(format_args!(
                "{} entries are dated before the one they follow: a clock was set back",
                chain.clock_set_back()
            ));
        }
    }
}
