use super::{
    DeniedAs, MAX_SITE_CHARS, Signing, Site, SiteCache, SiteError, Slashes, TrailingSlash,
};
use crate::fixture::{HOST, document, site};

fn refusal(more: &str) -> SiteError {
    Site::parse(document(more).as_bytes()).unwrap_err()
}

fn replaced(from: &str, to: &str) -> Result<Site, SiteError> {
    let document = document("");
    assert!(document.contains(from));
    Site::parse(document.replacen(from, to, 1).as_bytes())
}

fn names_field(error: &SiteError, name: &str) -> bool {
    match error {
        SiteError::Field { field, .. } | SiteError::Key { field, .. } => *field == name,
        _ => false,
    }
}

#[test]
fn virtual_style_puts_the_bucket_into_the_host() {
    let site = site("");
    assert_eq!(
        (site.bucket.host.as_str(), site.bucket.path.as_str()),
        (HOST, "")
    );
}

#[test]
fn path_style_puts_the_bucket_into_the_path() {
    let site = replaced(r#""style":"virtual""#, r#""style":"path""#).unwrap();
    assert_eq!(site.bucket.host, "s3.eu-central-1.amazonaws.com");
    assert_eq!(site.bucket.path, "/private-content");
}

#[test]
fn chinese_regions_have_their_own_domain() {
    let site = replaced("eu-central-1", "cn-north-1").unwrap();
    assert_eq!(
        site.bucket.host,
        "private-content.s3.cn-north-1.amazonaws.com.cn"
    );
}

#[test]
fn an_endpoint_replaces_the_service_host_and_drops_the_default_port() {
    for (endpoint, host) in [
        ("https://r2.example.com", "private-content.r2.example.com"),
        (
            "https://r2.example.com:443/",
            "private-content.r2.example.com",
        ),
        (
            "https://r2.example.com:9000",
            "private-content.r2.example.com:9000",
        ),
        ("http://localhost:7480", "private-content.localhost:7480"),
    ] {
        let site = site(&format!(r#","endpoint":"{endpoint}""#));
        assert_eq!(site.bucket.host, host);
    }
}

#[test]
fn endpoints_with_more_than_a_host_or_without_tls_are_refused() {
    for endpoint in [
        "r2.example.com",
        "ftp://r2.example.com",
        "http://r2.example.com",
        "https://user@r2.example.com",
        "https://r2.example.com/base",
        "https://r2.example.com?x",
        "https://",
        "https://r2.example.com:0",
        "https://r2.example.com:+80",
        "https://R2.example.com",
        "https://a..b",
        "https://[::1]",
    ] {
        let error = refusal(&format!(r#","endpoint":"{endpoint}""#));
        assert!(names_field(&error, "endpoint"), "{endpoint}: {error}");
    }
}

#[test]
fn bucket_names_outside_the_s3_syntax_are_refused() {
    for bucket in [
        "ab",
        "Private",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "10.0.0.1",
        "a/b",
        "a b",
        &"a".repeat(64),
    ] {
        let error = replaced("private-content", bucket).unwrap_err();
        assert!(names_field(&error, "bucket"), "{bucket}: {error}");
    }
}

#[test]
fn a_bucket_with_a_dot_needs_path_style() {
    assert!(names_field(
        &replaced("private-content", "private.content").unwrap_err(),
        "bucket"
    ));
    let document = document("")
        .replace("private-content", "private.content")
        .replace("virtual", "path");
    assert!(Site::parse(document.as_bytes()).is_ok());
}

#[test]
fn regions_that_could_leave_the_scope_are_refused() {
    for region in [
        "",
        "eu/central",
        "EU-CENTRAL-1",
        "eu central",
        "eu.central",
        &"a".repeat(33),
    ] {
        let error = replaced("eu-central-1", region).unwrap_err();
        assert!(names_field(&error, "region"), "{region}: {error}");
    }
}

#[test]
fn unknown_fields_are_refused_everywhere() {
    for more in [
        r#","buckets":1"#,
        r#","cors":[{"origins":["*"],"methods":[]}]"#,
        r#","reader":{"prefix":"/r","host":"h.example","region":"eu-central-1","timeout":1}"#,
    ] {
        assert!(Site::parse(document(more).as_bytes()).is_err(), "{more}");
    }
    assert!(
        matches!(refusal(r#","buckets":1"#), SiteError::UnknownField { object: "document", field } if field == "buckets")
    );
}

#[test]
fn missing_and_mistyped_fields_are_named() {
    for (from, to, name) in [
        (r#""v":1,"#, "", "v"),
        (r#""query":["v"],"#, "", "query"),
        (r#""query":["v"]"#, r#""query":"v""#, "query"),
        (r#""query":["v"]"#, r#""query":[1]"#, "query"),
        (r#""style":"virtual""#, r#""style":"dns""#, "style"),
        (r#""signing":"sigv4""#, r#""signing":"none""#, "signing"),
    ] {
        let error = replaced(from, to).unwrap_err();
        assert!(names_field(&error, name), "{to}: {error}");
    }
}

#[test]
fn another_version_is_refused() {
    assert!(matches!(
        replaced(r#""v":1"#, r#""v":2"#),
        Err(SiteError::Version(2))
    ));
}

/// The smallest site of a multi-region access point, with another text for one of its parts.
fn access_point(from: &str, to: &str) -> Result<Site, SiteError> {
    let document = r#"{"v":1,"bucket":"mfzwi23gnjvgw.mrap","region":"us-east-1","style":"virtual","query":[],"signing":"sigv4a","region_set":"*"}"#;
    assert!(document.contains(from), "{from}");
    Site::parse(document.replacen(from, to, 1).as_bytes())
}

#[test]
fn a_multi_region_access_point_is_reached_by_its_alias_and_signed_for_its_region_set() {
    let bucket = access_point("", "").unwrap().bucket;
    let host = "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com";
    assert_eq!((bucket.host.as_str(), bucket.path.as_str()), (host, ""));
    let region_set = "*".to_owned();
    assert_eq!(bucket.signing, Signing::SigV4a { region_set });
    for (from, to, name) in [
        (
            r#""signing":"sigv4a","region_set":"*""#,
            r#""signing":"sigv4""#,
            "signing",
        ),
        (r#""virtual""#, r#""path""#, "style"),
        (
            r#","query""#,
            r#","endpoint":"https://s3.example","query""#,
            "endpoint",
        ),
        ("mfzwi23gnjvgw.mrap", "a.mfzwi23gnjvgw.mrap", "bucket"),
    ] {
        let error = access_point(from, to).unwrap_err();
        assert!(names_field(&error, name), "{to}: {error}");
    }
}

#[test]
fn sigv4a_needs_a_region_set_that_may_hold_the_sites_region() {
    let signed = |set: &str| {
        let signing = format!(r#""signing":"sigv4a","region_set":"{set}""#);
        replaced(r#""signing":"sigv4""#, &signing)
    };
    for set in ["*", "eu-central-1", "us-east-1,eu-central-1", "eu-*"] {
        let region_set = set.to_owned();
        let bucket = signed(set).unwrap().bucket;
        assert_eq!(bucket.signing, Signing::SigV4a { region_set });
    }
    for set in ["", ",", "eu-central-1,", "eu central", "eu/*", "us-east-1"] {
        assert!(
            names_field(&signed(set).unwrap_err(), "region_set"),
            "{set}"
        );
    }
    let missing = replaced(r#""signing":"sigv4""#, r#""signing":"sigv4a""#).unwrap_err();
    assert!(names_field(&missing, "region_set"));
    assert!(names_field(&refusal(r#","region_set":"*""#), "region_set"));
}

#[test]
fn a_store_that_is_not_amazons_has_any_region_name_and_port() {
    for (endpoint, region, host) in [
        ("https://ceph.example:7480", "default", "ceph.example:7480"),
        ("https://s3.example:443/", "auto", "s3.example"),
        ("http://127.0.0.1:9000", "us-east-1", "127.0.0.1:9000"),
        (
            "https://fsn1.your-objectstorage.com",
            "fsn1",
            "fsn1.your-objectstorage.com",
        ),
    ] {
        let document = format!(
            r#"{{"v":1,"bucket":"b.with.dots","region":"{region}","endpoint":"{endpoint}","style":"path","query":[],"signing":"sigv4"}}"#
        );
        let bucket = Site::parse(document.as_bytes()).unwrap().bucket;
        assert_eq!(
            (bucket.host.as_str(), bucket.path.as_str()),
            (host, "/b.with.dots")
        );
        let region = region.to_owned();
        assert_eq!(bucket.signing, Signing::SigV4 { region });
    }
}

#[test]
fn a_site_of_1783_characters_fits_and_one_more_does_not() {
    let bare = document("");
    let padded = |length: usize| format!("{bare}{}", " ".repeat(length - bare.len()));
    assert!(Site::parse(padded(MAX_SITE_CHARS).as_bytes()).is_ok());
    assert!(matches!(
        Site::parse(padded(MAX_SITE_CHARS + 1).as_bytes()),
        Err(SiteError::TooLong(1_784))
    ));
}

#[test]
fn a_missing_site_and_one_outside_ascii_are_distinguished() {
    assert!(matches!(Site::parse(b""), Err(SiteError::Missing)));
    assert!(matches!(
        Site::parse("{\"prefix\":\"\u{e9}/\"}".as_bytes()),
        Err(SiteError::NotAscii)
    ));
    assert!(matches!(
        Site::parse(b"{\"v\":1}\n"),
        Err(SiteError::NotAscii)
    ));
    assert!(matches!(Site::parse(b"bucket=x"), Err(SiteError::Json(_))));
}

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
    for function in [
        r#"{"prefix":"_publish","host":"h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"//","host":"h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"/a/..","host":"h.example","region":"eu-central-1"}"#,
        r#"{"prefix":"/","host":"h.example","region":"eu-central-1"}"#,
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
fn a_site_is_parsed_once_and_forgotten_in_order() {
    let mut cache = SiteCache::default();
    let first = document("");
    let parsed = cache.site(first.as_bytes()).unwrap();
    assert!(std::sync::Arc::ptr_eq(
        &parsed,
        &cache.site(first.as_bytes()).unwrap()
    ));
    for index in 0..32 {
        cache
            .site(document(&format!(r#","index":"{index}""#)).as_bytes())
            .unwrap();
    }
    assert!(!std::sync::Arc::ptr_eq(
        &parsed,
        &cache.site(first.as_bytes()).unwrap()
    ));
    assert!(cache.site(b"{}").is_err());
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
fn a_cache_of_sites_holds_those_of_a_whole_distribution() {
    let mut cache = SiteCache::new();
    let documents: Vec<String> = (0..25)
        .map(|at| document(&format!(r#","path":"{at}/""#)))
        .collect();
    let parsed = |cache: &mut SiteCache| -> Vec<_> {
        let sites = documents.iter();
        sites
            .map(|one| cache.site(one.as_bytes()).unwrap())
            .collect()
    };
    let (first, again) = (parsed(&mut cache), parsed(&mut cache));
    for (first, again) in first.iter().zip(&again) {
        assert!(alloc::sync::Arc::ptr_eq(first, again));
    }
}
