//! What is decided about releases, as tables and laws.

use std::{collections::HashMap, sync::Arc};

use keyfront_names::KeyArn;
use keyfront_releases::{
    Encoded, File, LogEntry, Manifest, Pointer, ReleaseId, Sha256Digest, SiteName, Timestamp, Tree,
    TreeObject, Variant, Variants,
};
use proptest::{prop_assert_eq, proptest};
use sha2::{Digest as _, Sha256};

use super::{
    Comparison, DeclaredObject, HeldObject, MOST_PATHS, PartsUpload, Reading, TreeUpload,
    VerifiedRecord, VerifyPosition,
    activation::{Expected, Step, admit},
    compare, left_of, plan_uploads, put_headers,
    removal::{self, KEEP_ASSETS, Standing},
    stale_paths, tree_and_path, uploaded_parts,
};
use crate::{
    encryption::SseApplied,
    error::{Error, ReleaseConflict},
    invalidation::{Query, SiteLayout},
};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

fn key() -> KeyArn {
    KeyArn::parse(KEY).unwrap()
}

fn site() -> SiteName {
    SiteName::new("docs").unwrap()
}

fn id(text: &str) -> ReleaseId {
    ReleaseId::of_manifest(text.as_bytes())
}

fn file(path: &str, content: &str) -> File {
    File {
        path: path.into(),
        sha256: Sha256Digest::of(content.as_bytes()),
        size: content.len() as u64,
        media_type: Arc::from("text/html"),
        cache: Arc::from("public, max-age=60"),
        csp: None,
        variants: None,
    }
}

fn with_variants(file: File) -> File {
    let variant = |text: &str| Variant {
        sha256: Sha256Digest::of(text.as_bytes()),
        size: text.len() as u64,
    };
    let variants = Variants {
        br: Some(variant("br")),
        gzip: Some(variant("gz")),
    };
    File {
        variants: Some(Box::new(variants)),
        ..file
    }
}

fn manifest(files: Vec<File>) -> Manifest {
    Manifest::new(site(), files, Vec::new()).unwrap()
}

fn object<'f>(file: &'f File, tree: Tree) -> TreeObject<'f> {
    file.object(tree).unwrap()
}

/// As S3 holds the object after its presigned `PUT`.
fn held(object: &TreeObject<'_>) -> HeldObject {
    let headers: HashMap<String, String> = put_headers(object, &key()).into_iter().collect();
    let header = |name: &str| headers.get(name).cloned();
    HeldObject {
        etag: "\"e\"".to_owned(),
        size: header("content-length").unwrap().parse().unwrap(),
        content_headers: [
            header("content-type"),
            header("cache-control"),
            header("content-encoding"),
            None,
            None,
            None,
        ],
        metadata: headers
            .iter()
            .filter_map(|(name, value)| {
                let name = name.strip_prefix("x-amz-meta-")?;
                Some((name.to_owned(), value.clone()))
            })
            .collect(),
        encryption: SseApplied {
            algorithm: header("x-amz-server-side-encryption"),
            key_id: header("x-amz-server-side-encryption-aws-kms-key-id"),
            bucket_key: Some(true),
            ..SseApplied::default()
        },
        sha256: header("x-amz-checksum-sha256"),
    }
}

#[test]
fn what_is_signed_is_what_is_checked() {
    let mut plain = with_variants(file("a.html", "hello"));
    plain.csp = Some(Arc::from("default-src 'self'"));
    for tree in Tree::ALL {
        let object = object(&plain, tree);
        assert_eq!(compare(&object, &held(&object), &key()), Comparison::Same);
    }
    let headers = put_headers(&object(&plain, Tree::Br), &key());
    let named = |name: &str| {
        let found = headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(named("if-none-match"), Some("*"));
    assert_eq!(named("content-encoding"), Some("br"));
    assert_eq!(named("x-amz-meta-keyfront-csp"), Some("default-src 'self'"));
}

#[test]
fn every_difference_of_an_object_is_named() {
    let plain = file("a.html", "hello");
    let object = object(&plain, Tree::Files);
    let differing = |change: fn(&mut HeldObject)| {
        let mut held = held(&object);
        change(&mut held);
        compare(&object, &held, &key())
    };
    use Comparison::Different;
    let table: [(fn(&mut HeldObject), Comparison); 12] = [
        (|held| held.size += 1, Different("size")),
        (
            |held| held.encryption.key_id = Some("other".to_owned()),
            Different("encryption"),
        ),
        (
            |held| held.encryption.bucket_key = None,
            Different("encryption"),
        ),
        (|held| held.content_headers[0] = None, Different("type")),
        (
            |held| held.content_headers[1] = Some("no-store".to_owned()),
            Different("cache control"),
        ),
        (
            |held| held.content_headers[2] = Some("br".to_owned()),
            Different("content encoding"),
        ),
        (
            |held| held.content_headers[3] = Some("attachment".to_owned()),
            Different("content headers"),
        ),
        (
            |held| drop(held.metadata.insert("keyfront-csp".to_owned(), "x".to_owned())),
            Different("csp"),
        ),
        (
            |held| held.metadata.clear(),
            Different("sha256 in its metadata"),
        ),
        (
            |held| held.sha256 = Some(Sha256Digest::of(b"other").base64()),
            Different("sha256"),
        ),
        (|held| held.sha256 = None, Comparison::Unhashed),
        (
            |held| held.sha256 = Some("c3Vt-5".to_owned()),
            Comparison::Unhashed,
        ),
    ];
    for (number, (change, expected)) in table.into_iter().enumerate() {
        assert_eq!(differing(change), expected, "row {number}");
    }
}

#[test]
fn keys_below_a_release_name_a_tree_and_a_path_or_nothing() {
    let below = ".keyfront/sites/docs/releases/x/";
    for (rest, expected) in [
        ("files/a", Some((Tree::Files, "a"))),
        ("br/a/b", Some((Tree::Br, "a/b"))),
        ("gzip/files/a", Some((Tree::Gzip, "files/a"))),
        ("files/", None),
        ("manifest.json", None),
        ("other/a", None),
    ] {
        let key = format!("{below}{rest}");
        assert_eq!(tree_and_path(below, &key), expected, "{rest}");
    }
    assert_eq!(tree_and_path(below, "elsewhere/files/a"), None);
}

#[test]
fn only_what_the_manifest_says_is_planned_and_large_files_go_in_parts() {
    let mut film = file("film.mp4", "x");
    film.size = (64 << 20) + 1;
    let manifest = manifest(vec![file("a.html", "hello"), film]);
    let declare = |object: TreeObject<'_>| DeclaredObject {
        tree: object.tree,
        path: object.path.to_owned(),
        size: object.size,
        sha256: object.sha256,
        media_type: object.media_type.to_owned(),
        cache: object.cache.to_owned(),
        csp: None,
    };
    let declared: Vec<_> = manifest.objects().map(declare).collect();
    let plans = plan_uploads(&manifest, &declared).unwrap();
    assert!(matches!(plans[0], TreeUpload::Put(_)));
    let TreeUpload::Parts(_, plan) = &plans[1] else {
        panic!("{plans:?}");
    };
    assert_eq!((plan.part_size(), plan.count()), (16 << 20, 5));
    let mut other = declared[0].clone();
    other.size += 1;
    for refused in [vec![], vec![other], vec![declared[0].clone(); 501]] {
        let refused = plan_uploads(&manifest, &refused).unwrap_err();
        assert!(matches!(refused, Error::UploadRefused(_)), "{refused}");
    }

    let upload = PartsUpload {
        site: site(),
        release: id("r"),
        tree: Tree::Files,
        path: "film.mp4".to_owned(),
        size: (64 << 20) + 1,
        upload: "u".to_owned(),
    };
    let named = |numbers: &[u32]| -> Vec<_> {
        numbers.iter().map(|n| (*n, format!("\"{n}\""))).collect()
    };
    let parts = uploaded_parts(&upload, &named(&[3, 1, 2, 5, 4])).unwrap();
    assert_eq!((parts[0].number, parts[4].size), (1, 1));
    for wrong in [&[][..], &[1, 2, 3, 4], &[1, 2, 3, 4, 4], &[1, 2, 3, 4, 5, 6], &[0, 1, 2, 3, 4]] {
        let refused = uploaded_parts(&upload, &named(wrong)).unwrap_err();
        assert!(matches!(refused, Error::UploadIncomplete(_)), "{wrong:?}");
    }
}

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
    let outcome = |pointer: Option<&Pointer>, release, expected: Expected| {
        match admit(pointer, release, &expected, &site()) {
            Ok(Step::Swap) => "swap",
            Ok(Step::Done(_)) => "done",
            Err(ReleaseConflict::Overtaken { .. }) => "overtaken",
            Err(ReleaseConflict::NothingActive(_)) => "nothing",
            Err(_) => "else",
        }
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
        (Some(&pointer), active, Expected::Release(other), "overtaken"),
        (Some(&pointer), active, Expected::Nothing, "overtaken"),
        (Some(&first), active, Expected::Nothing, "done"),
    ] {
        assert_eq!(outcome(known, release, expected.clone()), result, "{expected:?}");
    }
    let told = admit(Some(&pointer), other, &Expected::Nothing, &site()).unwrap_err();
    let told = told.to_string();
    for part in [active.to_string(), "\"web\"".to_owned(), "2027-01-15T08:00:00Z".to_owned()] {
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
            "/docs/", "/docs/b.js", "/docs/c.js", "/docs/d/", "/docs/d/index.html", "/docs/gone.css",
            "/docs/index.html",
        ]
    );
    assert_eq!(stale_paths(&[with_query], Some(&old), &new), ["/*"]);
    assert!(stale_paths(&[site], Some(&new), &new).is_empty());
    assert_eq!(stale_paths(&[site], None, &new), ["/docs/*"]);
    let many = (0..=MOST_PATHS).map(|n| file(&format!("{n}.html"), "x")).collect();
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
    let delay = super::PendingInvalidation::delay;
    assert_eq!(delay(Duration::from_millis(35_500)), 36);
    assert_eq!(delay(Duration::ZERO), 0);
    assert_eq!(delay(Duration::from_secs(5000)), 900);
}
