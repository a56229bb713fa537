//! Paths that are not in the form they would be signed in.

use keyfront_sigv4::{Profile, Request, SigningError};

use super::{GET, VERBATIM, canonical, s3};

#[test]
fn s3_paths_that_are_not_in_wire_form_are_refused() {
    for path in [
        "/a b",
        "/a+b",
        "/%61",
        "/%2b",
        "/a%2Fb",
        "/%",
        "/%4",
        "/%zz",
        "/é",
        "/!",
        "/*'()",
        "/a?b",
        "/a#b",
        "/a\n",
        "/~%7E",
        "/a:b",
        "/a@b",
        "/a%20b%e9",
    ] {
        assert_eq!(
            s3(Request { path, ..GET }),
            Err(SigningError::PathNotStrict),
            "{path}"
        );
    }
    for path in [
        "/",
        "//",
        "/a/../b",
        "/./",
        "/%20%2B%25%C3%A9",
        "/-._~",
        "/%2561",
    ] {
        let canonical_request = s3(Request { path, ..GET }).unwrap();
        assert_eq!(
            canonical_request.lines().nth(1),
            Some(path),
            "the wire is what is signed"
        );
    }
}

#[test]
fn a_path_that_does_not_begin_with_a_slash_is_refused() {
    for path in ["", "a", "%2Fa", "https://host/a"] {
        assert_eq!(s3(Request { path, ..GET }), Err(SigningError::PathRelative));
        assert_eq!(
            canonical(Request { path, ..GET }, VERBATIM),
            Err(SigningError::PathRelative)
        );
    }
}

#[test]
fn a_path_that_would_split_the_request_is_refused_for_every_service() {
    for path in ["/a\r\nHost: x", "/a\0", "/a?b", "/a#b", "/\x7f"] {
        assert_eq!(
            canonical(Request { path, ..GET }, VERBATIM),
            Err(SigningError::PathCharacter),
            "{path:?}"
        );
    }
}

#[test]
fn a_two_megabyte_path_is_refused_for_every_service() {
    for unit in ["a", "../", "%", "é"] {
        let path = format!("/{}", unit.repeat((2 << 20) / unit.len()));
        let bytes = path.len();
        for profile in [Profile::S3, Profile::STANDARD, VERBATIM] {
            assert_eq!(
                canonical(Request { path: &path, ..GET }, profile),
                Err(SigningError::PathTooLong { bytes })
            );
        }
    }
    let longest = format!("/{}", "a".repeat((64 << 10) - 1));
    assert!(
        s3(Request {
            path: &longest,
            ..GET
        })
        .is_ok()
    );
}
