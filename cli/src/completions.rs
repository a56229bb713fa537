//! Completions for shells. The script of a shell calls `keyfront` back with the words typed so far; the words of a
//! command are completed by the command's program, so that what is offered is what is there.

use std::{ffi::OsString, process::ExitCode};

use anyhow::Context as _;
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};
use clap_complete::{CompleteEnv, env::Shells};
use keyfront_cli::CommandEntry;

use crate::dispatch;

/// Set by the scripts to the shell's name.
const VARIABLE: &str = "COMPLETE";
const SHELL: &str = "SHELL";

/// `keyfront completions SHELL`.
pub(crate) fn definition() -> Command {
    let shells: Vec<&str> = Shells::builtins().names().collect();
    Command::new("completions")
        .about("Print a shell's completion script")
        .long_about(
            "Print a shell's completion script\n\nBash: add `source <(keyfront completions bash)` to ~/.bashrc. Zsh: add \
             `source <(keyfront completions zsh)` to ~/.zshrc. Fish: write it to \
             ~/.config/fish/completions/keyfront.fish. Generate it again after an update.",
        )
        .arg(
            Arg::new(SHELL)
                .help("The shell")
                .required(true)
                .value_parser(PossibleValuesParser::new(shells)),
        )
}

/// Prints a script.
pub(crate) fn print(arguments: &ArgMatches) -> anyhow::Result<ExitCode> {
    let shell: &String = arguments.get_one(SHELL).context("no shell was given")?;
    let shells = Shells::builtins();
    let shell = shells.completer(shell).context("unknown shell")?;
    let own = std::env::current_exe().context("the path of this program is unknown")?;
    let mut script = Vec::new();
    shell.write_registration(
        VARIABLE,
        "keyfront",
        "keyfront",
        &own.to_string_lossy(),
        &mut script,
    )?;
    keyfront_cli::report::line(String::from_utf8(script)?.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Answers a shell that asks for completions; `None` if nobody asks.
pub(crate) fn complete(arguments: &[OsString], definition: fn() -> Command) -> Option<ExitCode> {
    std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty() && shell != "0")?;
    let words = typed(arguments);
    // The last word is the one to complete: a command's name is complete only when another word follows.
    if let [_, name, _, ..] = words
        && let Some(entry) = name.to_str().and_then(CommandEntry::named)
    {
        return Some(dispatch::become_program(entry.program, &arguments[1..]));
    }
    CompleteEnv::with_factory(definition).complete();
    None
}

/// The words of the line that is completed, its program first: what follows `--`.
fn typed(arguments: &[OsString]) -> &[OsString] {
    let separator = arguments.iter().position(|argument| argument == "--");
    separator.map_or(&[], |at| &arguments[at + 1..])
}
