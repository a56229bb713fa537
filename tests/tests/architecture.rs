//! ARCHITECTURE.md cannot drift: its arrows are the dependencies that Cargo knows, its sizes about those of the sources. No file
//! of the sources outgrows what can be read at one go.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    process::Command,
};

use keyfront_tests::{artefacts, flags::before_tests};
use serde_json::Value;

/// What the page says of a crate.
#[derive(Debug)]
struct Room {
    folder: String,
    lines: usize,
    dependencies: BTreeSet<String>,
}

#[test]
fn the_arrows_of_the_architecture_are_those_of_the_workspace() {
    let described: BTreeMap<String, BTreeSet<String>> = described()
        .into_iter()
        .map(|room| (room.folder, room.dependencies))
        .collect();
    let linked = workspace();
    let rooms: BTreeSet<&String> = described.keys().chain(linked.keys()).collect();
    let wrong: Vec<String> = rooms
        .into_iter()
        .filter(|room| described.get(*room) != linked.get(*room))
        .map(|room| {
            let (page, cargo) = (described.get(room), linked.get(room));
            format!("{room}: ARCHITECTURE.md says {page:?}, Cargo {cargo:?}")
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_arrow_points_to_a_row_above() {
    let mut above = BTreeSet::new();
    for room in described() {
        let up: BTreeSet<_> = room.dependencies.difference(&above).collect();
        assert!(up.is_empty(), "{} stands above {up:?}", room.folder);
        above.insert(room.folder);
    }
}

/// A quarter off is no news; more is another room than the page describes.
#[test]
fn the_sizes_of_the_architecture_are_about_right() {
    for Room { folder, lines, .. } in described() {
        let counted = product_lines(&artefacts::root().join(&folder).join("src"));
        let tolerated = (counted / 4).max(100);
        assert!(
            lines.abs_diff(counted) <= tolerated,
            "{folder} has {counted} lines, ARCHITECTURE.md says {lines}"
        );
    }
}

/// About 300 lines are a file's measure, and this is where it must be split by what its parts are responsible for.
const LONGEST_FILE: usize = 400;

#[test]
fn no_source_file_is_longer_than_can_be_read_at_one_go() {
    let sources = sources();
    assert!(sources.len() > 1_000, "only {} sources", sources.len());
    let mut long: Vec<(usize, String)> = sources
        .into_iter()
        .map(|path| (lines_of(&path), path))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .collect();
    long.sort();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {long:#?}");
}

fn lines_of(path: &str) -> usize {
    match fs::read_to_string(artefacts::root().join(path)) {
        Ok(text) => text.lines().count(),
        // A file that the change removes is still listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => panic!("{path}: {error}"),
    }
}

/// The files of the repository that people write programs and tests in, new ones too: what is generated is not kept.
fn sources() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(artefacts::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "git ls-files");
    let listed = String::from_utf8(output.stdout).unwrap();
    let endings = [
        "rs", "ts", "tsx", "mts", "js", "mjs", "cjs", "py", "sh", "css",
    ];
    let is_source = |path: &&str| match Path::new(path).extension() {
        Some(ending) => endings.iter().any(|known| ending == *known),
        // Scripts have no ending, and a first line that names who runs them.
        None => fs::read(artefacts::root().join(path)).is_ok_and(|text| text.starts_with(b"#!")),
    };
    listed
        .lines()
        .filter(is_source)
        .map(str::to_owned)
        .collect()
}

/// The rows of the page: `FOLDER LINES -> FOLDER, FOLDER`; a list that ends with a comma goes on in the next line.
fn described() -> Vec<Room> {
    let page = fs::read_to_string(artefacts::root().join("ARCHITECTURE.md")).unwrap();
    let begin = page.lines().skip_while(|line| !line.starts_with("room "));
    let rows = begin.skip(1).take_while(|line| !line.starts_with("```"));
    let joined = rows.collect::<Vec<_>>().join("\n").replace(",\n", ",");
    let rooms: Vec<Room> = joined.lines().map(room).collect();
    assert!(rooms.len() > 20, "only {} rooms are described", rooms.len());
    rooms
}

fn room(row: &str) -> Room {
    let (head, arrows) = row.split_once("->").unwrap_or((row, ""));
    let mut words = head.split_whitespace();
    let folder = words.next().unwrap().to_owned();
    let lines = words.next().unwrap().replace(',', "").parse().unwrap();
    let dependencies = arrows.split(',').map(str::trim);
    let dependencies = dependencies.filter(|name| !name.is_empty());
    Room {
        folder,
        lines,
        dependencies: dependencies.map(str::to_owned).collect(),
    }
}

/// The crates by their folders, and the ones that each links.
fn workspace() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(artefacts::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let folders: BTreeMap<&str, String> = packages
        .iter()
        .map(|package| (package["name"].as_str().unwrap(), folder(package)))
        .collect();
    let links = |package: &Value| -> BTreeSet<String> {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let linked = dependencies.filter(|dependency| dependency["kind"].is_null());
        let names = linked.map(|dependency| dependency["name"].as_str().unwrap());
        names
            .filter_map(|name| folders.get(name).cloned())
            .collect()
    };
    let crates = packages.iter();
    crates
        .map(|package| (folder(package), links(package)))
        .collect()
}

fn folder(package: &Value) -> String {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    let root = artefacts::root().canonicalize().unwrap();
    let folder = manifest.parent().unwrap().canonicalize().unwrap();
    folder.strip_prefix(root).unwrap().display().to_string()
}

/// Lines of the sources below a folder that are not of tests.
fn product_lines(folder: &Path) -> usize {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_test = name == "tests" || name == "tests.rs" || name.ends_with("_tests.rs");
            if is_test {
                0
            } else if path.is_dir() {
                product_lines(&path)
            } else if name.ends_with(".rs") {
                before_tests(&fs::read_to_string(&path).unwrap())
                    .lines()
                    .count()
            } else {
                0
            }
        })
        .sum()
}
