use keyfront_releases::{
    File, HeaderTextError, Kept, MAX_FILES, MAX_PATH_BYTES, Manifest, ManifestError, PathError,
    ReleaseId, Sha256Digest, Tree, Variant, Variants,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::generated::{file, id, manifests, site};

proptest! {
    #[test]
    fn a_manifest_is_read_as_it_was_written(manifest in manifests()) {
        let bytes = manifest.to_bytes().unwrap();
        let read = Manifest::parse(&bytes).unwrap();
        prop_assert_eq!(&read, &manifest);
        prop_assert_eq!(read.id().unwrap(), ReleaseId::of_manifest(&bytes));
    }

    #[test]
    fn another_writer_of_canonical_json_writes_the_same_bytes(manifest in manifests()) {
        let bytes = manifest.to_bytes().unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), bytes);
    }

    /// Whatever byte is flipped, it is another manifest or none: nothing else has the same meaning.
    #[test]
    fn no_flipped_byte_leaves_the_same_release(
        manifest in manifests(), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let mut bytes = manifest.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = Manifest::parse(&bytes) {
            prop_assert_ne!(&other, &manifest);
            prop_assert_eq!(other.to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn the_order_in_which_files_come_means_nothing(manifest in manifests()) {
        let mut files = manifest.files().to_vec();
        files.reverse();
        let again = Manifest::new(site(), files, manifest.keep().to_vec()).unwrap();
        prop_assert_eq!(again, manifest);
    }

    #[test]
    fn an_extension_is_encoded_exactly_when_all_its_files_have_both_variants(manifest in manifests()) {
        for file in manifest.tree_files() {
            let Some(extension) = keyfront_releases::extension(&file.path) else { continue };
            let all = manifest
                .tree_files()
                .filter(|other| keyfront_releases::extension(&other.path) == Some(extension))
                .all(|other| other.objects().count() == 3);
            prop_assert_eq!(manifest.encoded().covers(&file.path), all);
        }
    }

    #[test]
    fn every_object_is_found_at_its_place(manifest in manifests()) {
        for object in manifest.objects() {
            prop_assert_eq!(manifest.object(object.tree, object.path), Some(object));
        }
        prop_assert_eq!(manifest.object(Tree::Files, "nowhere/at all"), None);
    }
}

const ONE: &str = concat!(
    r#"{"encoded":"","files":[{"cache":"public, max-age=60","path":"a.html","sha256":""#,
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    r#"","size":0,"type":"text/html"}],"site":"docs","v":1}"#
);

#[test]
fn the_bytes_of_a_manifest_are_these() {
    let mut only = file("a.html", "");
    only.media_type = "text/html".into();
    let manifest = Manifest::new(site(), vec![only], Vec::new()).unwrap();
    assert_eq!(
        String::from_utf8(manifest.to_bytes().unwrap()).unwrap(),
        ONE
    );
    // `printf %s ... | sha256sum`
    assert_eq!(
        manifest.id().unwrap().digest(),
        &Sha256Digest::of(ONE.as_bytes())
    );
}

#[test]
fn another_spelling_is_refused() {
    assert!(Manifest::parse(ONE.as_bytes()).is_ok());
    let same = [
        ONE.replace("\"v\":1", "\"v\": 1"),
        ONE.replace("\"v\":1", "\"v\":1.0"),
        ONE.replace("a.html", "\\u0061.html"),
        ONE.replace("\"size\":0", "\"size\":-0"),
        ONE.replace("\"size\":0", "\"csp\":null,\"size\":0"),
        ONE.replace("],\"site\"", "],\"keep\":[],\"site\""),
        ONE.replace("\"v\":1", "\"v\":1,\"v\":1"),
        ONE.replace("e3b0", "E3B0"),
        format!("{ONE}\n"),
        format!(" {ONE}"),
        format!("\u{feff}{ONE}"),
    ];
    for spelling in same {
        assert!(Manifest::parse(spelling.as_bytes()).is_err(), "{spelling}");
    }
}

#[test]
fn what_a_manifest_does_not_know_is_refused() {
    let unknown = ONE.replace("\"v\":1", "\"v\":1,\"x\":1");
    assert!(matches!(
        Manifest::parse(unknown.as_bytes()),
        Err(ManifestError::Schema(_))
    ));
    let newer = ONE.replace("\"v\":1", "\"v\":2");
    assert!(matches!(
        Manifest::parse(newer.as_bytes()),
        Err(ManifestError::Version(2))
    ));
    let site = ONE.replace("docs", "../docs");
    assert!(Manifest::parse(site.as_bytes()).is_err());
    assert!(Manifest::parse(b"").is_err());
    assert!(Manifest::parse(&[0xff; 100]).is_err());
}

fn refused(file: File) -> ManifestError {
    Manifest::new(site(), vec![file], Vec::new()).unwrap_err()
}

#[test]
fn paths_that_no_folder_has_are_refused() {
    let long = "x".repeat(MAX_PATH_BYTES + 1);
    let paths = [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "a/../b",
        "a\nb",
        "\u{85}",
        ".keyfront/x",
        ".well-known/keyfront/release.json",
        &long,
    ];
    for path in paths {
        assert!(
            matches!(refused(file(path, "x")), ManifestError::Path { .. }),
            "{path:?}"
        );
    }
    let fits = file(&"x".repeat(MAX_PATH_BYTES), "x");
    assert!(Manifest::new(site(), vec![fits], Vec::new()).is_ok());
    let reserved = refused(file(".well-known/keyfront/x", "x"));
    assert!(matches!(
        reserved,
        ManifestError::Path {
            source: PathError::Reserved,
            ..
        }
    ));
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    let with = |change: fn(&mut File)| {
        let mut file = file("a.html", "x");
        change(&mut file);
        refused(file)
    };
    let wrong = [
        with(|file| file.cache = "".into()),
        with(|file| file.cache = "a\r\nset-cookie: b".into()),
        with(|file| file.cache = "public,  max-age=1".into()),
        with(|file| file.cache = " public".into()),
        with(|file| file.cache = "x".repeat(257).into()),
        with(|file| file.media_type = "html".into()),
        with(|file| file.media_type = "text/".into()),
        with(|file| file.media_type = "text/h\u{e4}".into()),
        with(|file| file.csp = Some("".into())),
        with(|file| file.csp = Some("x".repeat(1901).into())),
    ];
    for error in wrong {
        assert!(matches!(error, ManifestError::Header { .. }), "{error}");
    }
    let media_type = with(|file| file.media_type = "html".into());
    assert!(matches!(
        media_type,
        ManifestError::Header {
            member: "type",
            source: HeaderTextError::MediaType,
            ..
        }
    ));
}

#[test]
fn one_path_is_one_file() {
    let twice = vec![file("a", "1"), file("a", "2")];
    assert!(matches!(
        Manifest::new(site(), twice, Vec::new()),
        Err(ManifestError::Twice { path }) if path == "a"
    ));
    let kept = Kept {
        from: id("earlier"),
        file: file("a", "1"),
    };
    assert!(matches!(
        Manifest::new(site(), vec![file("a", "1")], vec![kept]),
        Err(ManifestError::Twice { path }) if path == "a"
    ));
}

#[test]
fn what_is_not_sorted_or_said_of_the_wrong_list_is_refused() {
    let files = vec![file("a", "1"), file("b", "2")];
    let manifest = Manifest::new(site(), files, Vec::new()).unwrap();
    let bytes = manifest.to_bytes().unwrap();
    let mut value: Value = serde_json::from_slice(&bytes).unwrap();
    value["files"].as_array_mut().unwrap().reverse();
    let reversed = serde_json_canonicalizer::to_vec(&value).unwrap();
    assert!(matches!(
        Manifest::parse(&reversed),
        Err(ManifestError::Order { path }) if path == "a"
    ));
    value["files"].as_array_mut().unwrap().reverse();
    value["files"][0]["from"] = id("earlier").to_string().into();
    let with_source = serde_json_canonicalizer::to_vec(&value).unwrap();
    assert!(matches!(
        Manifest::parse(&with_source),
        Err(ManifestError::Schema(_))
    ));
}

#[test]
fn encoded_is_what_the_files_say() {
    let variant = Variant {
        sha256: Sha256Digest::of(b"x"),
        size: 1,
    };
    let compressed = |path: &str, br, gzip| File {
        variants: Some(Box::new(Variants { br, gzip })),
        ..file(path, "x")
    };
    let files = vec![
        compressed("a.css", Some(variant), Some(variant)),
        compressed("b.js", Some(variant), None),
        compressed("c.html", Some(variant), Some(variant)),
        file("d.html", "x"),
        compressed("E.CSS", Some(variant), Some(variant)),
    ];
    let manifest = Manifest::new(site(), files, Vec::new()).unwrap();
    assert_eq!(manifest.encoded().as_str(), "css");
    assert!(manifest.encoded().covers("x/y.css"));
    assert!(!manifest.encoded().covers("x/y.CSS"));
    let bytes = String::from_utf8(manifest.to_bytes().unwrap()).unwrap();
    let claims = bytes.replace("\"encoded\":\"css\"", "\"encoded\":\"css html\"");
    assert!(matches!(
        Manifest::parse(claims.as_bytes()),
        Err(ManifestError::EncodedDiffers { .. })
    ));
    assert!(matches!(
        refused(compressed("f", None, None)),
        ManifestError::NoVariant { .. }
    ));
}

#[test]
fn the_largest_manifest_is_read_and_one_more_file_is_refused() {
    let files = |count: usize| -> Vec<File> {
        (0..count)
            .map(|number| file(&format!("a/{number:06}.html"), ""))
            .collect()
    };
    let full = Manifest::new(site(), files(MAX_FILES), Vec::new()).unwrap();
    let bytes = full.to_bytes().unwrap();
    assert_eq!(Manifest::parse(&bytes).unwrap(), full);
    assert!(matches!(
        Manifest::new(site(), files(MAX_FILES + 1), Vec::new()),
        Err(ManifestError::TooMany { files: 200_001 })
    ));
}
