//! What only admitted viewers read is reached on no other way.

use keyfront_names::KeyError;

use super::super::{Destination, Routed, route};
use super::PUBLISH;
use crate::fixture::site;
use crate::{Site, ViewerAccess};

const READER: &str =
    r#","reader":{"prefix":"/private","host":"r.example","region":"eu-central-1"}"#;

/// A site with two protected folders; `serves` as in its document.
fn protected(serves: &str, more: &str) -> Site {
    site(&format!(
        r#","viewers":{{"prefixes":["members/","staff/"]{serves}}},"index":"index.html"{more}"#
    ))
}

/// The key that is served, or nothing, if the viewer is not admitted.
fn served(site: &Site, path: &str, access: ViewerAccess) -> Option<String> {
    match route(site, path, access).unwrap() {
        Routed::To {
            destination: Destination::Bucket(key) | Destination::Reader(_, key),
            ..
        } => Some(key.into_string()),
        Routed::To {
            destination: Destination::Listing(_, folder),
            ..
        } => Some(folder.prefix),
        Routed::Protected => None,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn a_protected_key_is_served_through_the_origin_of_its_prefix_only() {
    for (serves, path, key) in [
        ("", "/a.txt", Some("a.txt")),
        ("", "/members", Some("members")),
        ("", "/membersx/a", Some("membersx/a")),
        ("", "/members/a.txt", None),
        ("", "/members/", None),
        ("", "//members/a.txt", Some("/members/a.txt")),
        (
            r#","serves":"members/""#,
            "/members/a.txt",
            Some("members/a.txt"),
        ),
        (
            r#","serves":"members/""#,
            "/members/",
            Some("members/index.html"),
        ),
        (r#","serves":"members/""#, "/staff/a.txt", None),
        (r#","serves":"members/""#, "/a.txt", Some("a.txt")),
        (r#","serves":"*""#, "/staff/a.txt", Some("staff/a.txt")),
    ] {
        let site = protected(serves, "");
        assert_eq!(
            served(&site, path, ViewerAccess::ByOrigin).as_deref(),
            key,
            "{serves} {path}"
        );
    }
}

#[test]
fn a_host_that_verifies_viewers_admits_by_what_it_found() {
    let site = protected("", "");
    for (access, key) in [
        (ViewerAccess::Verified, Some("members/a.txt")),
        (ViewerAccess::LoginRequired, None),
        (ViewerAccess::Denied, None),
    ] {
        assert_eq!(
            served(&site, "/members/a.txt", access).as_deref(),
            key,
            "{access:?}"
        );
        assert_eq!(
            served(&site, "/a.txt", access).as_deref(),
            Some("a.txt"),
            "{access:?}"
        );
    }
}

#[test]
fn a_verified_viewer_of_one_folder_gets_no_document_of_another() {
    let site = protected("", r#","fallback":"staff/app.html""#);
    for (path, key) in [
        ("/members/users", None),
        ("/users", None),
        ("/_share/users", None),
        ("/staff/users", Some("staff/app.html")),
        ("/members/a.txt", Some("members/a.txt")),
    ] {
        let served = served(&site, path, ViewerAccess::Verified);
        assert_eq!(served.as_deref(), key, "{path}");
    }
}

#[test]
fn whoever_a_host_refused_is_not_admitted_by_the_origin() {
    let site = protected(r#","serves":"*""#, "");
    for access in [ViewerAccess::LoginRequired, ViewerAccess::Denied] {
        for path in ["/members/a.txt", "/_share/a.txt"] {
            assert_eq!(served(&site, path, access), None, "{access:?} {path}");
        }
        assert_eq!(served(&site, "/a.txt", access).as_deref(), Some("a.txt"));
    }
}

#[test]
fn prefixes_fallbacks_merged_slashes_and_site_paths_lead_to_no_protected_key() {
    for (more, path) in [
        (r#","prefix":"members/""#, "/a.txt"),
        (r#","prefix":"members/""#, "/"),
        (r#","path":"docs/""#, "/docs/members/a.txt"),
        (r#","fallback":"members/app.html""#, "/users/1"),
        (READER, "/members/a.txt"),
    ] {
        let site = protected("", more);
        assert_eq!(
            served(&site, path, ViewerAccess::ByOrigin),
            None,
            "{more} {path}"
        );
    }
    // Protected are keys, not paths: those of a folder of the bucket.
    let folder = protected("", r#","prefix":"www/""#);
    let key = served(&folder, "/members/a.txt", ViewerAccess::ByOrigin);
    assert_eq!(key.as_deref(), Some("www/members/a.txt"));
    let site = protected(
        "",
        r#","reader":{"prefix":"/members","host":"r.example","region":"eu-central-1"}"#,
    );
    assert_eq!(
        served(&site, "/members/a.txt", ViewerAccess::ByOrigin),
        None
    );
    let merging = protected("", r#","slashes":"merge""#);
    match route(&merging, "//members/a.txt", ViewerAccess::ByOrigin).unwrap() {
        Routed::Redirect(path) => assert_eq!(path, "/members/a.txt"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_protected_folder_is_not_listed_and_the_one_above_it_is() {
    let site = protected("", &format!(r#"{PUBLISH},"listing":"/_list""#));
    for (path, folder) in [
        ("/_list/members/", None),
        ("/_list/members/deep/", None),
        ("/_list/", Some("")),
        ("/_list/public/", Some("public/")),
    ] {
        assert_eq!(
            served(&site, path, ViewerAccess::ByOrigin).as_deref(),
            folder,
            "{path}"
        );
    }
}

#[test]
fn publishers_write_below_a_protected_prefix_by_their_own_rules() {
    let site = protected("", PUBLISH);
    let routed = route(
        &site,
        "/_publish/objects/members/a.txt",
        ViewerAccess::ByOrigin,
    )
    .unwrap();
    assert!(
        matches!(
            routed,
            Routed::To {
                destination: Destination::Publish(..),
                ..
            }
        ),
        "{routed:?}"
    );
}

#[test]
fn a_shared_path_is_the_object_behind_it_for_those_admitted_to_all() {
    for (serves, access, path, key) in [
        (
            r#","serves":"*""#,
            ViewerAccess::ByOrigin,
            "/_share/members/a.txt",
            Some("members/a.txt"),
        ),
        (
            r#","serves":"*""#,
            ViewerAccess::ByOrigin,
            "/_share/a.txt",
            Some("a.txt"),
        ),
        (
            "",
            ViewerAccess::Verified,
            "/_share/members/a.txt",
            Some("members/a.txt"),
        ),
        ("", ViewerAccess::ByOrigin, "/_share/a.txt", None),
        ("", ViewerAccess::ByOrigin, "/_share/members/a.txt", None),
        (
            r#","serves":"members/""#,
            ViewerAccess::ByOrigin,
            "/_share/members/a.txt",
            None,
        ),
        ("", ViewerAccess::LoginRequired, "/_share/a.txt", None),
        (
            "",
            ViewerAccess::ByOrigin,
            "/_shared/a.txt",
            Some("_shared/a.txt"),
        ),
        ("", ViewerAccess::ByOrigin, "/_share", Some("_share")),
    ] {
        let site = protected(serves, "");
        assert_eq!(
            served(&site, path, access).as_deref(),
            key,
            "{serves} {access:?} {path}"
        );
    }
    // Without protection it is a name like any other.
    let open = site("");
    assert_eq!(
        served(&open, "/_share/a.txt", ViewerAccess::ByOrigin).as_deref(),
        Some("_share/a.txt")
    );
}

#[test]
fn a_sealed_object_is_shared_through_the_reader_and_nothing_else_is_shared() {
    let site = protected(
        r#","serves":"*""#,
        &format!(r#"{READER}{PUBLISH},"listing":"/_list""#),
    );
    let routed = route(&site, "/_share/private/members/a", ViewerAccess::ByOrigin).unwrap();
    assert!(
        matches!(
            routed,
            Routed::To {
                destination: Destination::Reader(..),
                folder: None
            }
        ),
        "{routed:?}"
    );
    for path in [
        "/_share/_publish/objects/a",
        "/_share/_list/members/",
        "/_share/_list/members",
        "/_share//_publish",
    ] {
        let shared = route(&site, path, ViewerAccess::ByOrigin);
        if path.starts_with("/_share//") {
            // A key that begins with a slash.
            assert!(
                matches!(
                    shared,
                    Ok(Routed::To {
                        destination: Destination::Bucket(_),
                        ..
                    })
                ),
                "{path}"
            );
        } else {
            assert!(matches!(shared, Err(KeyError::Empty)), "{path}: {shared:?}");
        }
    }
}
