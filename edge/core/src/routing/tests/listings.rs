//! Listings of folders.

use keyfront_names::KeyError;

use super::{PUBLISH, key, redirected, route};
use crate::{
    Site,
    fixture::site,
    routing::{Destination, Routed},
};

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
        let refused =
            crate::routing::route(&whole, path, crate::ViewerAccess::ByOrigin).unwrap_err();
        // A folder's keys begin with its name and a slash: without the slash it is as reserved.
        assert_eq!(refused, error, "{path} without its slash");
    }
    // Nothing is listed where the site does not say so.
    assert_eq!(key(PUBLISH, "/_list/a/").unwrap(), "_list/a/");
}

/// Where the viewer of a missing object is sent.
fn when_missing(site: &Site, path: &str) -> Option<String> {
    match crate::routing::route(site, path, crate::ViewerAccess::ByOrigin).unwrap() {
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
