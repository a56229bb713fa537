//! Objects of a release: what is signed, planned and compared.

use std::{collections::HashMap, sync::Arc};

use keyfront_releases::{Sha256Digest, Tree, TreeObject};

use super::{file, id, key, manifest, object, site, with_variants};
use crate::{
    encryption::SseApplied,
    error::Error,
    releases::{
        Comparison, DeclaredObject, HeldObject, PartsUpload, TreeUpload, begun_uploads, compare,
        plan_uploads, put_headers, tree_and_path, uploaded_parts,
    },
};

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
    type Change = fn(&mut HeldObject);
    let table: [(Change, Comparison); 12] = [
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
            |held| {
                held.metadata
                    .insert("keyfront-csp".to_owned(), "x".to_owned());
            },
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
fn only_an_object_that_can_have_the_same_bytes_is_copied() {
    let plain = file("a.html", "hello");
    let object = object(&plain, Tree::Files);
    let can = |change: fn(&mut HeldObject)| {
        let mut held = held(&object);
        change(&mut held);
        held.may_have_the_bytes_of(&object)
    };
    // A copy has headers of its own, and what was sent in parts is hashed when the release is verified.
    assert!(can(|held| held.content_headers[0] = None));
    assert!(can(|held| held.sha256 = None));
    assert!(can(|held| held.sha256 = Some("c3Vt-5".to_owned())));
    assert!(!can(|held| held.size += 1));
    assert!(!can(|held| held.metadata.clear()));
    assert!(!can(
        |held| held.sha256 = Some(Sha256Digest::of(b"other").base64())
    ));
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
        token: None,
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
    assert_eq!(begun_uploads(&plans, &declared), 1);
    let mut going_on = declared.clone();
    going_on[1].token = Some("token".to_owned());
    assert_eq!(begun_uploads(&plans, &going_on), 0);
    for refused in [vec![], vec![other], vec![declared[0].clone(); 501]] {
        let refused = plan_uploads(&manifest, &refused).unwrap_err();
        assert!(matches!(refused, Error::UploadRefused(_)), "{refused}");
    }
}

fn film() -> PartsUpload {
    PartsUpload {
        site: site(),
        release: id("r"),
        tree: Tree::Files,
        path: "film.mp4".to_owned(),
        size: (64 << 20) + 1,
        upload: "u".to_owned(),
        begun: 1_800_000_000,
    }
}

#[test]
fn an_upload_in_parts_is_completed_with_each_of_them_once() {
    let upload = film();
    let named =
        |numbers: &[u32]| -> Vec<_> { numbers.iter().map(|n| (*n, format!("\"{n}\""))).collect() };
    let parts = uploaded_parts(&upload, &named(&[3, 1, 2, 5, 4])).unwrap();
    assert_eq!((parts[0].number, parts[4].size), (1, 1));
    for wrong in [
        &[][..],
        &[1, 2, 3, 4],
        &[1, 2, 3, 4, 4],
        &[1, 2, 3, 4, 5, 6],
        &[0, 1, 2, 3, 4],
    ] {
        let refused = uploaded_parts(&upload, &named(wrong)).unwrap_err();
        assert!(matches!(refused, Error::UploadIncomplete(_)), "{wrong:?}");
    }
}

#[test]
fn an_upload_in_parts_is_over_after_seven_days_and_goes_on_with_its_own_object_alone() {
    let (upload, day) = (film(), 24 * 60 * 60);
    for (now, is_over) in [
        (upload.begun - day, false),
        (upload.begun, false),
        (upload.begun + 7 * day, false),
        (upload.begun + 7 * day + 1, true),
        (upload.begun + 8 * day, true),
    ] {
        assert_eq!(upload.is_over(now), is_over, "{now}");
    }
    let mut own = file("film.mp4", "x");
    own.size = upload.size;
    let mut larger = own.clone();
    larger.size += 1;
    let mut elsewhere = own.clone();
    elsewhere.path = "other.mp4".into();
    for (file, is_own) in [(own, true), (larger, false), (elsewhere, false)] {
        assert_eq!(upload.is_of(&object(&file, Tree::Files)), is_own);
    }
}
