//! The codes and header names in the sources of the publishers' page are the contract's: TypeScript has no types from there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use keyfront_contract::{ProblemType, header};
use keyfront_tests::artefacts;

/// Codes of what fails in the page itself: no answer of the API has them.
const PAGE_ONLY: &[&str] = &[
    "aborted",
    "altered",
    "browser",
    "file-changed",
    "file-unreadable",
    "gone",
    "incomplete",
    "key-invalid",
    "key-needed",
    "link-invalid",
    "link-over",
    "login-refused",
    "memory",
    "network",
    "not-sealed",
    "page-failed",
    "passphrase-short",
    "release-altered",
    "sealing-refused",
    "server-busy",
    "storage",
    "storage-full",
    "storage-none",
    "too-long",
    "unexpected",
    "unsupported",
    "wrong-key",
];

const HEADERS: [&str; 10] = [
    header::REQUEST_ID,
    header::SITE,
    header::RESPONSE_FACTS,
    header::AUTHORIZATION,
    header::PAGE,
    header::SANDBOXED,
    header::RELEASE,
    header::RELEASE_AGE,
    header::RELEASE_SHA256,
    header::RELEASE_CSP,
];

/// What stands before the code of a problem, up to its quote.
const BEFORE_CODES: [&str; 3] = [".code === ", "{ code: ", "field('code') ?? "];

#[test]
fn the_page_knows_no_code_and_no_header_that_the_contract_does_not() {
    let mut codes = explained();
    codes.extend(detailed());
    let mut headers = BTreeSet::new();
    for path in scripts(&artefacts::root().join("web/src")) {
        let text = fs::read_to_string(path).unwrap();
        codes.extend(used(&text));
        let quoted = quoted(&text).into_iter();
        headers.extend(quoted.filter(|word| {
            [header::PREFIX, "x-amz-meta-keyfront-"]
                .iter()
                .any(|prefix| word.starts_with(prefix))
        }));
    }
    let known: BTreeSet<&str> = ProblemType::ALL.iter().map(|row| row.code).collect();
    let own: BTreeSet<&str> = codes
        .iter()
        .map(String::as_str)
        .filter(|code| !known.contains(code))
        .collect();
    assert_eq!(own, PAGE_ONLY.iter().copied().collect());
    assert!(codes.len() > 50, "only {} codes were found", codes.len());
    assert!(headers.contains(header::REQUEST_ID), "{headers:?}");
    headers.retain(|name| !HEADERS.contains(&name.as_str()));
    assert!(headers.is_empty(), "no header of the contract: {headers:?}");
}

#[test]
fn the_page_says_of_a_code_what_the_contract_says() {
    let mut checked = 0;
    for path in scripts(&artefacts::root().join("web/src")) {
        let text = fs::read_to_string(path).unwrap();
        for made in text.split("new Problem(").skip(1) {
            let Some((status, rest)) = made.split_once(", '") else {
                continue;
            };
            let Ok(status) = status.parse::<u16>() else {
                continue;
            };
            let code = rest.split('\'').next().unwrap();
            if let Some(problem) = ProblemType::ALL.iter().find(|row| row.code == code) {
                assert_eq!(status, problem.status, "{code}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 3, "only {checked} problems were found");
}

/// The codes that the page has words for.
fn explained() -> BTreeSet<String> {
    let text = source("i18n/en.ts");
    let (_, after) = text.split_once("\n  problems: {\n").unwrap();
    let (table, _) = after.split_once("\n  },").unwrap();
    let rows = table.lines().map(|row| row.trim().split(':').next());
    rows.map(|name| name.unwrap().trim_matches('\'').to_owned())
        .collect()
}

/// The codes whose detail the page shows.
fn detailed() -> Vec<String> {
    let text = source("i18n/problems.ts");
    let (_, after) = text.split_once("DETAILED = new Set([").unwrap();
    quoted(after.split(']').next().unwrap())
}

/// The codes that a source compares, and those of the problems that it makes.
fn used(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = BEFORE_CODES
        .iter()
        .flat_map(|before| text.split(before).skip(1))
        .filter_map(code_at)
        .collect();
    let made = text.split("new Problem(").skip(1);
    codes.extend(made.filter_map(|made| code_at(made.split_once(", ")?.1)));
    let sealing = text.split("new SealingError(").skip(1);
    codes.extend(sealing.filter_map(code_at));
    codes
}

fn code_at(text: &str) -> Option<String> {
    let code = text.strip_prefix('\'')?.split('\'').next()?;
    Some(code.to_owned())
}

/// The words in quotes, as far as a line goes.
fn quoted(text: &str) -> Vec<String> {
    let lines = text.lines();
    lines
        .flat_map(|line| line.split('\'').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

fn source(path: &str) -> String {
    fs::read_to_string(artefacts::root().join("web/src").join(path)).unwrap()
}

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|end| end == "ts") {
            found.push(path);
        }
    }
    found
}
