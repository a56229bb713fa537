//! The document as a whole: its fields, size and cache.

use super::{names_field, refusal, replaced};
use crate::{
    fixture::document,
    site::{MAX_SITE_CHARS, Site, SiteCache, SiteError},
};

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
