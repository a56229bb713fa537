//! Where in the bucket a path of a site with releases lies: in a tree of the active release, or among its documents.
//!
//! The beginning of every key is written here, from the site's name, which was checked, and 64 hexadecimal digits.

use alloc::string::String;

use keyfront_contract::{content_encoding::accepts, route::RELEASE_DOCUMENTS};
use keyfront_names::RESERVED_PREFIX;

use super::facts::Part;
use super::pointer::Pointer;
use crate::text::joined;

/// What the keys of a site's releases and of its pointer begin with.
pub(crate) fn beginning(site: &str) -> String {
    joined(&[RESERVED_PREFIX, "sites/", site, "/"])
}

/// The key of a site's pointer.
pub(crate) fn pointer_key(site: &str) -> String {
    joined(&[&beginning(site), "current.json"])
}

/// Whether a path of the site is its pointer's: it is read without asking which release is active.
pub(crate) fn is_pointer(relative: &str) -> bool {
    relative.strip_prefix(RELEASE_DOCUMENTS) == Some("release.json")
}

/// The key that a path of the site has in the active release, and what part of the release that is.
pub(crate) fn key(
    site: &str,
    pointer: &Pointer,
    relative: &str,
    accept_encoding: &str,
) -> (String, Part) {
    let (tree, name, part) = match relative.strip_prefix(RELEASE_DOCUMENTS) {
        Some(name @ ("manifest.json" | "signature.json")) => ("", name, Part::Document),
        _ if is_encoded(&pointer.encoded, relative) => {
            (coding(accept_encoding), relative, Part::Variant)
        }
        _ => (FILES, relative, Part::File),
    };
    let key = joined(&[
        &beginning(site),
        "releases/",
        &pointer.release,
        "/",
        tree,
        name,
    ]);
    (key, part)
}

const FILES: &str = "files/";

/// Whether the last segment has one of these extensions behind a name.
fn is_encoded(extensions: &str, relative: &str) -> bool {
    let (mut name, mut dot) = (0, 0);
    for (at, byte) in relative.bytes().enumerate() {
        match byte {
            b'/' => (name, dot) = (at + 1, at + 1),
            b'.' => dot = at,
            _ => {}
        }
    }
    let stem = relative.get(name..dot).unwrap_or_default();
    let extension = relative.get(dot + 1..).unwrap_or_default();
    stem.bytes().any(|byte| byte != b'.')
        && !extension.is_empty()
        && extensions.split(' ').any(|one| one == extension)
}

/// The tree of the best coding that a viewer reads (RFC 9110, section 12.5.3).
fn coding(accept_encoding: &str) -> &'static str {
    if accepts(accept_encoding, "br") {
        "br/"
    } else if accepts(accept_encoding, "gzip") {
        "gzip/"
    } else {
        FILES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(relative: &str, accept_encoding: &str) -> (String, Part) {
        let pointer = Pointer {
            release: "ab".repeat(32),
            encoded: "css html js".into(),
        };
        let (key, part) = key("docs", &pointer, relative, accept_encoding);
        let beginning = format!(".keyfront/sites/docs/releases/{}/", "ab".repeat(32));
        (key.strip_prefix(&beginning).unwrap().to_owned(), part)
    }

    #[test]
    fn a_path_lies_in_the_tree_of_the_coding_that_the_viewer_reads() {
        for (accept, tree) in [
            ("", "files"),
            ("identity", "files"),
            ("gzip", "gzip"),
            ("br", "br"),
            ("br,gzip", "br"),
            ("gzip, deflate, br, zstd", "br"),
            ("GZip;q=0.5", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("br; q=0.000 ,gzip;q=0", "files"),
            ("br;q=0.001", "br"),
            ("brotli, xgzip", "files"),
            ("*", "files"),
            (",;=", "files"),
        ] {
            let expected = (format!("{tree}/a/b.css"), Part::Variant);
            assert_eq!(placed("a/b.css", accept), expected, "{accept}");
        }
    }

    #[test]
    fn only_extensions_of_which_every_file_has_its_variants_are_looked_for_among_them() {
        for relative in [
            "a", "a.png", "css", ".css", "a/.css", "a.css/b", "a.", "a.CSS", "a.css ", "a.cs",
            "..css",
        ] {
            let expected = (format!("files/{relative}"), Part::File);
            assert_eq!(placed(relative, "br"), expected, "{relative}");
        }
        for relative in ["a.css", "a.b.js", ".a.css", "a/b/index.html"] {
            let expected = (format!("br/{relative}"), Part::Variant);
            assert_eq!(placed(relative, "br"), expected, "{relative}");
        }
    }

    #[test]
    fn what_is_active_is_shown_below_well_known() {
        for (name, key) in [
            ("manifest.json", "manifest.json"),
            ("signature.json", "signature.json"),
        ] {
            let path = format!(".well-known/keyfront/{name}");
            assert_eq!(placed(&path, "br"), (key.into(), Part::Document));
        }
        assert!(is_pointer(".well-known/keyfront/release.json"));
        assert!(!is_pointer(".well-known/keyfront/manifest.json"));
        assert!(!is_pointer("a/.well-known/keyfront/release.json"));
        assert_eq!(pointer_key("docs"), ".keyfront/sites/docs/current.json");
        // Nothing else of the release's documents is a path.
        let path = ".well-known/keyfront/verified.json";
        assert_eq!(placed(path, ""), (format!("files/{path}"), Part::File));
    }
}
