//! `keyfront releases list`: the log of activations, and the releases that are there.

use anyhow::ensure;
use clap::Args;
use keyfront_cli::{Table, report};
use keyfront_releases::{Chain, LogEntry, ReleaseId};
use serde_json::{Value, json};

use super::site_arguments::SiteArguments;
use crate::release_api::{KnownRelease, Pages, ReleaseApi, ReleaseState};

/// Show what was activated when and by whom, and which releases are there
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    site: SiteArguments,

    /// Verify the whole log; fail if entries are missing or altered
    #[arg(long)]
    check: bool,
}

/// How much of the log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Newest,
    Whole,
}

/// What is shown.
struct Listed {
    active: Option<ReleaseId>,
    /// The newest entry first.
    log: Vec<LogEntry>,
    releases: Vec<KnownRelease>,
    /// Whether there are earlier entries.
    more: bool,
}

pub(super) async fn run(arguments: &ListArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let extent = match arguments.check {
        true => Extent::Whole,
        false => Extent::Newest,
    };
    let listed = read(&api, extent).await?;
    let head = match arguments.check {
        true => Some(followed(&listed)?),
        false => None,
    };
    match arguments.site.json {
        true => report::line(listed.document(head.as_ref())),
        false => listed.print(head.as_ref()),
    }
    Ok(())
}

async fn read(api: &ReleaseApi, extent: Extent) -> anyhow::Result<Listed> {
    let first = api.log(None).await?;
    let (mut log, mut pages) = (first.log, Pages::default());
    let mut cursor = pages.next(first.next_cursor)?;
    while extent == Extent::Whole
        && let Some(next) = &cursor
    {
        let page = api.log(Some(next)).await?;
        log.extend(page.log);
        cursor = pages.next(page.next_cursor)?;
    }
    Ok(Listed {
        active: first.active,
        log,
        releases: first.releases,
        more: cursor.is_some(),
    })
}

/// The log from its first entry to the one that made the active release active.
fn followed(listed: &Listed) -> anyhow::Result<Chain> {
    let mut chain = Chain::default();
    for entry in listed.log.iter().rev() {
        chain.follow(&entry.to_bytes())?;
    }
    let shown = |release: Option<ReleaseId>| {
        release.map_or_else(|| "none".to_owned(), |release| release.to_string())
    };
    let last = chain.last().map(|entry| entry.release);
    ensure!(
        last == listed.active,
        "the log does not end in the active release: its entry {} activated {}, but {} is active; the pointer was altered, or the log's end is missing",
        chain.entries(),
        shown(last),
        shown(listed.active)
    );
    Ok(chain)
}

impl Listed {
    fn document(&self, head: Option<&Chain>) -> Value {
        let log = self.log.iter().map(|entry| {
            json!({
                "n": entry.n,
                "at": entry.at,
                "by": entry.by,
                "person": entry.person,
                "release": entry.release,
                "replaced": entry.replaced,
                "previous": entry.previous,
            })
        });
        let mut document =
            json!({"log": log.collect::<Vec<_>>(), "releases": self.releases, "more": self.more});
        if let Some(chain) = head {
            document["head"] = json!(chain.head());
            document["entries"] = chain.entries().into();
            document["clock_set_back"] = chain.clock_set_back().into();
        }
        document
    }

    fn print(&self, head: Option<&Chain>) {
        let mut activations = Table::new(["N", "ACTIVATED", "RELEASE", "STATE", "BY"]);
        for entry in &self.log {
            activations.push([
                entry.n.to_string(),
                entry.at.to_string(),
                entry.release.short(),
                self.state(entry.release).to_owned(),
                entry.author(),
            ]);
        }
        report::line(activations);
        for release in self.never_activated() {
            report::line(format_args!(
                "-  never activated  {}  {}",
                release.id.short(),
                release.state.name()
            ));
        }
        if self.more {
            report::line(
                "Earlier activations are in the log: `keyfront releases list --check` reads and shows all of it",
            );
        }
        if let Some(chain) = head {
            report::line(format_args!(
                "The log is complete and unaltered: {} entries, head {}",
                chain.entries(),
                chain.head()
            ));
            if chain.clock_set_back() > 0 {
                report::line(format_args!(
                    "{} entries have an earlier date than the entry before: a clock was set back",
                    chain.clock_set_back()
                ));
            }
        }
    }

    /// Where an activated release stands; the API may not know that it once was active.
    fn state(&self, id: ReleaseId) -> &'static str {
        let known = self.releases.iter().find(|release| release.id == id);
        match known.map(|known| known.state) {
            None => "removed",
            Some(ReleaseState::Verified) => ReleaseState::Superseded.name(),
            Some(state) => state.name(),
        }
    }

    /// Nobody knows which ones without the whole log.
    fn never_activated(&self) -> impl Iterator<Item = &KnownRelease> {
        let releases = self.releases.iter().filter(|_| !self.more);
        releases.filter(|release| {
            let unfinished = matches!(
                release.state,
                ReleaseState::Uploading | ReleaseState::Verified
            );
            unfinished && !self.log.iter().any(|entry| entry.release == release.id)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use keyfront_releases::{Encoded, Timestamp};

    use super::*;

    fn release(content: &str) -> ReleaseId {
        ReleaseId::of_manifest(content.as_bytes())
    }

    /// Of a log that activated these, the first one first.
    fn listed(activated: &[&str], active: Option<&str>) -> Listed {
        let mut log: Vec<LogEntry> = Vec::new();
        for content in activated {
            let at = Timestamp::from_epoch_seconds(1_000_000).unwrap();
            let (id, encoded, by) = (release(content), Encoded::default(), "ada".to_owned());
            let entry = match log.first() {
                None => LogEntry::first(id, encoded, by, at),
                Some(last) => last.next(id, encoded, by, at),
            };
            log.insert(0, entry);
        }
        let known = |content: &&str| KnownRelease {
            id: release(content),
            state: ReleaseState::Verified,
        };
        Listed {
            active: active.map(release),
            log,
            releases: ["a", "b", "c"].iter().map(known).collect(),
            more: false,
        }
    }

    #[test]
    fn a_log_that_does_not_end_in_the_active_release_is_found() {
        for (activated, active) in [
            (&[][..], None),
            (&["a"], Some("a")),
            (&["a", "b"], Some("b")),
        ] {
            assert!(followed(&listed(activated, active)).is_ok());
        }
        for (activated, active) in [
            // The log is gone; its end is; the pointer is; or it was set back.
            (&[][..], Some("a")),
            (&["a"], Some("b")),
            (&["a"], None),
            (&["a", "b"], Some("a")),
        ] {
            let refused = followed(&listed(activated, active)).unwrap_err();
            let text = refused.to_string();
            assert!(
                text.contains("does not end in the active release"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_release_was_never_activated_only_if_the_whole_log_says_so() {
        let mut listed = listed(&["a", "b"], Some("b"));
        let never: Vec<_> = listed.never_activated().map(|known| known.id).collect();
        assert_eq!(never, [release("c")]);
        assert_eq!(listed.state(release("a")), "superseded");
        listed.more = true;
        assert_eq!(listed.never_activated().count(), 0);
    }
}
