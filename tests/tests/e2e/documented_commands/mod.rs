//! The command lines that blocks of the pages show: each is run, here and now, or a row says why it cannot be.
//!
//! The tutorial is another matter: it is done word for word (`tutorial`). What lines say of flags and commands in running
//! text is held by `command_words`.

mod account;
mod place;
mod rows;

use std::{collections::BTreeSet, fs};

use keyfront_tests::artefacts;

use self::{
    place::Place,
    rows::{ROWS, row_of},
};

/// What a line of a block begins with, if it is a command.
const COMMANDS: [&str; 8] = [
    "keyfront ",
    "target/debug/keyfront ",
    "KEYFRONT_TOKEN=",
    "curl ",
    "make",
    "npx ",
    "aws ",
    "git ",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_of_the_pages_is_run_or_says_why_not() {
    let mut pages: Vec<_> = fs::read_dir(artefacts::root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.push(artefacts::root().join("README.md"));
    pages.sort();
    let (mut run, mut wrong) = (0, Vec::new());
    let mut used = BTreeSet::new();
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        // Of the tutorial each line begins with a prompt; cli.md shows how lines look.
        if page.extension().is_none_or(|end| end != "md")
            || ["cli.md", "tutorial.md"].contains(&name.as_str())
        {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        let lines = lines(&text);
        if lines.is_empty() {
            continue;
        }
        let place = Place::for_page(&text).await;
        for line in lines {
            used.extend(row_of(&line).map(|(beginning, _)| *beginning));
            match place.take(&line).await {
                Ok(ran) => run += usize::from(ran),
                Err(why) => wrong.push(format!("{name}: {line}\n{why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(run >= 30, "only {run} lines were run");
    let idle: Vec<_> = ROWS.iter().filter(|(row, _)| !used.contains(row)).collect();
    assert!(idle.is_empty(), "no line begins so: {idle:?}");
}

/// The commands of the blocks that are of no language, each in one line.
fn lines(page: &str) -> Vec<String> {
    let joined = page.replace("\\\n", " ");
    let mut found = Vec::new();
    let mut inside = None;
    for line in joined.lines().map(str::trim) {
        match (line.strip_prefix("```"), inside) {
            (Some(language), None) => inside = Some(matches!(language, "" | "sh")),
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) if COMMANDS.iter().any(|word| line.starts_with(word)) => {
                let code = line.split(" #").next().unwrap();
                found.push(code.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            (None, _) => {}
        }
    }
    found
}
