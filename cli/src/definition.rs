//! What `keyfront` itself shows, refuses and suggests.

use clap::Command;
use keyfront_cli::COMMANDS;

use crate::{completions, man};

/// Every command by its name and description; arguments are known for `completions` and `man` alone.
pub(crate) fn definition() -> Command {
    let commands = COMMANDS
        .iter()
        .map(|entry| Command::new(entry.name).about(entry.about));
    Command::new("keyfront")
        .about("Serves KMS-encrypted S3 content through a CDN while the bucket stays private")
        .version(env!("CARGO_PKG_VERSION"))
        .bin_name("keyfront")
        .arg_required_else_help(true)
        .subcommand_required(true)
        .subcommands(commands)
        .subcommand(completions::definition())
        .subcommand(man::definition())
}
