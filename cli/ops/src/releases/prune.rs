//! `keyfront releases prune`: removes the trees of releases that were replaced long ago. The log keeps what they were.

use std::collections::HashSet;

use anyhow::ensure;
use clap::Args;
use keyfront_cli::report;
use keyfront_contract::ProblemType;
use keyfront_releases::ReleaseId;
use serde_json::json;

use super::site_arguments::SiteArguments;
use crate::release_api::{KnownRelease, LogPage, Pages, Problem, ReleaseApi, ReleaseState};

/// Remove old releases
#[derive(Debug, Args)]
pub(super) struct PruneArguments {
    #[command(flatten)]
    site: SiteArguments,

    /// How many releases to keep: the active one, and those that were active before it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,

    /// Also remove releases that were never activated, such as abandoned publications
    #[arg(long)]
    unfinished: bool,

    /// Show what would be removed, without removing it
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(arguments: &PruneArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let page = whole_log(&api).await?;
    let staying = staying(&page, arguments.keep as usize);
    let superfluous = page.releases.iter().filter(|release| {
        let unfinished = matches!(
            release.state,
            ReleaseState::Uploading | ReleaseState::Verified
        ) && !page.log.iter().any(|entry| entry.release == release.id);
        !staying.contains(&release.id)
            && release.state != ReleaseState::Active
            && (arguments.unfinished || !unfinished)
    });
    let superfluous: Vec<&KnownRelease> = superfluous.collect();
    let mut outcomes = Vec::new();
    for release in superfluous {
        let outcome = match arguments.dry_run {
            true => Outcome::Planned,
            false => remove(&api, release.id).await?,
        };
        if !arguments.site.json {
            report::line(format_args!(
                "{}  {}",
                release.id.short(),
                outcome.sentence()
            ));
        }
        outcomes.push((release.id, outcome));
    }
    if arguments.site.json {
        let list = outcomes.iter().map(|(id, outcome)| {
            json!({"release": id, "outcome": outcome.name(), "detail": outcome.sentence()})
        });
        report::line(json!({"site": api.site, "releases": list.collect::<Vec<_>>()}));
    } else if outcomes.is_empty() {
        report::line("Nothing to remove");
    }
    Ok(())
}

async fn whole_log(api: &ReleaseApi) -> anyhow::Result<LogPage> {
    let (mut whole, mut pages) = (api.log(None).await?, Pages::default());
    while let Some(cursor) = pages.next(whole.next_cursor.take())? {
        let page = api.log(Some(&cursor)).await?;
        whole.log.extend(page.log);
        whole.next_cursor = page.next_cursor;
    }
    Ok(whole)
}

/// The active release, and those that were active last before it, as far as they are there.
fn staying(page: &LogPage, keep: usize) -> HashSet<ReleaseId> {
    let there: HashSet<ReleaseId> = page.releases.iter().map(|release| release.id).collect();
    let mut staying = HashSet::new();
    for entry in &page.log {
        if staying.len() == keep {
            break;
        }
        if there.contains(&entry.release) {
            staying.insert(entry.release);
        }
    }
    staying
}

enum Outcome {
    Planned,
    Removed(u64),
    /// Why it stays.
    Refused(String),
}

impl Outcome {
    const fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Removed(_) => "removed",
            Self::Refused(_) => "refused",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Planned => "would be removed".to_owned(),
            Self::Removed(objects) => format!("removed, {objects} objects"),
            Self::Refused(why) => format!("stays: {why}"),
        }
    }
}

async fn remove(api: &ReleaseApi, id: ReleaseId) -> anyhow::Result<Outcome> {
    let mut objects: u64 = 0;
    loop {
        match api.remove(id).await {
            Ok(page) => {
                objects = page.removed.saturating_add(objects);
                if !page.more {
                    return Ok(Outcome::Removed(objects));
                }
                ensure!(
                    page.removed > 0,
                    "removing release {id} makes no progress; run again"
                );
            }
            Err(error) => match error.downcast_ref::<Problem>() {
                Some(problem) if problem.is(ProblemType::RELEASE_CONFLICT) => {
                    return Ok(Outcome::Refused(problem.to_string()));
                }
                _ => return Err(error),
            },
        }
    }
}
