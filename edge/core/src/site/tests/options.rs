//! Options of a site: prefixes, documents, folders, queries, functions, cross-origin rules.

use super::{names_field, refusal, replaced};
use crate::{
    fixture::{document, site},
    site::{DeniedAs, Site, Slashes, TrailingSlash},
};

#[test]
fn escaped_characters_reach_prefix_and_documents() {
    assert_eq!(site(r#","prefix":"caf\u00e9/""#).prefix, "caf\u{e9}/");
}

#[test]
fn prefixes_must_be_folders_and_keys() {
    for prefix in ["site", "/site/", "../", ".keyfront/", ""] {
        let error = refusal(&format!(r#","prefix":"{prefix}""#));
        assert!(names_field(&error, "prefix"), "{prefix}: {error}");
    }
}

#[test]
fn documents_must_be_keys() {
    for (name, key) in [
        ("index", "a/b"),
        ("index", ""),
        ("index", ".."),
        ("fallback", "/index.html"),
        ("fallback", ""),
        ("not_found", "/404.html"),
        ("not_found", ".keyfront/404.html"),
    ] {
        let error = refusal(&format!(r#","{name}":"{key}""#));
        assert!(names_field(&error, name), "{name} {key}: {error}");
    }
}

#[test]
fn folders_are_redirected_to_only_with_an_index_and_without_a_fallback() {
    for more in [
        r#","trailing_slash":"redirect""#,
        r#","trailing_slash":"redirect","index":"index.html","fallback":"app.html""#,
        r#","trailing_slash":"keep","index":"index.html""#,
    ] {
        let error = refusal(more);
        assert!(names_field(&error, "trailing_slash"), "{more}: {error}");
    }
    let site = site(r#","trailing_slash":"redirect","index":"index.html""#);
    assert_eq!(site.trailing_slash, TrailingSlash::Redirect);
    assert_eq!(site.slashes, Slashes::Kept);
}

#[test]
fn a_listing_has_a_prefix_of_its_own_and_a_function_that_makes_it() {
    const PUBLISH: &str =
        r#","publish":{"prefix":"/_publish","host":"p.example","region":"eu-west-1"}"#;
    let listing = |prefix: &str| format!(r#"{PUBLISH},"listing":"{prefix}""#);
    for refused in [
        r#","listing":"/_list""#.to_owned(),
        listing("/_publish"),
        listing("/_publish/"),
        listing("/_publish/list"),
        listing("/"),
        listing(""),
        listing("_list"),
        listing("/.keyfront/list"),
    ] {
        let error = refusal(&refused);
        assert!(names_field(&error, "listing"), "{refused}: {error}");
    }
    let site = site(&listing("/_list/"));
    let found = site.listing.unwrap();
    assert_eq!(
        (&*found.prefix, &*found.host, &*found.region),
        ("/_list", "p.example", "eu-west-1")
    );
}

#[test]
fn slashes_are_merged_or_kept() {
    let error = refusal(r#","slashes":"drop""#);
    assert!(names_field(&error, "slashes"), "{error}");
    assert_eq!(site(r#","slashes":"merge""#).slashes, Slashes::Merged);
}

#[test]
fn listing_a_subresource_or_signing_parameter_is_refused() {
    for name in [
        "acl",
        "versionId",
        "uploads",
        "Policy",
        "list-type",
        "X-Amz-Signature",
        "x-amz-acl",
        "AWSAccessKeyId",
    ] {
        let error = replaced(r#"["v"]"#, &format!(r#"["{name}"]"#)).unwrap_err();
        assert!(names_field(&error, "query"), "{name}: {error}");
    }
}

#[test]
fn query_names_are_printable_and_unique() {
    for names in [r#"[""]"#, r#"["a b"]"#, r#"["\u00e9"]"#, r#"["v","v"]"#] {
        assert!(
            names_field(&replaced(r#"["v"]"#, names).unwrap_err(), "query"),
            "{names}"
        );
    }
}

#[test]
fn function_origins_are_validated_and_their_prefix_loses_its_trailing_slash() {
    let publish = site(
        r#","publish":{"prefix":"/_publish/","host":"x.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}"#,
    );
    assert_eq!(publish.publish.unwrap().prefix, "/_publish");
    let host = site(
        r#","publish":{"prefix":"/","host":"x.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}"#,
    );
    assert_eq!(host.publish.unwrap().prefix, "");
    for function in [
        r#"{"prefix":"_publish","host":"h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"//","host":"h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"/a/..","host":"h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"/p","host":"https://h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"/p","host":"","region":"eu-central-1"}"#,
        r#"{"prefix":"/p","host":"h.example","region":"eu/1"}"#,
        r#"{"prefix":"/p","host":"h.example"}"#,
        r#"[]"#,
    ] {
        assert!(
            Site::parse(document(&format!(r#","publish":{function}"#)).as_bytes()).is_err(),
            "{function}"
        );
    }
}

#[test]
fn reader_and_publish_may_not_share_a_prefix() {
    let error = refusal(
        r#","reader":{"prefix":"/p","host":"a.example","region":"eu-central-1"},"publish":{"prefix":"/p/","host":"b.example","region":"eu-central-1"}"#,
    );
    assert!(names_field(&error, "reader"));
}

#[test]
fn cors_rules_name_origins_headers_and_seconds_only() {
    for rule in [
        r#"{"origins":[]}"#,
        r#"{"origins":["null"]}"#,
        r#"{"origins":["https://a.example/"]}"#,
        r#"{"origins":["https://*"]}"#,
        r#"{"origins":["https://a.*.example"]}"#,
        r#"{"origins":["*"],"headers":["a b"]}"#,
        r#"{"origins":["*"],"max_age":86401}"#,
    ] {
        assert!(
            names_field(&refusal(&format!(r#","cors":[{rule}]"#)), "cors"),
            "{rule}"
        );
    }
}

#[test]
fn a_403_is_reported_as_denied_unless_the_site_says_missing() {
    assert_eq!(site("").denied_as, DeniedAs::Denied);
    assert_eq!(
        site(r#","denied_as_missing":false"#).denied_as,
        DeniedAs::Denied
    );
    assert_eq!(
        site(r#","denied_as_missing":true"#).denied_as,
        DeniedAs::Missing
    );
}

#[test]
fn a_sites_path_is_a_folder() {
    assert_eq!(site("").path, "");
    assert_eq!(site(r#","path":"a/b.c/""#).path, "a/b.c/");
    for path in ["", "/", "a", "/a/", "a/../b/", ".keyfront/"] {
        let error = refusal(&format!(r#","path":"{path}""#));
        assert!(names_field(&error, "path"), "{path}: {error}");
    }
}

#[test]
fn a_site_with_releases_has_no_prefix_listing_reader_or_second_region() {
    assert_eq!(site(r#","release":"docs-2""#).release.unwrap(), "docs-2");
    let function =
        r#"{"prefix":"/x","host":"x.lambda-url.eu-central-1.on.aws","region":"eu-central-1"}"#;
    for (more, rule) in [
        (r#""release":"""#.to_owned(), "is not a site name"),
        (r#""release":"Docs""#.to_owned(), "is not a site name"),
        (r#""release":"a/b""#.to_owned(), "is not a site name"),
        (r#""release":"-a""#.to_owned(), "is not a site name"),
        (
            format!(r#""release":"{}""#, "a".repeat(64)),
            "is not a site name",
        ),
        (
            r#""release":"a","prefix":"b/""#.to_owned(),
            "excludes prefix, listing and reader",
        ),
        (
            format!(r#""release":"a","reader":{function}"#),
            "excludes prefix, listing and reader",
        ),
        (
            format!(r#""release":"a","publish":{function},"listing":"/l""#),
            "excludes prefix, listing and reader",
        ),
    ] {
        let refused = Site::parse(document(&format!(",{more}")).as_bytes());
        let expected = format!("the site's release {rule}");
        assert_eq!(refused.unwrap_err().to_string(), expected, "{more}");
    }
    let sigv4a = document(r#","release":"a","region_set":"*""#).replace("\"sigv4\"", "\"sigv4a\"");
    let refused = Site::parse(sigv4a.as_bytes()).unwrap_err();
    assert_eq!(refused.to_string(), "the site's release excludes sigv4a");
}
