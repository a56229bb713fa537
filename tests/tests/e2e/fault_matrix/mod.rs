//! Every call of a command goes wrong once, in every way, and what the command promises holds each time.
//!
//! An undisturbed run counts the calls. Each matrix has a telling row that `make test` takes; with `KEYFRONT_EXAM=1`, as
//! `scripts/exam faults` sets it, all rows are taken.

mod audit;
mod deploy;
mod destroy;
mod rewrap;
mod system;
mod uploads;
mod watched;

use std::{fmt, os::unix::process::ExitStatusExt as _, process::Output, time::Instant};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, stream};
use keyfront_tests::interference::{PATIENCE, Way};

/// Rows at a time: most of a row is waiting.
const AT_ONCE: usize = 6;

/// The status of a process that SIGKILL ended.
const KILLED: i32 = 9;

/// How a command says that it was denied something.
const DENIALS: [&str; 5] = [
    "AccessDenied",
    "denied",
    "denies",
    "HTTP status 403",
    "you may not see it",
];

/// One call, and how it goes wrong.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Of the calls, from nought.
    pub(super) number: usize,
    pub(super) call: String,
    pub(super) way: Way,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, call, way } = self;
        write!(f, "call {number} ({call}): {way:?}")
    }
}

/// All calls of a run in all ways.
pub(super) struct Matrix {
    pub(super) name: &'static str,
    /// Those of an undisturbed run.
    pub(super) calls: Vec<String>,
    /// Rows it has at least, so that it cannot shrink silently.
    pub(super) floor: usize,
    /// What `make test` takes: the first call that contains this, in this way.
    pub(super) telling: (&'static str, Way),
}

impl Matrix {
    /// Takes the rows; every failure is reported.
    pub(super) async fn hold(&self, row: impl AsyncFn(&Row) -> anyhow::Result<()>) {
        let all = self.rows();
        assert!(
            all.len() >= self.floor,
            "{}: only {} rows: {:#?}",
            self.name,
            all.len(),
            self.calls
        );
        let taken = match std::env::var("KEYFRONT_EXAM").as_deref() {
            Ok("1") => all,
            _ => vec![self.telling_row()],
        };
        let (began, count) = (Instant::now(), taken.len());
        let outcomes = taken.into_iter().map(|one| {
            let row = &row;
            async move {
                let held = tokio::time::timeout(PATIENCE, row(&one)).await;
                let held = held.context("it hangs").and_then(|held| held);
                held.err().map(|error| format!("{one}\n  {error:#}"))
            }
        });
        let outcomes = stream::iter(outcomes).buffer_unordered(AT_ONCE);
        let failures: Vec<String> = outcomes.filter_map(async |failure| failure).collect().await;
        println!(
            "{}: {count} rows in {} s, {} failed",
            self.name,
            began.elapsed().as_secs(),
            failures.len()
        );
        assert!(
            failures.is_empty(),
            "{}:\n{}",
            self.name,
            failures.join("\n")
        );
    }

    fn rows(&self) -> Vec<Row> {
        let calls = self.calls.iter().enumerate();
        let rows = calls.flat_map(|(number, call)| {
            Way::ALL.map(|way| Row {
                number,
                call: call.clone(),
                way,
            })
        });
        rows.collect()
    }

    fn telling_row(&self) -> Row {
        let (part, way) = self.telling;
        let mut calls = self.calls.iter();
        let number = calls.position(|call| call.contains(part));
        let number = number.unwrap_or_else(|| panic!("no call {part} among {:#?}", self.calls));
        Row {
            number,
            call: self.calls[number].clone(),
            way,
        }
    }
}

/// A call that may pass is made again, so that the command ends well or as the matrix itself checks; what is denied is named,
/// by the error or as not checked, with one of these exit codes.
pub(super) fn ended_as_promised(
    output: &Output,
    way: Way,
    codes_if_denied: impl IntoIterator<Item = i32>,
) -> anyhow::Result<()> {
    let errors = String::from_utf8_lossy(&output.stderr);
    let reported = format!("{}{errors}", String::from_utf8_lossy(&output.stdout));
    ensure!(!reported.contains("panicked"), "{reported}");
    match (way, output.status.code()) {
        (way, _) if way.kills() => ensure!(output.status.signal() == Some(KILLED), "{reported}"),
        (Way::Denied, Some(code)) => {
            let codes: Vec<i32> = codes_if_denied.into_iter().collect();
            ensure!(codes.contains(&code), "exit code {code}: {reported}");
            let named = DENIALS.iter().any(|denial| reported.contains(denial));
            ensure!(named, "it does not say that it was denied: {reported}");
        }
        (Way::AnswerLost, Some(1)) if reported.contains("audit it again") => {}
        (_, code) => ensure!(code == Some(0), "exit code {code:?}: {reported}"),
    }
    Ok(())
}
