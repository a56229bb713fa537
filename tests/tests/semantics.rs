//! docs/SEMANTICS.md cannot drift: every promise names a test that exists, and every end-to-end test is a promise.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use keyfront_tests::artefacts;

#[test]
fn every_test_a_promise_names_exists() {
    let tests: BTreeSet<String> = tests_below(&artefacts::root())
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    let promised = promised();
    assert!(
        promised.len() > 40,
        "only {} tests are named",
        promised.len()
    );
    let missing: Vec<_> = promised.difference(&tests).collect();
    assert!(
        missing.is_empty(),
        "docs/SEMANTICS.md names tests that do not exist: {missing:#?}"
    );
}

#[test]
fn every_end_to_end_test_is_a_promise() {
    let folder = artefacts::root().join("tests/tests");
    let promised = promised();
    let unpromised: Vec<_> = tests_below(&folder)
        .into_iter()
        .filter(|(path, name)| !about_the_workspace(path) && !promised.contains(name))
        .collect();
    assert!(
        unpromised.is_empty(),
        "not in docs/SEMANTICS.md: {unpromised:#?}"
    );
}

/// Tests of what is written about the code, which promise nothing to users.
fn about_the_workspace(path: &Path) -> bool {
    ["semantics.rs", "architecture.rs"]
        .iter()
        .any(|file| path.ends_with(file))
}

/// The tests the document names: `module::test` anywhere, any name in back quotes on a line that starts with
/// `Test`, and the words of every *js: ...*.
fn promised() -> BTreeSet<String> {
    let text = std::fs::read_to_string(artefacts::root().join("docs/SEMANTICS.md")).unwrap();
    let paths = quoted(&text).filter(|name| is_test_path(name));
    let listed = text
        .lines()
        .filter(|line| line.starts_with("Test: ") || line.starts_with("Tests: "));
    let rust = paths
        .chain(listed.flat_map(quoted))
        .filter_map(|name| name.rsplit("::").next());
    let words = text
        .split("*js: ")
        .skip(1)
        .filter_map(|rest| rest.split('*').next());
    let node = words.map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
    rust.map(|name| name.trim_start_matches("test_").to_owned())
        .chain(node)
        .collect()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_test_path(quoted: &str) -> bool {
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    quoted.contains("::") && quoted.split("::").all(is_segment)
}

/// Every function under a `#[test]`-like attribute and every test of the Node and Python suites, with its file.
fn tests_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir()
            && !["target", "dist", "node_modules"].contains(&&*name)
            && !name.starts_with('.')
        {
            found.extend(tests_below(&path));
        } else if [".rs", ".mjs", ".py"]
            .iter()
            .any(|ending| name.ends_with(ending))
        {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(
                test_names(&text)
                    .into_iter()
                    .map(|test| (path.clone(), test)),
            );
        }
    }
    found
}

fn test_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some(name) = function(line) {
            // Inside `proptest!` the attribute stands on the line before as well.
            if std::mem::take(&mut marked) {
                names.push(name);
            }
        } else if let Some(title) = ['"', '\''].iter().find_map(|quote| {
            let call = line.strip_prefix("test(").or(line.strip_prefix("it("));
            let rest = call?.strip_prefix(*quote)?;
            rest.split(*quote).next()
        }) {
            names.push(title.to_owned());
        } else if let Some(rest) = line.strip_prefix("def test_") {
            names.extend(rest.split('(').next().map(str::to_owned));
        }
    }
    names
}

fn function(line: &str) -> Option<String> {
    let rest = line
        .trim_start_matches("pub ")
        .trim_start_matches("async ")
        .strip_prefix("fn ")?;
    rest.split(['(', '<']).next().map(str::to_owned)
}
