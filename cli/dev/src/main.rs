//! `keyfront dev`: starts the whole system on loopback and runs it until Ctrl-C. It does not build anything.
//!
//! What the system is, the dev stack decides; here are its arguments, its signals and what it prints.

mod arguments;
mod report;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs Keyfront on this machine.
#[derive(Debug, Parser)]
#[command(
    name = "keyfront",
    bin_name = "keyfront",
    version,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(arguments::DevArguments),
}

fn main() -> ExitCode {
    keyfront_cli::main(|Arguments { command }| match command {
        Command::Dev(arguments) => serve::run(arguments).map(|()| ExitCode::SUCCESS),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use keyfront_cli::Program;

    #[test]
    fn keyfront_lists_the_commands_of_this_program_in_their_own_words() {
        let definition = super::Arguments::command();
        let defined: Vec<(&str, String)> = definition
            .get_subcommands()
            .map(|command| {
                (
                    command.get_name(),
                    command.get_about().unwrap_or_default().to_string(),
                )
            })
            .collect();
        let listed: Vec<(&str, String)> = Program::Dev
            .commands()
            .map(|entry| (entry.name, entry.about.to_owned()))
            .collect();
        assert_eq!(listed, defined);
    }
}
