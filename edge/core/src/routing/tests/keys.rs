//! Which key a path is: the site's path and prefix, slashes, what is refused.

use keyfront_names::KeyError;

use super::{key, redirected};
use crate::fixture::site;

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
        crate::routing::route(&docs, "/guide", crate::ViewerAccess::ByOrigin).unwrap_err(),
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
            crate::routing::route(&docs, path, crate::ViewerAccess::ByOrigin).unwrap_err(),
            error,
            "{path}"
        );
    }
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
