use std::collections::BTreeMap;

use keyfront_releases::{Difference, File, Manifest, differing_paths};
use proptest::prelude::*;

use crate::generated::{file, manifests, site};

type Files = BTreeMap<String, File>;

fn files(manifest: &Manifest) -> Files {
    by_path(manifest.files())
}

fn by_path<'a>(files: impl IntoIterator<Item = &'a File>) -> Files {
    files
        .into_iter()
        .map(|file| (file.path.to_string(), file.clone()))
        .collect()
}

/// What a reader of the difference makes of the earlier files.
fn apply(difference: &Difference<'_>, mut files: Files) -> Files {
    for file in &difference.removed {
        assert_eq!(files.remove(&*file.path).as_ref(), Some(*file));
    }
    for moved in &difference.moved {
        assert_eq!(files.remove(&*moved.from.path).as_ref(), Some(moved.from));
    }
    for changed in &difference.changed {
        let before = files.insert(changed.after.path.to_string(), changed.after.clone());
        assert_eq!(before.as_ref(), Some(changed.before));
    }
    let arrived = difference.moved.iter().map(|moved| moved.to);
    for file in arrived.chain(difference.added.iter().copied()) {
        assert_eq!(files.insert(file.path.to_string(), file.clone()), None);
    }
    files
}

proptest! {
    #[test]
    fn the_difference_applied_to_one_release_gives_the_other(one in manifests(), other in manifests()) {
        let difference = Difference::between(Some(&one), &other);
        prop_assert_eq!(apply(&difference, files(&one)), files(&other));
        for moved in &difference.moved {
            prop_assert_eq!(moved.from.sha256, moved.to.sha256);
            prop_assert_ne!(&moved.from.path, &moved.to.path);
        }
        for changed in &difference.changed {
            prop_assert_ne!(changed.before, changed.after);
        }
        let after = difference.same
            + difference.changed.len()
            + difference.moved.len()
            + difference.added.len();
        prop_assert_eq!(after, other.files().len());
    }

    #[test]
    fn a_release_does_not_differ_from_itself(manifest in manifests()) {
        let difference = Difference::between(Some(&manifest), &manifest);
        prop_assert!(difference.is_empty());
        prop_assert_eq!(difference.same, manifest.files().len());
        prop_assert!(differing_paths(Some(&manifest), &manifest).is_empty());
    }

    #[test]
    fn a_path_differs_exactly_when_a_viewer_would_notice(one in manifests(), other in manifests()) {
        let paths = differing_paths(Some(&one), &other);
        prop_assert!(paths.is_sorted());
        let all = one.tree_files().chain(other.tree_files());
        for file in all {
            let differs = one.file(&file.path) != other.file(&file.path);
            prop_assert_eq!(paths.contains(&&*file.path), differs);
        }
        prop_assert_eq!(differing_paths(Some(&other), &one), paths);
    }
}

#[test]
fn a_moved_file_is_neither_added_nor_removed() {
    let one = Manifest::new(
        site(),
        vec![
            file("a", "1"),
            file("b", "2"),
            file("c", "3"),
            file("d", "4"),
        ],
        Vec::new(),
    )
    .unwrap();
    let other = Manifest::new(
        site(),
        vec![
            file("a", "1"),
            file("b", "5"),
            file("e", "3"),
            file("f", "3"),
        ],
        Vec::new(),
    )
    .unwrap();
    let difference = Difference::between(Some(&one), &other);
    let moved: Vec<_> = difference
        .moved
        .iter()
        .map(|moved| (&*moved.from.path, &*moved.to.path))
        .collect();
    assert_eq!(moved, [("c", "e")]);
    let paths = |files: &[&File]| -> Vec<String> {
        files.iter().map(|file| file.path.to_string()).collect()
    };
    assert_eq!(paths(&difference.added), ["f"]);
    assert_eq!(paths(&difference.removed), ["d"]);
    assert_eq!(&*difference.changed[0].after.path, "b");
    assert!(difference.changed[0].bytes_differ());
    assert_eq!(difference.same, 1);
    assert_eq!(
        differing_paths(Some(&one), &other),
        ["b", "c", "d", "e", "f"]
    );
}
