//! Activations, removals, records and what the CDN has to forget.

use keyfront_releases::{Encoded, LogEntry, Pointer, ReleaseId, Sha256Digest, SiteName, Timestamp};
use proptest::{prop_assert_eq, proptest};
use sha2::{Digest as _, Sha256};

use super::{file, id, manifest, site, with_variants};
use crate::{
    error::ReleaseConflict,
    invalidation::{Query, SiteLayout, Spellings},
    releases::{
        FilledTree, Filling, PendingInvalidation, Reading, VerifiedRecord, VerifyPosition,
        activation::{Expected, Step, admit},
        caller_reference, left_of,
        removal::{self, KEEP_ASSETS, Standing},
        stale_paths,
    },
};

fn entry(n: u64, release: ReleaseId, replaced: Option<ReleaseId>) -> LogEntry {
    LogEntry {
        at: Timestamp::from_epoch_seconds(1_800_000_000).unwrap(),
        by: "web".to_owned(),
        encoded: Encoded::new("").unwrap(),
        n,
        person: None,
        previous: Sha256Digest::ZERO,
        release,
        replaced,
    }
}

#[test]
fn an_activation_is_done_already_is_a_swap_or_conflicts_by_name() {
    let (old, active, other) = (id("old"), id("active"), id("other"));
    let pointer = Pointer::new(entry(7, active, Some(old)));
    let first = Pointer::new(entry(1, active, None));
    let outcome = |pointer: Option<&Pointer>, release, expected: Expected| match admit(
        pointer,
        release,
        &expected,
        &site(),
    ) {
        Ok(Step::Swap) => "swap",
        Ok(Step::Done(_)) => "done",
        Err(ReleaseConflict::Overtaken { .. }) => "overtaken",
        Err(ReleaseConflict::NothingActive(_)) => "nothing",
        Err(_) => "else",
    };
    for (known, release, expected, result) in [
        (None, other, Expected::Any, "swap"),
        (None, other, Expected::Nothing, "swap"),
        (None, other, Expected::Release(active), "nothing"),
        (Some(&pointer), other, Expected::Any, "swap"),
        (Some(&pointer), other, Expected::Release(active), "swap"),
        (Some(&pointer), other, Expected::Release(old), "overtaken"),
        (Some(&pointer), other, Expected::Nothing, "overtaken"),
        (Some(&pointer), active, Expected::Any, "done"),
        (Some(&pointer), active, Expected::Release(old), "done"),
        (Some(&pointer), active, Expected::Release(active), "done"),
        (
            Some(&pointer),
            active,
            Expected::Release(other),
            "overtaken",
        ),
        (Some(&pointer), active, Expected::Nothing, "overtaken"),
        (Some(&first), active, Expected::Nothing, "done"),
    ] {
        assert_eq!(
            outcome(known, release, expected.clone()),
            result,
            "{expected:?}"
        );
    }
    let told = admit(Some(&pointer), other, &Expected::Nothing, &site()).unwrap_err();
    let told = told.to_string();
    for part in [
        active.to_string(),
        "\"web\"".to_owned(),
        "2027-01-15T08:00:00Z".to_owned(),
    ] {
        assert!(told.contains(&part), "{told}");
    }
}

#[test]
fn a_release_that_is_active_not_yet_replaced_everywhere_or_kept_from_stays() {
    let (older, old, active, kept) = (id("older"), id("old"), id("active"), id("kept"));
    let newest = entry(7, active, Some(old));
    let entries = [newest.clone(), entry(6, old, Some(older))];
    let pointer = Pointer::new(newest);
    let after = |seconds| Timestamp::from_epoch_seconds(1_800_000_000 + seconds).unwrap();
    let outcome = |release, pending: usize, seconds| {
        let standing = Standing {
            pointer: &pointer,
            pending: &entries[..pending],
            kept_from: &[kept],
        };
        match removal::admit(standing, release, after(seconds)) {
            Ok(()) => "removed",
            Err(ReleaseConflict::IsActive(_)) => "active",
            Err(ReleaseConflict::NotEverywhere { n: 6, .. }) => "6 not everywhere",
            Err(ReleaseConflict::NotEverywhere { .. }) => "not everywhere",
            Err(ReleaseConflict::Kept { .. }) => "kept",
            Err(_) => "else",
        }
    };
    for (release, pending, seconds, result) in [
        (active, 0, KEEP_ASSETS, "active"),
        (old, 1, KEEP_ASSETS, "not everywhere"),
        (old, 0, 0, "removed"),
        (older, 2, KEEP_ASSETS, "6 not everywhere"),
        (older, 1, 0, "removed"),
        (kept, 0, KEEP_ASSETS - 1, "kept"),
        (kept, 0, KEEP_ASSETS, "removed"),
        (id("never"), 2, 0, "removed"),
    ] {
        assert_eq!(outcome(release, pending, seconds), result);
    }
}

#[test]
fn records_and_positions_are_of_their_release_and_site_alone() {
    let (own, other, here) = (id("own"), id("other"), site());
    let elsewhere = SiteName::new("blog").unwrap();
    // Written again with the same bytes: by another tag, or by the time where a store's tags are hashes.
    let [filling, retagged, later] = [("\"a\"", 7), ("\"b\"", 7), ("\"a\"", 8)]
        .map(|(etag, written)| Filling::of(etag, written));
    let tree = FilledTree {
        site: &here,
        release: own,
        filling: &filling,
    };
    let record = VerifiedRecord::new(tree, 3, "2026-12-01T00:00:00Z".to_owned());
    let plain = serde_json::to_vec(&record).unwrap();
    assert_eq!(VerifiedRecord::read(&plain, tree), Some(record));
    let others = [
        FilledTree {
            release: other,
            ..tree
        },
        FilledTree {
            site: &elsewhere,
            ..tree
        },
        FilledTree {
            filling: &retagged,
            ..tree
        },
        FilledTree {
            filling: &later,
            ..tree
        },
    ];
    for tree in others {
        assert_eq!(VerifiedRecord::read(&plain, tree), None, "{tree:?}");
    }
    let position = VerifyPosition::new(tree, 3);
    assert!(position.is_of(&filling));
    assert!(!position.is_of(&retagged) && !position.is_of(&later));
    let plain = serde_json::to_string(&position).unwrap();
    assert_eq!(VerifyPosition::read(&plain, &here, own), Some(position));
    assert_eq!(VerifyPosition::read(&plain, &here, other), None);
    assert_eq!(VerifyPosition::read(&plain, &elsewhere, own), None);
    assert_eq!(VerifyPosition::read("3", &here, own), None);
}

proptest! {
    #[test]
    fn a_hash_that_was_laid_aside_anywhere_is_the_hash_of_the_whole(
        content in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
        cuts in proptest::collection::vec(0_usize..400, 0..4),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(content.len())).collect();
        cuts.sort_unstable();
        let mut reading = Reading::begin("\"e\"".to_owned());
        let mut at = 0;
        for cut in cuts {
            let mut hash = reading.hash().unwrap();
            hash.update(&content[at..cut]);
            at = cut;
            let laid_aside = serde_json::to_string(&Reading::at("\"e\"".to_owned(), at as u64, &hash)).unwrap();
            reading = serde_json::from_str(&laid_aside).unwrap();
        }
        let mut hash = reading.hash().unwrap();
        hash.update(&content[at..]);
        let whole: [u8; 32] = Sha256::digest(&content).into();
        prop_assert_eq!(<[u8; 32]>::from(hash.finalize()), whole);
    }
}

#[test]
fn the_stale_paths_are_those_that_differ_as_each_site_spells_them() {
    let site = SiteLayout {
        path: Some("/docs/"),
        index: Some("index.html"),
        release: Some("docs"),
        ..SiteLayout::default()
    };
    let with_query = SiteLayout {
        path: None,
        query: Query::InTheKey,
        ..site
    };
    let old = manifest(vec![
        file("a b.html", "same"),
        file("index.html", "old"),
        file("gone.css", "x"),
        with_variants(file("b.js", "1")),
    ]);
    let new = manifest(vec![
        file("a b.html", "same"),
        file("d/index.html", "new"),
        file("index.html", "new"),
        with_variants(file("b.js", "1")),
        file("c.js", "without"),
    ]);
    // `js` had compressed forms throughout, and has no more: its answers cease to vary.
    assert_eq!((old.encoded().as_str(), new.encoded().as_str()), ("js", ""));
    assert_eq!(
        stale_paths(&[site], Some(&old), &new),
        [
            "/docs/",
            "/docs/b.js",
            "/docs/c.js",
            "/docs/d/",
            "/docs/d/index.html",
            "/docs/gone.css",
            "/docs/index.html",
        ]
    );
    assert_eq!(stale_paths(&[with_query], Some(&old), &new), ["/*"]);
    let as_written = SiteLayout {
        spellings: Spellings::Any,
        ..site
    };
    assert_eq!(stale_paths(&[as_written], Some(&old), &new), ["/docs/*"]);
    for site in [site, as_written] {
        assert!(stale_paths(&[site], Some(&new), &new).is_empty());
    }
    assert_eq!(stale_paths(&[site], None, &new), ["/docs/*"]);
}

#[test]
fn beyond_a_few_paths_an_activation_invalidates_one_wildcard_a_site() {
    let site = SiteLayout {
        path: Some("/docs/"),
        release: Some("docs"),
        ..SiteLayout::default()
    };
    let whole_host = SiteLayout { path: None, ..site };
    let nothing = manifest(Vec::new());
    let of = |count: usize| {
        let files = (0..count).map(|n| file(&format!("{n}.html"), "x"));
        manifest(files.collect())
    };
    let stale = |sites: &[SiteLayout<'_>], count| stale_paths(sites, Some(&nothing), &of(count));
    assert_eq!(stale(&[site], 15).len(), 15);
    assert_eq!(stale(&[site], 16), ["/docs/*"]);
    // Of two sites, each file has two paths.
    assert_eq!(stale(&[site, whole_host], 7).len(), 14);
    assert_eq!(stale(&[site, whole_host], 8), ["/docs/*", "/*"]);
}

#[test]
fn an_invalidation_of_other_paths_has_another_name() {
    let named = |n, paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        caller_reference(&site(), n, &paths)
    };
    assert_eq!(named(7, &["/a", "/b"]), named(7, &["/a", "/b"]));
    let names = [
        named(7, &["/a", "/b"]),
        named(7, &["/a"]),
        named(7, &["/a/b"]),
        named(7, &["/*"]),
        named(8, &["/a", "/b"]),
    ];
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
    assert!(names[0].starts_with("keyfront-docs-7-"), "{names:?}");
}

#[test]
fn what_is_left_of_the_time_after_a_switch_is_never_less_than_nothing() {
    use std::time::Duration;
    let settling = Duration::from_secs(35);
    for (since, left) in [
        (None, Some(35)),
        (Some(0), Some(35)),
        (Some(34), Some(1)),
        (Some(35), None),
        (Some(99), None),
    ] {
        let since = since.map(Duration::from_secs);
        assert_eq!(left_of(settling, since), left.map(Duration::from_secs));
    }
    let delay = PendingInvalidation::delay;
    assert_eq!(delay(Duration::from_millis(35_500)), 36);
    assert_eq!(delay(Duration::ZERO), 0);
    assert_eq!(delay(Duration::from_secs(5000)), 900);
}
