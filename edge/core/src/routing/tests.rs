use keyfront_names::KeyError;

use super::{Destination, Routed};
use crate::Site;
use crate::ViewerAccess;
use crate::fixture::site;

const READER: &str =
    r#","reader":{"prefix":"/private","host":"r.example","region":"eu-central-1"}"#;
const PUBLISH: &str =
    r#","publish":{"prefix":"/_publish","host":"p.example","region":"eu-central-1"}"#;

fn route(site: &Site, path: &str) -> Result<Destination, KeyError> {
    match super::route(site, path, ViewerAccess::ByOrigin)? {
        Routed::To { destination, .. } => Ok(destination),
        other => panic!("{path}: {other:?}"),
    }
}

fn key(more: &str, path: &str) -> Result<String, KeyError> {
    match route(&site(more), path)? {
        Destination::Bucket(key) | Destination::Reader(_, key) => Ok(key.into_string()),
        other => panic!("{path}: {other:?}"),
    }
}

fn redirected(site: &Site, path: &str) -> Option<String> {
    match super::route(site, path, ViewerAccess::ByOrigin).unwrap() {
        Routed::Redirect(to) => Some(to),
        Routed::To { .. } | Routed::Protected => None,
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
    assert_eq!(redirected(&docs, "/docs").as_deref(), Some("/docs/"));
    assert_eq!(redirected(&docs, "/docs/guide"), None);
    assert_eq!(
        super::route(&docs, "/guide", ViewerAccess::ByOrigin).unwrap_err(),
        KeyError::Empty
    );
}

#[test]
fn merged_slashes_are_one_slash_of_the_path_that_reads_are_sent_to() {
    let merging = |more: &str| site(&format!(r#","slashes":"merge","index":"index.html"{more}"#));
    let plain = merging("");
    for (path, merged) in [
        ("//a", "/a"),
        ("/a//b///c", "/a/b/c"),
        ("/a//", "/a/"),
        ("//", "/"),
        ("//evil.example/x", "/evil.example/x"),
    ] {
        assert_eq!(redirected(&plain, path).as_deref(), Some(merged), "{path}");
        assert_eq!(redirected(&plain, merged), None, "{merged}");
    }
    let docs = merging(r#","path":"docs/","trailing_slash":"redirect""#);
    assert_eq!(redirected(&docs, "//docs").as_deref(), Some("/docs/"));
    assert_eq!(redirected(&docs, "/docs//a").as_deref(), Some("/docs/a"));
    for (path, error) in [
        ("//docs/../a", KeyError::DotSegment),
        ("/docs//.keyfront/a", KeyError::Reserved),
        ("//other/a", KeyError::Empty),
    ] {
        assert_eq!(
            super::route(&docs, path, ViewerAccess::ByOrigin).unwrap_err(),
            error,
            "{path}"
        );
    }
}

const LISTING: &str = r#","listing":"/_list""#;

/// The prefix of the keys that are listed, and the folder's path below the site's own.
fn listed(site: &Site, path: &str) -> Result<(String, String), KeyError> {
    match route(site, path)? {
        Destination::Listing(origin, folder) => {
            assert_eq!((&*origin.prefix, &*origin.host), ("/_list", "p.example"));
            Ok((folder.prefix, folder.relative))
        }
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn a_listing_is_of_the_folder_behind_its_prefix() {
    let whole = site(&format!("{PUBLISH}{LISTING}"));
    let below = site(&format!(
        r#"{PUBLISH}{LISTING},"path":"docs/","prefix":"www/""#
    ));
    for (site, path, prefix, relative) in [
        (&whole, "/_list/", "", ""),
        (&whole, "/_list/a b/c/", "a b/c/", "a b/c/"),
        (&below, "/_list/docs/", "www/", ""),
        (&below, "/_list/docs/a/", "www/a/", "a/"),
    ] {
        let expected = (prefix.to_owned(), relative.to_owned());
        assert_eq!(listed(site, path).unwrap(), expected, "{path}");
    }
    for (site, path, folder) in [
        (&whole, "/_list", "/_list/"),
        (&whole, "/_list/a", "/_list/a/"),
        // The root of a site without documents.
        (&whole, "/", "/_list/"),
        (&below, "/docs/", "/_list/docs/"),
    ] {
        assert_eq!(redirected(site, path).as_deref(), Some(folder), "{path}");
    }
}

#[test]
fn merged_slashes_lead_to_a_listing_by_its_one_path() {
    let merging = site(&format!(r#"{PUBLISH}{LISTING},"slashes":"merge""#));
    for path in ["//_list/docs/", "/_list//docs/", "/_list//docs"] {
        let found = redirected(&merging, path);
        assert_eq!(found.as_deref(), Some("/_list/docs/"), "{path}");
    }
}

#[test]
fn no_listing_shows_what_is_reserved_or_of_another_site() {
    let below = site(&format!(
        r#"{PUBLISH}{LISTING},"path":"docs/","prefix":"www/""#
    ));
    for (path, error) in [
        ("/_list/", KeyError::Empty),
        ("/_list/other/", KeyError::Empty),
        ("/_list/docs/../", KeyError::DotSegment),
    ] {
        assert_eq!(listed(&below, path).unwrap_err(), error, "{path}");
    }
    let whole = site(&format!("{PUBLISH}{LISTING}"));
    for path in [
        "/_list/.keyfront/",
        "/_list//.keyfront/",
        "/_list/.keyfront/sites/",
    ] {
        assert_eq!(
            listed(&whole, path).unwrap_err(),
            KeyError::Reserved,
            "{path}"
        );
    }
    for (path, error) in [
        ("/_list/.keyfront", KeyError::Reserved),
        ("/_list/a/..", KeyError::DotSegment),
    ] {
        let refused = super::route(&whole, path, ViewerAccess::ByOrigin).unwrap_err();
        // A folder's keys begin with its name and a slash: without the slash it is as reserved.
        assert_eq!(refused, error, "{path} without its slash");
    }
    // Nothing is listed where the site does not say so.
    assert_eq!(key(PUBLISH, "/_list/a/").unwrap(), "_list/a/");
}

/// Where the viewer of a missing object is sent.
fn when_missing(site: &Site, path: &str) -> Option<String> {
    match super::route(site, path, ViewerAccess::ByOrigin).unwrap() {
        Routed::To {
            destination: Destination::Bucket(key),
            folder,
        } => folder?.path(&format!("/bucket/{}", key.wire())),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn a_folder_without_its_index_leads_to_its_listing() {
    let indexed =
        format!(r#"{PUBLISH}{LISTING},"index":"index.html","path":"docs/","prefix":"www/""#);
    let (indexed, plain) = (site(&indexed), site(&format!("{PUBLISH}{LISTING}")));
    let redirecting = site(&format!(
        r#"{PUBLISH}{LISTING},"trailing_slash":"redirect""#
    ));
    let applied = site(&format!(r#"{PUBLISH}{LISTING},"fallback":"app.html""#));
    for (site, path, expected) in [
        (&indexed, "/docs/", Some("/_list/docs/")),
        (&indexed, "/docs/a%20b/", Some("/_list/docs/a%2520b/")),
        (&indexed, "/docs/a", None),
        (&plain, "/a/", Some("/_list/a/")),
        (&plain, "/a", None),
        (&applied, "/a/", None),
        (&redirecting, "/a", Some("/a/")),
        (&redirecting, "/a/", Some("/_list/a/")),
    ] {
        assert_eq!(when_missing(site, path).as_deref(), expected, "{path}");
    }
}

#[test]
fn slashes_of_the_publish_route_are_part_of_keys_on_every_site() {
    let merging = site(&format!(r#","slashes":"merge"{PUBLISH}"#));
    let Destination::Publish(_, path) = route(&merging, "/_publish/objects//a").unwrap() else {
        panic!("not published");
    };
    assert_eq!(path, "/objects//a");
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

mod protected;
