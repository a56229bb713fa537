//! What a publication is told as: text for people, one document for scripts.

use keyfront_cli::report;
use keyfront_releases::{Difference, File, ReleaseId, SiteName};
use serde_json::{Value, json};

use super::{
    plan::{Cost, Plan},
    progress::amount,
    survey::Problem,
};
use crate::release_api::Activated;

/// Names of a list that people are shown.
const SHOWN: usize = 20;

/// What would be done, or was.
pub(super) struct Outcome<'a> {
    pub(super) site: &'a SiteName,
    pub(super) id: ReleaseId,
    pub(super) difference: &'a Difference<'a>,
    pub(super) kept: usize,
    /// `None` where nothing had to be transferred.
    pub(super) plan: Option<&'a Plan<'a>>,
    pub(super) problems: &'a [Problem],
    pub(super) step: Step<'a>,
}

/// How far it came.
pub(super) enum Step<'a> {
    Unchanged,
    DryRun,
    Verified,
    Activated(&'a Activated),
}

impl Outcome<'_> {
    pub(super) fn print(&self, as_json: bool) {
        match as_json {
            true => report::line(self.document()),
            false => self.print_text(),
        }
    }

    fn document(&self) -> Value {
        let paths = |files: &[&File]| -> Vec<Value> {
            files.iter().map(|file| (*file.path).into()).collect()
        };
        let difference = self.difference;
        let mut document = json!({
            "site": self.site,
            "release": self.id,
            "state": self.step.name(),
            "added": paths(&difference.added),
            "changed": difference.changed.iter().map(|one| &*one.after.path).collect::<Vec<_>>(),
            "moved": difference.moved.iter()
                .map(|one| json!({"from": &*one.from.path, "to": &*one.to.path}))
                .collect::<Vec<_>>(),
            "removed": paths(&difference.removed),
            "unchanged": difference.same,
            "kept": self.kept,
            "problems": listed(self.problems),
        });
        if let Some(plan) = self.plan {
            let cost = Cost::of(plan);
            document["uploads"] = plan.uploads.len().into();
            document["bytes"] = plan.bytes().into();
            document["copies"] = plan.copied().into();
            document["present"] = plan.present.into();
            document["requests"] = json!({"write": cost.writes, "read": cost.reads});
            document["dollars"] = cost.dollars.into();
        }
        if let Step::Activated(activation) = self.step {
            document["activation"] = json!(activation);
        }
        document
    }

    fn print_text(&self) {
        let difference = self.difference;
        if matches!(self.step, Step::DryRun) {
            list(
                "add",
                difference.added.iter().map(|file| file.path.to_string()),
            );
            list(
                "change",
                difference
                    .changed
                    .iter()
                    .map(|one| one.after.path.to_string()),
            );
            let moved = difference.moved.iter();
            list(
                "move",
                moved.map(|one| format!("{} -> {}", one.from.path, one.to.path)),
            );
            list(
                "remove",
                difference.removed.iter().map(|file| file.path.to_string()),
            );
        }
        report::line(format_args!(
            "{} added, {} changed, {} moved, {} removed, {} unchanged, {} kept from earlier releases",
            difference.added.len(),
            difference.changed.len(),
            difference.moved.len(),
            difference.removed.len(),
            difference.same,
            self.kept
        ));
        if let Some(plan) = self.plan {
            let cost = Cost::of(plan);
            report::line(format_args!(
                "{} files to send ({}), {} copies on the server, {} there already; {} S3 requests, ${:.4}",
                plan.uploads.len(),
                amount(plan.bytes()),
                plan.copied(),
                plan.present,
                cost.writes + cost.reads,
                cost.dollars
            ));
        }
        report::line(self.step.sentence(self.site, self.id));
    }
}

/// The document of a publication that files hold up.
pub(super) fn refused(site: &SiteName, problems: &[Problem]) -> Value {
    json!({"site": site, "state": "refused", "problems": listed(problems)})
}

fn listed(problems: &[Problem]) -> Vec<Value> {
    problems
        .iter()
        .map(|problem| json!({"name": problem.name, "reason": problem.reason}))
        .collect()
}

impl Step<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::DryRun => "dry-run",
            Self::Verified => "verified",
            Self::Activated(_) => "active",
        }
    }

    fn sentence(&self, site: &SiteName, id: ReleaseId) -> String {
        match self {
            Self::Unchanged => format!("Nothing has changed: {site} is release {id}"),
            Self::DryRun => format!("Nothing was done: it would be release {id} of {site}"),
            Self::Verified => format!(
                "Release {id} of {site} is verified but not active; activate it with `keyfront releases rollback {id} --site {site}`"
            ),
            Self::Activated(activation) => format!(
                "Release {id} of {site} is active (activation {}, {})",
                activation.n, activation.at
            ),
        }
    }
}

fn list(what: &str, names: impl ExactSizeIterator<Item = String>) {
    let all = names.len();
    for name in names.take(SHOWN) {
        report::line(format_args!("{what:<6} {}", report::printable(&name)));
    }
    if all > SHOWN {
        report::line(format_args!(
            "{what:<6} ... and {} more; --json lists all",
            all - SHOWN
        ));
    }
}
