//! `keyfront dev`: starts the whole system on loopback and runs it until Ctrl-C. It does not build anything.
//!
//! What the system is, the dev stack decides; here are its arguments, its signals and what it prints.

mod arguments;
mod report;
mod requests;
mod serve;

use std::process::ExitCode;

use clap::Subcommand;
use keyfront_cli::Program;

#[derive(Debug, Subcommand)]
enum Command {
    Dev(arguments::DevArguments),
}

fn main() -> ExitCode {
    keyfront_cli::main(Program::Dev, |command| match command {
        Command::Dev(arguments) => serve::run(arguments).map(|()| ExitCode::SUCCESS),
    })
}

#[cfg(test)]
mod tests {
    use keyfront_cli::Program;

    #[test]
    fn keyfront_lists_the_commands_of_this_program_in_their_own_words() {
        let definition = keyfront_cli::definition::<super::Command>(Program::Dev);
        assert_eq!(Program::Dev.listed(), keyfront_cli::listed(&definition));
    }
}
