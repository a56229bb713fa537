//! Index and fallback documents.

use keyfront_names::KeyError;

use super::key;

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
