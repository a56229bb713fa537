//! Which module depends on which: paths, resolved to where their item is defined.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Crate, joined};

/// For each module the modules it depends on, with the names that say so.
pub(crate) type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Re-exports that lead to each other end somewhere else, or the compiler would refuse them.
const LONGEST_CHAIN: usize = 32;

/// The dependencies between the modules of `krate`.
pub(crate) fn imports(krate: &Crate) -> Imports {
    let mut imports = Imports::new();
    for (path, module) in &krate.modules {
        let mut from = BTreeMap::<String, BTreeSet<String>>::new();
        for written in &module.paths {
            if let Some((to, name)) = resolve(krate, path, written, LONGEST_CHAIN)
                && to != *path
            {
                from.entry(to).or_default().insert(name);
            }
        }
        imports.insert(path.clone(), from);
    }
    imports
}

/// The module where what `written` means, seen from module `at`, is defined, and its name there. `None` for items of
/// other crates.
fn resolve(krate: &Crate, at: &str, written: &[String], chain: usize) -> Option<(String, String)> {
    let chain = chain.checked_sub(1)?;
    let (first, rest) = written.split_first()?;
    match first.as_str() {
        "crate" => within(krate, "", rest, chain),
        "self" => within(krate, at, rest, chain),
        "super" => within(krate, parent(at)?, rest, chain),
        _ => within(krate, at, written, chain),
    }
}

/// As [`resolve`], for a path that begins with something in `module`.
fn within(krate: &Crate, module: &str, path: &[String], chain: usize) -> Option<(String, String)> {
    let chain = chain.checked_sub(1)?;
    let Some((first, rest)) = path.split_first() else {
        return Some((module.to_owned(), "self".to_owned()));
    };
    if first == "super" {
        return within(krate, parent(module)?, rest, chain);
    }
    let here = krate.modules.get(module)?;
    if here.children.contains(first) {
        return within(krate, &joined(module, first), rest, chain);
    }
    if here.defined.contains(first) {
        return Some((module.to_owned(), first.clone()));
    }
    if let Some(meant) = here.scope.get(first) {
        // `use a::b` inside module `a` of a crate `a` would lead here again.
        if meant.first() == Some(first) && !here.children.contains(first) {
            return None;
        }
        let (found, name) = resolve(krate, module, meant, chain)?;
        return if name == "self" {
            within(krate, &found, rest, chain)
        } else {
            Some((found, name))
        };
    }
    here.globs.iter().find_map(|glob| {
        let (found, name) = resolve(krate, module, glob, chain)?;
        (name == "self" && found != module)
            .then(|| within(krate, &found, path, chain))
            .flatten()
    })
}

fn parent(module: &str) -> Option<&str> {
    if module.is_empty() {
        return None;
    }
    Some(module.rsplit_once("::").map_or("", |(parent, _)| parent))
}
