//! How far a publication has come, in the words of rclone's users.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::status_line::StatusLine;

/// Without a terminal, progress is reported after so long.
const BETWEEN_NOTES: Duration = Duration::from_secs(30);
const BETWEEN_SHOWN: Duration = Duration::from_millis(100);

/// Counted from many tasks.
pub(super) struct Progress {
    line: StatusLine,
    begun: Instant,
    shown: Mutex<Instant>,
    quiet: bool,
    files: AtomicU64,
    all_files: AtomicU64,
    bytes: AtomicU64,
    all_bytes: AtomicU64,
}

impl Progress {
    /// `quiet`: of something that is not worth a line without a terminal.
    pub(super) fn begin(quiet: bool) -> Self {
        Self {
            line: StatusLine::begin(),
            begun: Instant::now(),
            shown: Mutex::new(Instant::now()),
            quiet,
            files: AtomicU64::default(),
            all_files: AtomicU64::default(),
            bytes: AtomicU64::default(),
            all_bytes: AtomicU64::default(),
        }
    }

    /// What is under way.
    pub(super) fn step(&self, text: &str) {
        self.line.show(text);
    }

    /// A line that stays.
    pub(super) fn note(&self, text: &str) {
        self.line.note(text);
    }

    /// What is to be transferred.
    pub(super) fn expect(&self, files: usize, bytes: u64) {
        self.all_files.fetch_add(files as u64, Ordering::Relaxed);
        self.all_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What was.
    pub(super) fn count(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let interval = match self.line.lives() {
            true => BETWEEN_SHOWN,
            false => BETWEEN_NOTES,
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.elapsed() < interval {
            return;
        }
        *shown = Instant::now();
        drop(shown);
        if self.line.lives() {
            self.line.show(&self.transferred());
        } else if !self.quiet {
            self.line.note(&self.transferred());
        }
    }

    /// Takes it off the terminal.
    pub(super) fn end(&self) {
        self.line.end();
    }

    fn transferred(&self) -> String {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (bytes, all) = (of(&self.bytes), of(&self.all_bytes));
        let percent = bytes.saturating_mul(100).checked_div(all).unwrap_or(100);
        let seconds = self.begun.elapsed().as_secs_f64().max(0.001);
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss
        )]
        // Of a display.
        let rate = (bytes as f64 / seconds) as u64;
        let left = all.saturating_sub(bytes).checked_div(rate);
        let left = left.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds}s"));
        format!(
            "Transferred: {} / {}, {percent}%, {}/s, ETA {left}; files {} / {}",
            amount(bytes),
            amount(all),
            amount(rate),
            of(&self.files),
            of(&self.all_files)
        )
    }
}

/// Bytes as rclone shows them.
pub(crate) fn amount(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[allow(clippy::cast_precision_loss)] // Of a display.
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_units_that_people_know() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (64 << 20, "64.0 MiB"),
            (5 << 40, "5.0 TiB"),
        ] {
            assert_eq!(amount(bytes), expected);
        }
    }

    #[test]
    fn progress_says_what_was_transferred_of_what() {
        let progress = Progress::begin(true);
        progress.expect(4, 2048);
        progress.count(1, 512);
        let line = progress.transferred();
        assert!(
            line.starts_with("Transferred: 512 B / 2.0 KiB, 25%, ")
                && line.ends_with("; files 1 / 4"),
            "{line}"
        );
    }
}
