//! What `keyfront` prints for people. The only place that writes to the terminal, so that no log line and no
//! secret slips in between.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the terminal's one door"
)]

pub(crate) mod audit;
pub(crate) mod deploy;
mod dev;
pub(crate) mod doctor;
pub(crate) mod publisher;
mod table;

pub(crate) use self::{
    dev::{ready, stopped},
    table::Table,
};

/// One line: the error and its causes, outermost first.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("keyfront: {error:#}");
}

/// A line of the result: what a script reads.
pub(crate) fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A line about what is being done: for people, not for scripts.
pub(crate) fn note(text: impl std::fmt::Display) {
    eprintln!("{text}");
}
