//! How a program behind `keyfront` begins and ends: completions, man pages and arguments under the name `keyfront`, and
//! an error as one line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Arg, ArgMatches, Command, Subcommand, value_parser};
use clap_complete::CompleteEnv;

use crate::{Program, man_pages, report};

/// `keyfront man DIR` has each program write the pages of its commands by this command, which help does not list.
const MAN: &str = "man";
const FOLDER: &str = "DIR";

/// The `main` of `program`, whose commands are `C`'s.
pub fn main<C: Subcommand>(
    program: Program,
    run: impl FnOnce(C) -> anyhow::Result<ExitCode>,
) -> ExitCode {
    CompleteEnv::with_factory(|| definition::<C>(program)).complete();
    let matches = with_man(definition::<C>(program)).get_matches();
    let outcome = match matches.subcommand() {
        Some((MAN, arguments)) => write_man_pages(definition::<C>(program), arguments),
        _ => C::from_arg_matches(&matches).map_or_else(|error| error.exit(), run),
    };
    outcome.unwrap_or_else(|error| {
        report::failure(&error);
        ExitCode::FAILURE
    })
}

/// What `program` understands. Its name is `keyfront`, since that is what people type.
#[must_use]
pub fn definition<C: Subcommand>(program: Program) -> Command {
    let command = Command::new("keyfront")
        .bin_name("keyfront")
        .version(env!("CARGO_PKG_VERSION"))
        .about(program.about())
        .arg_required_else_help(true)
        .subcommand_required(true);
    C::augment_subcommands(command)
}

/// Name and description of each command of a `definition`.
#[must_use]
pub fn listed(definition: &Command) -> Vec<(String, String)> {
    definition
        .get_subcommands()
        .map(|command| {
            let about = command.get_about().unwrap_or_default();
            (command.get_name().to_owned(), about.to_string())
        })
        .collect()
}

fn with_man(definition: Command) -> Command {
    let folder = Arg::new(FOLDER)
        .required(true)
        .value_parser(value_parser!(PathBuf));
    definition.subcommand(Command::new(MAN).hide(true).arg(folder))
}

fn write_man_pages(definition: Command, arguments: &ArgMatches) -> anyhow::Result<ExitCode> {
    let folder: &PathBuf = arguments.get_one(FOLDER).context("no folder was given")?;
    man_pages::write_commands(definition, folder)?;
    Ok(ExitCode::SUCCESS)
}
