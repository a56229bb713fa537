//! The prefixes of the reader and of the publish route.

use keyfront_names::KeyError;

use super::{PUBLISH, key, route};
use crate::{fixture::site, routing::Destination};

const READER: &str =
    r#","reader":{"prefix":"/private","host":"r.example","region":"eu-central-1"}"#;

#[test]
fn slashes_of_the_publish_route_are_part_of_keys_on_every_site() {
    let merging = site(&format!(r#","slashes":"merge"{PUBLISH}"#));
    let Destination::Publish(_, path) = route(&merging, "/_publish/objects//a").unwrap() else {
        panic!("not published");
    };
    assert_eq!(path, "/objects//a");
}

#[test]
fn the_reader_prefix_matches_whole_segments() {
    let site = site(READER);
    for path in ["/private/a", "/private//a", "/private"] {
        assert!(
            matches!(route(&site, path).unwrap(), Destination::Reader(..)),
            "{path}"
        );
    }
    for path in ["/privateer", "/x/private/a", "/Private/a", "//private/a"] {
        assert!(
            matches!(route(&site, path).unwrap(), Destination::Bucket(_)),
            "{path}"
        );
    }
}

#[test]
fn the_reader_is_requested_by_key() {
    assert_eq!(
        key(&format!(r#"{READER},"prefix":"site/""#), "/private/a").unwrap(),
        "site/private/a"
    );
}

#[test]
fn a_reader_at_the_root_reads_everything() {
    let site = site(r#","reader":{"prefix":"/","host":"r.example","region":"eu-central-1"}"#);
    assert!(matches!(
        route(&site, "/a").unwrap(),
        Destination::Reader(..)
    ));
}

#[test]
fn the_publish_prefix_is_stripped() {
    let site = site(PUBLISH);
    for (path, expected) in [
        ("/_publish", "/"),
        ("/_publish/", "/"),
        ("/_publish/objects/a b", "/objects/a b"),
        ("/_publish//x", "//x"),
    ] {
        match route(&site, path).unwrap() {
            Destination::Publish(_, rest) => assert_eq!(rest, expected),
            other => panic!("{path}: {other:?}"),
        }
    }
    assert!(matches!(
        route(&site, "/_publisher").unwrap(),
        Destination::Bucket(_)
    ));
}

#[test]
fn a_key_of_1024_bytes_fits_behind_the_publishers_own_names() {
    let path = format!("/_publish/objects/{}", "k".repeat(1024));
    assert!(matches!(
        route(&site(PUBLISH), &path).unwrap(),
        Destination::Publish(..)
    ));
}

#[test]
fn publish_paths_have_no_dot_segments_and_no_control_characters() {
    let site = site(PUBLISH);
    assert_eq!(
        route(&site, "/_publish/objects/../admin").unwrap_err(),
        KeyError::DotSegment
    );
    assert_eq!(
        route(&site, "/_publish/.").unwrap_err(),
        KeyError::DotSegment
    );
    assert!(matches!(
        route(&site, "/_publish/a\n").unwrap_err(),
        KeyError::ControlCharacter { .. }
    ));
}
