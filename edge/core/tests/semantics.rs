//! Section "Edge" of docs/SEMANTICS.md names tests that exist.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

fn edge() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every source below a folder, joined.
fn sources(folder: &Path, extension: &str) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path, extension);
        } else if path.extension().is_some_and(|found| found == extension) {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

fn section() -> String {
    let document = fs::read_to_string(edge().join("../docs/SEMANTICS.md")).unwrap();
    let (_, rest) = document.split_once("\n## Edge\n").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_test_the_edge_section_names_exists() {
    let rust = sources(&edge(), "rs");
    let section = section();
    let named: Vec<&str> = section
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| text.contains("::"))
        .collect();
    assert!(named.len() > 80, "{} tests named", named.len());
    for name in named.into_iter().filter(|name| {
        !matches!(
            *name,
            "module::test" | "laws::test" | "frame::test" | "adapter::test"
        )
    }) {
        let (_, test) = name.rsplit_once("::").unwrap();
        assert!(rust.contains(&format!("fn {test}(")), "{name}");
    }
}

#[test]
fn every_handler_test_the_edge_section_names_exists() {
    let handler = sources(&edge().join("cloudfront/js"), "mjs");
    let section = section();
    let named: Vec<&str> = section
        .split("*js: ")
        .skip(1)
        .map(|rest| rest.split('*').next().unwrap())
        .collect();
    assert!(named.len() > 15, "{} tests named", named.len());
    for name in named {
        assert!(handler.contains(&format!("test('{name}'")), "{name}");
    }
}
