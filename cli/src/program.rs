//! How a program behind `keyfront` begins and ends: completions, man pages and arguments under the name `keyfront`, and
//! an error as one line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Arg, ArgMatches, Command, Parser, value_parser};
use clap_complete::CompleteEnv;

use crate::{man_pages, report};

/// `keyfront man DIR` has each program write the pages of its commands by this command, which help does not list.
const MAN: &str = "man";
const FOLDER: &str = "DIR";

/// The `main` of a program whose commands are `A`'s.
///
/// Its name in help, errors and usage lines should be `keyfront`, since that is what people type.
pub fn main<A: Parser>(run: impl FnOnce(A) -> anyhow::Result<ExitCode>) -> ExitCode {
    CompleteEnv::with_factory(A::command).complete();
    let matches = definition::<A>().get_matches();
    let outcome = match matches.subcommand() {
        Some((MAN, arguments)) => write_man_pages::<A>(arguments),
        _ => A::from_arg_matches(&matches).map_or_else(|error| error.exit(), run),
    };
    outcome.unwrap_or_else(|error| {
        report::failure(&error);
        ExitCode::FAILURE
    })
}

fn definition<A: Parser>() -> Command {
    let folder = Arg::new(FOLDER)
        .required(true)
        .value_parser(value_parser!(PathBuf));
    A::command().subcommand(Command::new(MAN).hide(true).arg(folder))
}

fn write_man_pages<A: Parser>(arguments: &ArgMatches) -> anyhow::Result<ExitCode> {
    let folder: &PathBuf = arguments.get_one(FOLDER).context("no folder was given")?;
    man_pages::write_commands(A::command(), folder)?;
    Ok(ExitCode::SUCCESS)
}
