//! `keyfront`: finds the program behind a command in its own directory and becomes it, as git does.
//!
//! It knows the commands' names and nothing of their arguments, so that nobody compiles a program in order to run
//! another (docs/decisions/0013-a-dispatcher-and-its-programs.md).

mod completions;
mod definition;
mod dispatch;
mod man;

use std::{ffi::OsString, process::ExitCode};

use keyfront_cli::{CommandEntry, report};

use self::definition::definition;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = completions::complete(&arguments, definition) {
        return code;
    }
    if let Some(entry) = addressed(&arguments) {
        return dispatch::become_program(entry.program, &arguments[1..]);
    }
    let matches = definition().get_matches_from(&arguments);
    let outcome = match matches.subcommand() {
        Some(("completions", given)) => completions::print(given),
        Some(("man", given)) => man::run(definition(), given.get_one("DIR")),
        // Clap ends the process for everything else: a command of the table never comes here.
        _ => Ok(ExitCode::FAILURE),
    };
    outcome.unwrap_or_else(|error| {
        report::failure(&error);
        ExitCode::FAILURE
    })
}

/// The command that a command line is for: `keyfront COMMAND ...` or `keyfront help COMMAND ...`.
fn addressed(arguments: &[OsString]) -> Option<&'static CommandEntry> {
    let word = |at: usize| arguments.get(at).and_then(|word| word.to_str());
    match word(1)? {
        "help" => CommandEntry::named(word(2)?),
        name => CommandEntry::named(name),
    }
}
