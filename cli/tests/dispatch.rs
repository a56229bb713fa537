//! `keyfront` and the programs beside it: what reaches them, and what it says when one is missing.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Held by each test: a program that one thread starts would inherit the file that another one is writing, and the
/// kernel starts no file that is open for writing ("text file busy").
static TURN: Mutex<()> = Mutex::new(());

/// A directory with `keyfront` and the programs a test puts beside it.
struct Installed {
    folder: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Installed {
    fn alone() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        fs::copy(
            env!("CARGO_BIN_EXE_keyfront"),
            folder.path().join("keyfront"),
        )
        .unwrap();
        Self {
            folder,
            _turn: turn,
        }
    }

    /// With a shell script as `keyfront-ops`.
    fn with_ops(script: &str) -> Self {
        let installed = Self::alone();
        let path = installed.folder.path().join("keyfront-ops");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        installed
    }

    fn keyfront(&self) -> PathBuf {
        self.folder.path().join("keyfront")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(&self.keyfront(), arguments)
    }
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_program_gets_the_arguments_as_they_are_and_decides_the_exit_code() {
    let installed = Installed::with_ops("printf '<%s>' \"$@\"; exit 42");
    let output = installed.run(&["deploy", "--help", "", "a b", "--", "-x"]);
    assert_eq!(stdout(&output), "<deploy><--help><><a b><--><-x>");
    assert_eq!(output.status.code(), Some(42));
    let output = installed.run(&["help", "publisher", "add"]);
    assert_eq!(stdout(&output), "<help><publisher><add>");
}

#[test]
fn a_program_has_this_process_with_its_input_and_its_signals() {
    let installed = Installed::with_ops("cat; echo $$; kill -TERM $$");
    let mut child = Command::new(installed.keyfront())
        .arg("status")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    child.stdin.take().unwrap().write_all(b"typed\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(stdout(&output), format!("typed\n{id}\n"));
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(signal, Some(15));
}

#[test]
fn programs_are_found_through_a_symbolic_link() {
    let installed = Installed::with_ops("echo found");
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("kf");
    symlink(installed.keyfront(), &link).unwrap();
    assert_eq!(stdout(&run(&link, &["audit"])), "found\n");
}

#[test]
fn a_missing_program_is_named_with_what_builds_it() {
    let installed = Installed::alone();
    for (command, program, target) in [
        ("dev", "keyfront-dev", "make dev"),
        ("doctor", "keyfront-ops", "make build"),
    ] {
        let output = installed.run(&[command, "--help"]);
        assert_eq!(output.status.code(), Some(127));
        let said = stderr(&output);
        assert!(said.contains(program) && said.contains(target), "{said}");
    }
}

#[test]
fn a_program_that_cannot_be_run_is_distinguished_from_a_missing_one() {
    let installed = Installed::with_ops("");
    let path = installed.folder.path().join("keyfront-ops");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(installed.run(&["status"]).status.code(), Some(126));
}

#[test]
fn help_lists_every_command_without_any_program() {
    let output = Installed::alone().run(&["--help"]);
    assert!(output.status.success());
    let help = stdout(&output);
    for entry in keyfront_cli::COMMANDS {
        let row = help
            .lines()
            .find(|line| line.split_whitespace().next() == Some(entry.name));
        let begins = entry.about.split(' ').next().unwrap();
        assert!(row.unwrap().contains(begins), "{}: {help}", entry.name);
    }
    assert!(help.contains("Usage: keyfront <COMMAND>"), "{help}");
}

#[test]
fn an_unknown_command_is_refused_with_the_one_that_was_meant() {
    let output = Installed::alone().run(&["depoly"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("'depoly'") && said.contains("'deploy'"),
        "{said}"
    );
    assert_eq!(Installed::alone().run(&[]).status.code(), Some(2));
}

#[test]
fn the_version_needs_no_program() {
    let output = Installed::alone().run(&["--version"]);
    assert_eq!(
        stdout(&output),
        format!("keyfront {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_shell_completes_commands_by_the_table_and_arguments_by_their_program() {
    let installed = Installed::with_ops("printf '<%s>' \"$COMPLETE\" \"$@\"");
    let complete = |words: &[&str], index: &str| {
        let output = Command::new(installed.keyfront())
            .arg("--")
            .args(words)
            .env("COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", index)
            .output()
            .unwrap();
        stdout(&output)
    };
    let offered = complete(&["keyfront", "d"], "1");
    let offered: Vec<&str> = offered.split_whitespace().collect();
    assert_eq!(offered, ["dev", "deploy", "destroy", "doctor"]);
    assert_eq!(
        complete(&["keyfront", "deploy", "--st"], "2"),
        "<bash><--><keyfront><deploy><--st>"
    );
}

#[test]
fn every_shell_has_a_completion_script_that_calls_keyfront() {
    let installed = Installed::alone();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = installed.run(&["completions", shell]);
        assert!(output.status.success(), "{shell}");
        assert!(stdout(&output).contains("COMPLETE"), "{shell}");
    }
}

#[test]
fn man_pages_of_all_programs_are_written_or_the_missing_program_is_named() {
    let installed = Installed::with_ops("echo page > \"$2/keyfront-deploy.1\"");
    let pages = installed.folder.path().join("man");
    let output = installed.run(&["man", pages.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(127));
    assert!(stderr(&output).contains("keyfront-dev"));
    let script = installed.folder.path().join("keyfront-ops");
    fs::copy(script, installed.folder.path().join("keyfront-dev")).unwrap();
    assert!(
        installed
            .run(&["man", pages.to_str().unwrap()])
            .status
            .success()
    );
    for page in [
        "keyfront.1",
        "keyfront-man.1",
        "keyfront-completions.1",
        "keyfront-deploy.1",
    ] {
        assert!(pages.join(page).exists(), "{page}");
    }
    assert!(stdout(&installed.run(&["man"])).contains("keyfront"));
}
