//! What a probe is: an assumption about the clouds, and how it is tried.

use futures::future::LocalBoxFuture;
use serde::Serialize;

use super::context::Context;

/// One assumption and its trial.
pub(super) struct Probe {
    /// Stable: scripts and people name probes by it.
    pub(super) number: u8,
    /// The assumption, as a sentence.
    pub(super) assumption: &'static str,
    /// What the trial does.
    pub(super) does: &'static str,
    pub(super) needs: Needs,
    pub(super) work: Work,
}

/// An error is reported as a failure: what could not be tried is not known to hold.
pub(super) type Work = for<'c> fn(&'c Context) -> LocalBoxFuture<'c, anyhow::Result<Observation>>;

/// Where a probe can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Any system, the dev stack included.
    AnySystem,
    /// A deployed system.
    Account,
    /// A system that nobody else uses, since it is broken for a while: a throw-away stack, or a dev stack.
    Alone,
    /// A throw-away stack.
    ThrowAway,
    /// The address of a Worker in front of the same bucket.
    Worker,
    /// A deployed system, and hours: it runs only if it is named.
    Hours,
    /// A person; what the trial does says what to do.
    ByHand,
}

/// What came of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) verdict: Verdict,
    /// What was seen, or why nothing was looked at.
    pub(super) evidence: String,
}

/// Whether the assumption holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Pass,
    Fail,
    Skipped,
}

impl Verdict {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
        }
    }
}

impl Observation {
    pub(super) fn pass(evidence: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, evidence)
    }

    pub(super) fn fail(evidence: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, evidence)
    }

    pub(super) fn skipped(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Skipped, reason)
    }

    fn new(verdict: Verdict, evidence: impl Into<String>) -> Self {
        Self {
            verdict,
            evidence: evidence.into(),
        }
    }
}

/// How many violations the evidence quotes; of the others it says how many there are.
const QUOTED: usize = 3;

/// Counts what a probe checks and keeps what is violated.
#[derive(Debug, Default)]
pub(super) struct Checks {
    made: usize,
    violated: Vec<String>,
}

impl Checks {
    /// One check; `violation` says what was seen instead.
    pub(super) fn that(&mut self, holds: bool, violation: impl FnOnce() -> String) {
        self.made += 1;
        if !holds {
            self.violated.push(violation());
        }
    }

    /// The observation; `seen` is the evidence if every check held.
    pub(super) fn conclude(self, seen: impl Into<String>) -> Observation {
        let more = self.violated.len().saturating_sub(QUOTED);
        let quoted: Vec<String> = self.violated.into_iter().take(QUOTED).collect();
        match (self.made, quoted.as_slice(), more) {
            (0, _, _) => Observation::fail("nothing was checked"),
            (_, [], _) => Observation::pass(seen),
            (_, _, 0) => Observation::fail(quoted.join("; ")),
            (_, _, more) => Observation::fail(format!("{}; and {more} more", quoted.join("; "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_violated_check_fails_the_probe_and_no_check_passes_none() {
        let mut checks = Checks::default();
        checks.that(true, || "never".to_owned());
        assert_eq!(checks.conclude("fine"), Observation::pass("fine"));

        let mut checks = Checks::default();
        for at in 0..5 {
            checks.that(at == 9, || at.to_string());
        }
        assert_eq!(
            checks.conclude("fine"),
            Observation::fail("0; 1; 2; and 2 more")
        );
        let nothing = Checks::default().conclude("fine");
        assert_eq!(nothing.verdict, Verdict::Fail);
    }
}
