//! What a run is doing, for people, on standard error; on a terminal with a line that lives.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use keyfront_cli::report::{note, printable};

use super::outcome::Row;

pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn begin() -> Self {
        let bar = std::io::stderr()
            .is_terminal()
            .then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self(bar)
    }

    /// What begins now.
    pub(super) fn step(&self, text: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(text.to_owned());
        }
    }

    /// A probe that ended; the table follows at the end.
    pub(super) fn ended(&self, row: &Row) {
        let line = format!(
            "  {:>2} {:<8} {:>6.1} s  {}",
            row.probe.number,
            row.observation.verdict.name(),
            row.seconds,
            printable(row.probe.assumption)
        );
        match &self.0 {
            Some(bar) => bar.println(line),
            None => note(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
