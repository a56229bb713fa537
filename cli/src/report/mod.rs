//! What `keyfront` prints for people. The only place that writes to the terminal, so that no log line and no
//! secret slips in between.

use std::{
    fmt::Display,
    io::{self, Write},
};

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
    write(io::stderr(), format_args!("keyfront: {error:#}"));
}

/// A line of the result: what a script reads.
pub(crate) fn line(text: impl Display) {
    write(io::stdout(), text);
}

/// A line about what is being done: for people, not for scripts.
pub(crate) fn note(text: impl Display) {
    write(io::stderr(), text);
}

/// Whoever read may have left, as `| head` does. What the command does and how it ends does not depend on its readers.
fn write(mut to: impl Write, text: impl Display) {
    let _ = writeln!(to, "{text}");
}
