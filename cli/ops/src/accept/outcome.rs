//! What came of a run.

use super::probe::{Observation, Probe, Verdict};

/// What came of one probe.
pub(super) struct Row {
    pub(super) probe: &'static Probe,
    pub(super) observation: Observation,
    pub(super) seconds: f64,
    /// Dollars of the whole run until then.
    pub(super) cost: f64,
}

/// What came of the run.
pub(super) struct Outcome {
    pub(super) rows: Vec<Row>,
    pub(super) interrupted: bool,
    /// What could not be taken back, with the command that does it.
    pub(super) remains: Vec<String>,
}

impl Outcome {
    pub(super) fn count(&self, verdict: Verdict) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| row.observation.verdict == verdict)
            .count()
    }
}
