//! `keyfront releases`: what was published on a site when, what distinguishes two releases, and which one is live.

mod diff;
mod download;
mod existing;
mod get;
mod list;
mod named;
mod prune;
mod rollback;
mod show;
mod site_arguments;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use keyfront_cli::report;

use crate::publish::{OVERTAKEN, was_overtaken};

const AFTER_HELP: &str = "\
Environment: KEYFRONT_TOKEN is the publisher's token, or a JWT from an issuer that the publishers' policy names

Name a release by its ID, by its first digits, or by `active`.

Exit codes: 0 done; 1 the publishers' API cannot be reached, or refuses; 2 wrong arguments; 4 another publisher activated a \
release meanwhile";

/// Show, compare, roll back, fetch and remove the releases of a site
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct ReleasesArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::ListArguments),
    Show(show::ShowArguments),
    Diff(diff::DiffArguments),
    Rollback(rollback::RollbackArguments),
    Prune(prune::PruneArguments),
    Get(get::GetArguments),
}

pub(crate) fn run(arguments: &ReleasesArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let ended = runtime.block_on(async {
        match &arguments.command {
            Command::List(arguments) => list::run(arguments).await,
            Command::Show(arguments) => show::run(arguments).await,
            Command::Diff(arguments) => diff::run(arguments).await,
            Command::Rollback(arguments) => rollback::run(arguments).await,
            Command::Prune(arguments) => prune::run(arguments).await,
            Command::Get(arguments) => get::run(arguments).await,
        }
    });
    runtime.shutdown_background();
    match ended {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) if was_overtaken(&error) => {
            report::failure(&error);
            Ok(ExitCode::from(OVERTAKEN))
        }
        Err(error) => Err(error),
    }
}
