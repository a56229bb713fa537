//! Activations, removals, records and what the CDN has to forget.

use keyfront_releases::{Encoded, LogEntry, Pointer, ReleaseId, Sha256Digest, SiteName, Timestamp};
use proptest::{prop_assert_eq, proptest};
use sha2::{Digest as _, Sha256};

use super::{file, id, manifest, site, with_variants};
use crate::{
    error::ReleaseConflict,
    invalidation::{Query, SiteLayout},
    releases::{
        MOST_PATHS, PendingInvalidation, Reading, VerifiedRecord, VerifyPosition,
        activation::{Expected, Step, admit},
        left_of,
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
    let (old, active, kept) = (id("old"), id("active"), id("kept"));
    let pointer = Pointer::new(entry(7, active, Some(old)));
    let after = |seconds| Timestamp::from_epoch_seconds(1_800_000_000 + seconds).unwrap();
    let outcome = |release, is_everywhere, seconds| {
        let standing = Standing {
            pointer: &pointer,
            is_everywhere,
            kept_from: &[kept],
        };
        match removal::admit(standing, release, after(seconds)) {
            Ok(()) => "removed",
            Err(ReleaseConflict::IsActive(_)) => "active",
            Err(ReleaseConflict::NotEverywhere { .. }) => "not everywhere",
            Err(ReleaseConflict::Kept { .. }) => "kept",
            Err(_) => "else",
        }
    };
    for (release, is_everywhere, seconds, result) in [
        (active, true, KEEP_ASSETS, "active"),
        (old, false, KEEP_ASSETS, "not everywhere"),
        (old, true, 0, "removed"),
        (kept, true, KEEP_ASSETS - 1, "kept"),
        (kept, true, KEEP_ASSETS, "removed"),
        (id("never"), false, 0, "removed"),
    ] {
        assert_eq!(outcome(release, is_everywhere, seconds), result);
    }
}

#[test]
fn records_and_positions_are_of_their_release_and_site_alone() {
    let (own, other) = (id("own"), id("other"));
    let elsewhere = SiteName::new("blog").unwrap();
    let record = VerifiedRecord::new(&site(), own, 3, "2026-12-01T00:00:00Z".to_owned());
    let plain = serde_json::to_vec(&record).unwrap();
    assert_eq!(VerifiedRecord::read(&plain, &site(), own), Some(record));
    assert_eq!(VerifiedRecord::read(&plain, &site(), other), None);
    assert_eq!(VerifiedRecord::read(&plain, &elsewhere, own), None);
    let position = VerifyPosition::new(&site(), own, 3);
    let plain = serde_json::to_string(&position).unwrap();
    assert_eq!(VerifyPosition::read(&plain, &site(), own), Some(position));
    assert_eq!(VerifyPosition::read(&plain, &site(), other), None);
    assert_eq!(VerifyPosition::read(&plain, &elsewhere, own), None);
    assert_eq!(VerifyPosition::read("3", &site(), own), None);
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
    assert!(stale_paths(&[site], Some(&new), &new).is_empty());
    assert_eq!(stale_paths(&[site], None, &new), ["/docs/*"]);
    let many = (0..=MOST_PATHS)
        .map(|n| file(&format!("{n}.html"), "x"))
        .collect();
    assert_eq!(
        stale_paths(&[site, with_query], Some(&old), &manifest(many)),
        ["/docs/*", "/*"]
    );
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
