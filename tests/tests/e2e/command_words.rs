//! Every command and every flag that an error, a help text or a page of the documentation names is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use keyfront_tests::{
    artefacts,
    flags::{flags, option_rows, sentences, without_tests},
};

/// A command's words, such as `publisher add`, and its flags.
type Definitions = BTreeMap<String, BTreeSet<String>>;

/// Whose flags a source may name: those of every command it serves, since it does not know which of them runs it.
/// The longest path counts.
#[rustfmt::skip] // One row a path.
const SERVES: &[(&str, &[&str])] = &[
    ("cli/src/", &[""]),
    ("cli/dev/", &["dev"]),
    ("dev-stack/stack/src/", &["dev"]),
    ("cli/ops/src/accept/", &["accept"]),
    ("cli/ops/src/viewers/", &["viewers sign", "viewers public-key"]),
    ("cli/ops/src/viewers/add_issuer.rs", &["viewers add-issuer"]),
    ("cli/ops/src/viewers/change.rs", &["viewers add-issuer", "viewers allow", "viewers deny", "viewers remove"]),
    ("cli/ops/src/viewers/discovery.rs", &["viewers add-issuer"]),
    ("cli/ops/src/viewers/issuer_fetch.rs", &["viewers add-issuer", "viewers test"]),
    ("cli/ops/src/viewers/list.rs", &["viewers list"]),
    ("cli/ops/src/viewers/own_keys.rs", &["viewers rotate-key"]),
    ("cli/ops/src/viewer_keys/", &["viewers rotate-key"]),
    ("cli/ops/src/viewers/policy.rs", &["viewers add-issuer", "viewers allow", "viewers deny", "viewers remove", "viewers list", "viewers test"]),
    ("cli/ops/src/viewers/rule_arguments.rs", &["viewers allow", "viewers deny"]),
    ("cli/ops/src/viewers/rules.rs", &["viewers allow", "viewers deny"]),
    ("cli/ops/src/viewers/served.rs", &["viewers add-issuer", "viewers allow"]),
    ("cli/ops/src/viewers/token.rs", &["viewers test"]),
    ("cli/ops/src/viewers/token_test.rs", &["viewers test"]),
    ("cli/ops/src/viewers/verdict.rs", &["viewers test"]),
    // Folders are protected by what is deployed.
    ("cli/ops/src/viewers/mod.rs", &["deploy"]),
    ("cli/ops/src/viewers/public_key.rs", &["deploy"]),
    ("cli/ops/src/viewers/sign.rs", &["viewers sign"]),
    ("cli/ops/src/span.rs", &["viewers sign", "viewers allow", "logs", "publisher add"]),
    ("cli/ops/src/publish/", &["publish"]),
    ("cli/ops/src/publish/activation.rs", &["publish", "releases rollback"]),
    ("cli/ops/src/publish/outcome.rs", &["publish", "releases rollback"]),
    ("cli/ops/src/publish_api/", &["publish", "share"]),
    ("cli/ops/src/release_api/", &["publish"]),
    ("cli/ops/src/releases/", &["releases list", "releases rollback", "releases prune"]),
    ("cli/ops/src/verify/", &["verify"]),
    ("cli/ops/src/http_client/", &["publish"]),
    ("cli/ops/src/share/", &["share"]),
    ("cli/ops/src/open/", &["open"]),
    ("cli/ops/src/audit/", &["audit"]),
    ("cli/ops/src/aws.rs", &[
        "deploy", "status", "outputs", "adopt", "destroy", "revoke-sessions", "publisher add", "doctor", "logs", "audit", "rewrap",
        "accept", "viewers list",
    ]),
    ("cli/ops/src/aws/", &["deploy", "doctor", "logs", "audit", "rewrap", "accept"]),
    ("cli/ops/src/bucket_target.rs", &["audit", "rewrap", "publisher add", "viewers list"]),
    ("cli/ops/src/deploy/", &["deploy"]),
    ("cli/ops/src/deploy/adopt.rs", &["adopt"]),
    ("cli/ops/src/deploy/clear.rs", &["destroy"]),
    ("cli/ops/src/deploy/confirmation.rs", &["deploy", "destroy", "revoke-sessions"]),
    ("cli/ops/src/deploy/deploy_error.rs", &["deploy", "destroy", "revoke-sessions"]),
    ("cli/ops/src/deploy/destroy.rs", &["destroy"]),
    ("cli/ops/src/deploy/kept_stack.rs", &["destroy"]),
    ("cli/ops/src/deploy/leftovers.rs", &["destroy"]),
    ("cli/ops/src/deploy/outputs.rs", &["outputs"]),
    ("cli/ops/src/deploy/removal_plan.rs", &["destroy"]),
    ("cli/ops/src/deploy/revoke_sessions.rs", &["revoke-sessions"]),
    ("cli/ops/src/deploy/status.rs", &["status"]),
    ("cli/ops/src/deploy/system_arguments.rs", &["deploy", "status", "adopt", "destroy"]),
    ("cli/ops/src/deploy/deletion_target.rs", &["destroy"]),
    ("cli/ops/src/difference.rs", &["publisher edit", "viewers allow"]),
    ("cli/ops/src/doctor/", &["doctor"]),
    ("cli/ops/src/logs/", &["logs"]),
    ("cli/ops/src/named_bucket.rs", &["publisher add", "viewers list"]),
    ("cli/ops/src/objects/", &["audit", "rewrap"]),
    ("cli/ops/src/policy_document.rs", &["publisher add", "viewers allow"]),
    ("cli/ops/src/publisher/mod.rs", &["publisher add"]),
    ("cli/ops/src/publisher/rules.rs", &["publisher add"]),
    ("cli/ops/src/publisher/edit.rs", &["publisher edit"]),
    ("cli/ops/src/rewrap/", &["rewrap"]),
    ("cli/ops/src/site/", &["site"]),
    ("cli/ops/src/status_line.rs", &["audit", "rewrap"]),
    ("cli/ops/src/system/", &["deploy", "status", "adopt", "destroy", "logs"]),
    ("cli/ops/src/system/outputs.rs", &["outputs", "publisher add", "doctor", "audit", "rewrap", "viewers list"]),
];

/// The commands that a source runs as programs of their own.
const RUNS: &[(&str, &[&str])] = &[("cli/ops/src/accept/throw_away.rs", &["deploy", "destroy"])];

#[test]
fn every_flag_that_a_source_of_the_commands_names_exists() {
    let definitions = definitions();
    let root = artefacts::root();
    let mut sources = files(&root.join("cli"), "rs");
    sources.extend(files(&root.join("dev-stack/stack/src"), "rs"));
    let mut wrong = Vec::new();
    for source in sources {
        let path = source.strip_prefix(&root).unwrap().display().to_string();
        for sentence in sentences(&without_tests(&fs::read_to_string(&source).unwrap())) {
            let mut mentioned = mentioned(&sentence, &definitions);
            let run = RUNS.iter().filter(|(source, _)| path == *source);
            mentioned
                .extend(run.flat_map(|(_, commands)| commands.iter().copied().map(str::to_owned)));
            for flag in flags(&sentence) {
                let has = |command: &&str| definitions[*command].contains(&flag);
                if !mentioned.iter().any(|command| has(&command.as_str()))
                    && !served(&path).iter().all(has)
                {
                    wrong.push(format!("{path} names {flag}: {}", sentence.trim()));
                }
            }
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
    found.insert(command.to_owned(), option_rows(&help).collect());
    let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let rows = listed.lines().take_while(|line| !line.is_empty());
    for row in rows.filter_map(|line| line.strip_prefix("  ")) {
        let name = row.split(' ').next().unwrap();
        if !name.is_empty() && name != "help" {
            define(format!("{command} {name}").trim(), found);
        }
    }
}

/// The commands that a source serves: none where the table lists no path of it.
fn served(path: &str) -> &'static [&'static str] {
    let rows = SERVES.iter().filter(|(above, _)| path.starts_with(above));
    let row = rows.max_by_key(|(above, _)| above.len());
    row.unwrap_or_else(|| panic!("{path}: which commands does it serve?"))
        .1
}

/// The commands that a sentence names, as in `keyfront rewrap --to` or "deploy with --parameter".
fn mentioned(sentence: &str, definitions: &Definitions) -> Vec<String> {
    let lines = sentence.split("keyfront ").skip(1);
    let mut found: Vec<String> = lines
        .map(|line| command_of(line.trim_start_matches('`'), definitions))
        .collect();
    found.extend(definitions.keys().filter_map(|command| {
        let with = format!("{command} with --");
        (!command.is_empty() && sentence.contains(&with)).then(|| command.clone())
    }));
    found.retain(|command| !command.is_empty());
    found
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

/// The command that a line begins with; the empty one where its first word is none.
fn command_of(line: &str, definitions: &Definitions) -> String {
    let mut command = String::new();
    for word in line.split_whitespace() {
        let longer = format!("{command} {word}").trim().to_owned();
        if !definitions.contains_key(&longer) {
            break;
        }
        command = longer;
    }
    command
}

fn check(line: &str, definitions: &Definitions) -> Result<(), String> {
    let command = command_of(line, definitions);
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
