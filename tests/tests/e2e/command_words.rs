//! Every command and every flag that an error, a help text or a page of the documentation names is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use keyfront_tests::artefacts;

/// A command's words, such as `publisher add`, and its flags.
type Definitions = BTreeMap<String, BTreeSet<String>>;

#[test]
fn every_flag_that_a_source_of_the_commands_names_exists() {
    let known: BTreeSet<String> = definitions().into_values().flatten().collect();
    let mut wrong = Vec::new();
    for file in files(&artefacts::root().join("cli"), "rs") {
        let text = without_tests(&fs::read_to_string(&file).unwrap());
        for flag in flags(&text).filter(|flag| !known.contains(flag)) {
            wrong.push(format!("{} names {flag}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_command_line_that_sources_and_pages_show_is_accepted() {
    let definitions = definitions();
    let root = artefacts::root();
    let mut pages = files(&root.join("cli"), "rs");
    pages.extend(files(&root.join("docs"), "md"));
    pages.push(root.join("README.md"));
    let mut wrong = Vec::new();
    let mut lines = 0;
    for page in pages {
        for line in command_lines(&fs::read_to_string(&page).unwrap()) {
            lines += 1;
            if let Err(why) = check(&line, &definitions) {
                wrong.push(format!("{}: {line:?}: {why}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(lines > 50, "only {lines} command lines were found");
}

/// What the programs say of themselves.
fn definitions() -> Definitions {
    let mut found = Definitions::new();
    define("", &mut found);
    found
}

fn define(command: &str, found: &mut Definitions) {
    let help = Command::new(artefacts::keyfront())
        .args(command.split_whitespace())
        .arg("--help")
        .output()
        .unwrap();
    assert!(help.status.success(), "keyfront {command} --help");
    let help = String::from_utf8(help.stdout).unwrap();
    found.insert(command.to_owned(), flags(&help).collect());
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let rows = listed.lines().take_while(|line| !line.is_empty());
    for row in rows.filter_map(|line| line.strip_prefix("  ")) {
        let name = row.split(' ').next().unwrap();
        if !name.is_empty() && name != "help" {
            define(format!("{command} {name}").trim(), found);
        }
    }
}

/// The flags in a text, in their long form.
fn flags(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("--").filter_map(|(at, _)| {
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let name: String = text[at + 2..]
            .chars()
            .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
            .collect();
        let name = name.trim_end_matches('-');
        let is_flag = !before.is_alphanumeric()
            && before != '-'
            && name.starts_with(|first: char| first.is_ascii_lowercase());
        is_flag.then(|| format!("--{name}"))
    })
}

/// What stands behind `keyfront ` in code: a span between backticks, or a line of a block.
fn command_lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let joined = text.replace("\\\n", " ");
    let mut in_block = false;
    for line in joined.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.extend(behind_keyfront(line));
        } else {
            found.extend(
                line.split('`')
                    .skip(1)
                    .step_by(2)
                    .filter_map(behind_keyfront),
            );
        }
    }
    found
}

fn behind_keyfront(code: &str) -> Option<String> {
    let code = code.split('#').next()?;
    let (before, arguments) = code.split_once("keyfront ")?;
    let is_program = before.is_empty() || before.ends_with(['/', ' ', '(']);
    let arguments = arguments.split(['|', '>', ')', ';']).next()?.trim();
    let is_command =
        arguments.starts_with(|first: char| first.is_ascii_lowercase() || first == '-');
    (is_program && is_command).then(|| arguments.to_owned())
}

fn check(line: &str, definitions: &Definitions) -> Result<(), String> {
    let mut command = String::new();
    for word in line
        .split_whitespace()
        .take_while(|word| !word.starts_with('-'))
    {
        let longer = format!("{command} {word}").trim().to_owned();
        if definitions.contains_key(&longer) {
            command = longer;
        } else {
            break;
        }
    }
    let word = line.split_whitespace().next().unwrap_or_default();
    if command.is_empty() && !word.starts_with('-') && word != "help" {
        return Err(format!("there is no command {word}"));
    }
    let known = &definitions[&command];
    match flags(line).find(|flag| !known.contains(flag)) {
        Some(flag) => Err(format!("`keyfront {command}` has no {flag}")),
        None => Ok(()),
    }
}

/// Without the lines that show another program's flags.
fn without_tests(source: &str) -> String {
    let product = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = product
        .lines()
        .filter(|line| !line.contains("curl ") && !line.contains("\"aws "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The files of a folder that end so; test files excepted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|end| end == ending) && name != "tests.rs" {
            found.push(path);
        }
    }
    found
}
