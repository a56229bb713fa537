//! Man pages: `keyfront` writes its own, each program those of its commands.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Arg, Command, value_parser};
use keyfront_cli::{CommandEntry, Program, man_pages, report};

use crate::dispatch;

/// `keyfront man [DIR]`.
pub(crate) fn definition() -> Command {
    Command::new("man")
        .about("Print keyfront's man page, or write those of all commands into a folder")
        .arg(
            Arg::new("DIR")
                .help("Write keyfront.1 and a page for each command here")
                .value_parser(value_parser!(PathBuf)),
        )
}

/// Prints keyfront(1), or writes every page into `folder`.
pub(crate) fn run(keyfront: Command, folder: Option<&PathBuf>) -> anyhow::Result<ExitCode> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(keyfront).render(&mut page)?;
        report::line(String::from_utf8(page)?.trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    man_pages::write(keyfront.clone().disable_help_subcommand(true), folder)?;
    for own in keyfront.get_subcommands().filter(|command| is_own(command)) {
        let name = format!("keyfront-{}", own.get_name());
        man_pages::write(own.clone().display_name(name), folder)?;
    }
    for program in Program::ALL {
        let code = dispatch::run(program, &["man".as_ref(), folder.as_os_str()])?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether `keyfront` does the command's work itself.
fn is_own(command: &Command) -> bool {
    CommandEntry::named(command.get_name()).is_none()
}
