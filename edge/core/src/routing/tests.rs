use keyfront_names::KeyError;

use super::{Destination, Routed};
use crate::Site;
use crate::fixture::site;

const READER: &str =
    r#","reader":{"prefix":"/private","host":"r.example","region":"eu-central-1"}"#;
const PUBLISH: &str =
    r#","publish":{"prefix":"/_publish","host":"p.example","region":"eu-central-1"}"#;

fn route(site: &Site, path: &str) -> Result<Destination, KeyError> {
    match super::route(site, path)? {
        Routed::To(destination) => Ok(destination),
        Routed::Redirect(folder) => panic!("{path} is redirected to {folder}"),
    }
}

fn key(more: &str, path: &str) -> Result<String, KeyError> {
    match route(&site(more), path)? {
        Destination::Bucket(key) | Destination::Reader(_, key) => Ok(key.into_string()),
        Destination::Publish(..) => panic!("{path} is published"),
    }
}

#[test]
fn a_path_is_its_key() {
    for path in ["/a", "/a/b.txt", "/a//b", "/a/", "//a", "/%41", "/a+b"] {
        assert_eq!(key("", path).unwrap(), &path[1..]);
    }
}

#[test]
fn the_prefix_stands_before_every_key() {
    assert_eq!(key(r#","prefix":"site/""#, "/a").unwrap(), "site/a");
    assert_eq!(
        key(r#","prefix":"site/","index":"index.html""#, "/").unwrap(),
        "site/index.html"
    );
    assert_eq!(
        key(r#","prefix":"site/","fallback":"app.html""#, "/users/1").unwrap(),
        "site/app.html"
    );
}

#[test]
fn the_sites_path_is_taken_off_before_the_key_is_made() {
    let docs = r#","path":"docs/","prefix":"www/","index":"index.html""#;
    for (path, expected) in [
        ("/docs/a", "www/a"),
        ("/docs/", "www/index.html"),
        ("/docs/guide/", "www/guide/index.html"),
        ("/docs/docs/a", "www/docs/a"),
        ("/docs//a", "www//a"),
    ] {
        assert_eq!(key(docs, path).unwrap(), expected, "{path}");
    }
    let app = r#","path":"app/","fallback":"app.html""#;
    assert_eq!(key(app, "/app/users/1").unwrap(), "app.html");
    assert_eq!(key(app, "/app/app.js").unwrap(), "app.js");
}

#[test]
fn a_path_outside_the_sites_own_names_no_key_of_it() {
    let docs = r#","path":"docs/","fallback":"app.html""#;
    for path in [
        "/", "/docs", "/doc", "/docsx", "/other/a", "//docs/a", "/Docs/a",
    ] {
        assert_eq!(key(docs, path), Err(KeyError::Empty), "{path}");
    }
    assert_eq!(key(docs, "/x/../docs/a"), Err(KeyError::DotSegment));
    assert_eq!(key(docs, "/docs/../a"), Err(KeyError::DotSegment));
    assert_eq!(key(docs, "/docs/.keyfront/a"), Err(KeyError::Reserved));
}

#[test]
fn a_sites_own_folder_without_its_slash_is_redirected_where_folders_are() {
    let docs = site(r#","path":"docs/","index":"index.html","trailing_slash":"redirect""#);
    for (path, folder) in [("/docs", "/docs/"), ("/docs/guide", "/docs/guide/")] {
        match super::route(&docs, path).unwrap() {
            Routed::Redirect(found) => assert_eq!(found, folder),
            Routed::To(other) => panic!("{path}: {other:?}"),
        }
    }
    assert_eq!(super::route(&docs, "/guide").unwrap_err(), KeyError::Empty);
}

#[test]
fn the_root_without_a_document_is_missing_and_never_a_listing() {
    assert_eq!(key("", "/"), Err(KeyError::Empty));
    assert_eq!(key(r#","prefix":"site/""#, "/"), Err(KeyError::Empty));
}

#[test]
fn the_index_document_answers_folders_only() {
    let index = r#","index":"index.html""#;
    for (path, expected) in [
        ("/", "index.html"),
        ("/docs/", "docs/index.html"),
        ("/docs", "docs"),
        ("/v1.2/", "v1.2/index.html"),
    ] {
        assert_eq!(key(index, path).unwrap(), expected);
    }
}

#[test]
fn the_fallback_answers_paths_that_name_no_file() {
    let fallback = r#","fallback":"app/index.html""#;
    for path in [
        "/",
        "/users",
        "/users/",
        "/users/42",
        "/v1.2/about",
        "/release/v1.2",
        "/a.b.c/d",
        "/john.doe.1",
        "/x.",
    ] {
        assert_eq!(key(fallback, path).unwrap(), "app/index.html", "{path}");
    }
}

#[test]
fn the_fallback_leaves_files_alone_dotted_folders_or_not() {
    let fallback = r#","fallback":"app/index.html""#;
    for path in [
        "/app.js",
        "/v1.2/app.js",
        "/a.b/c.tar.gz",
        "/song.mp3",
        "/archive.7z",
        "/.env",
        "/a/.htaccess",
        "/.well-known/apple-app-site-association",
        "/photo.JPEG",
        "/font.woff2",
    ] {
        assert_eq!(key(fallback, path).unwrap(), &path[1..]);
    }
}

#[test]
fn with_both_documents_the_index_has_the_root_and_the_fallback_the_rest() {
    let both = r#","index":"index.html","fallback":"app.html""#;
    assert_eq!(key(both, "/").unwrap(), "index.html");
    assert_eq!(key(both, "/users/").unwrap(), "app.html");
}

#[test]
fn a_broken_path_is_refused_before_the_fallback_hides_it() {
    let fallback = r#","fallback":"app.html""#;
    assert_eq!(key(fallback, "/a/../b"), Err(KeyError::DotSegment));
    assert_eq!(
        key(fallback, "/.keyfront/publishers"),
        Err(KeyError::Reserved)
    );
    assert!(matches!(
        key(fallback, &format!("/{}", "a".repeat(1025))),
        Err(KeyError::TooLong { .. })
    ));
    assert!(matches!(
        key(fallback, "/a\u{7}"),
        Err(KeyError::ControlCharacter { .. })
    ));
}

#[test]
fn prefix_and_key_together_obey_the_length_of_a_key() {
    let prefix = format!(r#","prefix":"{}/""#, "p".repeat(100));
    assert!(key(&prefix, &format!("/{}", "a".repeat(923))).is_ok());
    assert!(matches!(
        key(&prefix, &format!("/{}", "a".repeat(924))),
        Err(KeyError::TooLong { .. })
    ));
}

#[test]
fn reserved_keys_are_not_served() {
    assert_eq!(
        key("", "/.keyfront/publishers.json"),
        Err(KeyError::Reserved)
    );
    assert_eq!(
        key(r#","index":"publishers.json""#, "/.keyfront/"),
        Err(KeyError::Reserved)
    );
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
