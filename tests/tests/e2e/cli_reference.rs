//! docs/cli.md is the commands' own help, and stays it.

use std::process::Command;

use keyfront_tests::artefacts;

/// Set by `make docs`, which writes the page.
const WRITES: &str = "KEYFRONT_WRITE_DOCS";

const INTRODUCTION: &str = "# Commands and flags\n\n\
    What `keyfront COMMAND --help` says of each command, as written by `make docs`. Exit codes that scripts may rely on are on the\n\
    pages of the commands; 0 is always success, 2 a command line that is not understood.\n";

#[test]
fn the_page_of_commands_is_their_help() {
    let mut page = INTRODUCTION.to_owned();
    describe(&[], &mut page);
    let path = artefacts::root().join("docs/cli.md");
    if std::env::var_os(WRITES).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/cli.md is not what the commands say; `make docs` writes it anew"
    );
}

/// A command, then those below it.
fn describe(command: &[&str], page: &mut String) {
    let help = help(command);
    let words = [&["keyfront"], command].concat().join(" ");
    page.push_str(&format!("\n## {words}\n\n```\n{}\n```\n", help.trim_end()));
    for below in commands(&help) {
        if below != "help" {
            describe(&[command, &[below]].concat(), page);
        }
    }
}

fn help(command: &[&str]) -> String {
    let output = Command::new(artefacts::keyfront())
        .args(command)
        .arg("--help")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names under `Commands:`.
fn commands(help: &str) -> Vec<&str> {
    let rows = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = rows.take_while(|line| !line.is_empty());
    rows.filter_map(|row| row.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect()
}
