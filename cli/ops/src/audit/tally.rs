//! What an audit has seen so far, in numbers.

use serde::{Deserialize, Serialize};

use super::finding::{Finding, Level};

/// Numbers of a whole audit, interruptions included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tally {
    /// Objects that were looked at.
    pub(crate) objects: u64,
    /// Those of them that are envelopes.
    pub(crate) envelopes: u64,
    /// Objects that were deleted between listing and look.
    pub(crate) gone: u64,
    pub(crate) violations: u64,
    pub(crate) fixed: u64,
    pub(crate) not_checked: u64,
    pub(crate) info: u64,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Clean,
    Findings,
    /// Nothing was found, but not everything was looked at.
    Incomplete,
}

impl Tally {
    pub(super) fn count(&mut self, finding: &Finding) {
        let number = match finding.level() {
            Level::Info => &mut self.info,
            Level::Fixed => &mut self.fixed,
            Level::NotChecked => &mut self.not_checked,
            Level::Violation => &mut self.violations,
        };
        *number += 1;
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        match (self.violations, self.not_checked) {
            (0, 0) => Verdict::Clean,
            (0, _) => Verdict::Incomplete,
            _ => Verdict::Findings,
        }
    }
}

impl Verdict {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
        }
    }
}
