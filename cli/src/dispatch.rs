//! Finds a program beside this one and becomes it: signals, exit codes, the terminal and standard input are then the
//! program's own.

use std::{
    ffi::OsStr,
    io,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::Context as _;
use keyfront_cli::{Program, report};

/// As a shell says that there is no such program.
const NOT_FOUND: u8 = 127;
/// As a shell says that it cannot be run.
const NOT_EXECUTABLE: u8 = 126;

/// Replaces this process by the program; returns only if that fails.
pub(crate) fn become_program<A: AsRef<OsStr>>(program: Program, arguments: &[A]) -> ExitCode {
    let path = match path_of(program) {
        Ok(path) => path,
        Err(error) => {
            report::failure(&error);
            return ExitCode::from(NOT_FOUND);
        }
    };
    let error = Command::new(&path).args(arguments).exec();
    refused(program, &path, error)
}

/// Runs the program and waits for it.
pub(crate) fn run<A: AsRef<OsStr>>(program: Program, arguments: &[A]) -> anyhow::Result<ExitCode> {
    let path = path_of(program)?;
    match Command::new(&path).args(arguments).status() {
        Ok(status) => Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from)),
        Err(error) => Ok(refused(program, &path, error)),
    }
}

/// In the directory of this program, symbolic links resolved.
fn path_of(program: Program) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()
        .and_then(std::fs::canonicalize)
        .context("the folder of this program is unknown")?;
    Ok(own.with_file_name(program.file_name()))
}

fn refused(program: Program, path: &std::path::Path, error: io::Error) -> ExitCode {
    let missing = error.kind() == io::ErrorKind::NotFound;
    let error = anyhow::Error::new(error);
    let error = match missing {
        true => error.context(format!(
            "the program {} that runs this command is missing; build it with `{}`, or install it beside keyfront",
            path.display(),
            program.make_target()
        )),
        false => error.context(format!("{} cannot be run", path.display())),
    };
    report::failure(&error);
    ExitCode::from(if missing { NOT_FOUND } else { NOT_EXECUTABLE })
}
