//! What distinguishes two releases.

use std::collections::{BTreeMap, HashMap};

use crate::{File, Manifest, Sha256Digest};

/// From one release's published files to another's, each list sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference<'a> {
    /// New paths with bytes that were at none of the paths that are gone.
    pub added: Vec<&'a File>,
    /// The same path with other bytes, headers or variants.
    pub changed: Vec<Changed<'a>>,
    /// Bytes that are at another path now.
    pub moved: Vec<Moved<'a>>,
    /// Paths that are gone.
    pub removed: Vec<&'a File>,
    /// How many are exactly as they were.
    pub same: usize,
}

/// A file that is another at the same path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed<'a> {
    /// As it was.
    pub before: &'a File,
    /// As it is.
    pub after: &'a File,
}

/// A file that is the same at another path; its headers may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved<'a> {
    /// Where it was.
    pub from: &'a File,
    /// Where it is.
    pub to: &'a File,
}

impl Changed<'_> {
    /// Whether its bytes differ, and not its headers or variants alone.
    #[must_use]
    pub fn bytes_differ(&self) -> bool {
        self.before.sha256 != self.after.sha256
    }
}

impl<'a> Difference<'a> {
    /// From `before` (nothing, if there is none) to `after`.
    #[must_use]
    pub fn between(before: Option<&'a Manifest>, after: &'a Manifest) -> Self {
        let mut difference = Self::default();
        let old = before.map_or(&[][..], Manifest::files);
        let mut new = Vec::new();
        let mut gone = Vec::new();
        for pair in merge(old, after.files()) {
            match pair {
                (Some(before), Some(after)) if before == after => difference.same += 1,
                (Some(before), Some(after)) => {
                    difference.changed.push(Changed { before, after });
                }
                (Some(before), None) => gone.push(before),
                (None, Some(after)) => new.push(after),
                (None, None) => {}
            }
        }
        difference.pair_moves(gone, new);
        difference
    }

    /// Nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.moved.is_empty()
            && self.removed.is_empty()
    }

    /// Of several files with the same bytes the first gone one is the first new one, and so on.
    fn pair_moves(&mut self, gone: Vec<&'a File>, new: Vec<&'a File>) {
        let mut places: HashMap<Sha256Digest, Vec<&File>> = HashMap::new();
        for file in gone.iter().rev() {
            places.entry(file.sha256).or_default().push(file);
        }
        for to in new {
            match places.get_mut(&to.sha256).and_then(Vec::pop) {
                Some(from) => self.moved.push(Moved { from, to }),
                None => self.added.push(to),
            }
        }
        let left = |file: &&File| {
            places
                .get(&file.sha256)
                .is_some_and(|rest| rest.iter().any(|other| other.path == file.path))
        };
        self.removed = gone.into_iter().filter(left).collect();
    }
}

/// The paths under which a viewer gets something else after the switch from `before` to `after`: bytes, headers or
/// variants, published or kept, sorted.
#[must_use]
pub fn differing_paths<'a>(before: Option<&'a Manifest>, after: &'a Manifest) -> Vec<&'a str> {
    let mut paths: BTreeMap<&str, &File> = before
        .into_iter()
        .flat_map(Manifest::tree_files)
        .map(|file| (&*file.path, file))
        .collect();
    for file in after.tree_files() {
        match paths.get(&*file.path) {
            Some(before) if *before == file => {
                paths.remove(&*file.path);
            }
            _ => {
                paths.insert(&file.path, file);
            }
        }
    }
    paths.into_keys().collect()
}

/// Both lists' files, side by side where they have the same path.
fn merge<'a>(
    old: &'a [File],
    new: &'a [File],
) -> impl Iterator<Item = (Option<&'a File>, Option<&'a File>)> {
    let mut old = old.iter().peekable();
    let mut new = new.iter().peekable();
    std::iter::from_fn(move || match (old.peek(), new.peek()) {
        (None, None) => None,
        (Some(_), None) => Some((old.next(), None)),
        (None, Some(_)) => Some((None, new.next())),
        (Some(before), Some(after)) => match before.path.cmp(&after.path) {
            std::cmp::Ordering::Less => Some((old.next(), None)),
            std::cmp::Ordering::Greater => Some((None, new.next())),
            std::cmp::Ordering::Equal => Some((old.next(), new.next())),
        },
    })
}
