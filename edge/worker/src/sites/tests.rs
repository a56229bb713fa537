use super::{Sites, SitesError, compact};

const SITE: &str = r#"{"v":1,"bucket":"B","region":"r"}"#;

fn document(matches: &[&str]) -> String {
    let entries: Vec<String> = matches
        .iter()
        .enumerate()
        .map(|(n, rule)| format!(r#"{{"match":{rule},"site":{{"n":{n}}}}}"#))
        .collect();
    format!(r#"{{"v":1,"sites":[{}]}}"#, entries.join(","))
}

/// Which site answers, by its place in the document.
fn answering(sites: &Sites, host: &str, path: &str) -> Option<String> {
    let entry = sites.site(host, path)?;
    let text = String::from_utf8(entry.site.to_vec()).unwrap();
    Some(text.replace(r#"{"n":"#, "").replace('}', ""))
}

#[test]
fn the_most_specific_site_answers() {
    let sites = Sites::parse(&document(&[
        "{}",
        r#"{"prefix":"/docs"}"#,
        r#"{"host":"a.example"}"#,
        r#"{"host":"a.example","prefix":"/docs/"}"#,
        r#"{"host":"a.example","prefix":"/docs/v2"}"#,
    ]))
    .unwrap();
    for (host, path, expected) in [
        ("b.example", "/", "0"),
        ("b.example", "/docs/x", "1"),
        ("a.example", "/x", "2"),
        ("A.Example:8787", "/x", "2"),
        ("a.example", "/docs", "3"),
        ("a.example", "/docs/v2", "4"),
        ("a.example", "/docs/v2x", "3"),
        ("a.example", "/docs-old", "2"),
    ] {
        assert_eq!(
            answering(&sites, host, path).as_deref(),
            Some(expected),
            "{host}{path}"
        );
    }
}

#[test]
fn prefixes_are_compared_after_decoding() {
    let sites = Sites::parse(&document(&["{}", r#"{"prefix":"/a b/c"}"#])).unwrap();
    for path in ["/a%20b/c", "/%61%20b%2Fc/x"] {
        assert_eq!(answering(&sites, "h", path).as_deref(), Some("1"), "{path}");
    }
}

#[test]
fn a_path_that_does_not_decode_is_left_to_a_site_of_its_host_to_refuse() {
    let sites = Sites::parse(&document(&[r#"{"host":"h","prefix":"/p"}"#])).unwrap();
    assert!(sites.site("h", "/%zz").is_some());
    assert!(sites.site("other", "/%zz").is_none());
}

#[test]
fn a_request_no_site_matches_has_none() {
    let sites = Sites::parse(&document(&[r#"{"host":"a.example","prefix":"/p"}"#])).unwrap();
    assert!(sites.site("b.example", "/p").is_none());
    assert!(sites.site("a.example", "/").is_none());
}

#[test]
fn a_document_that_does_not_parse_or_names_an_unknown_field_serves_nothing() {
    for text in [
        "{}",
        "[]",
        "null",
        r#"{"v":1}"#,
        r#"{"v":1,"sites":[{"match":{},"site":{}}],"fallback":1}"#,
        r#"{"v":1,"sites":[{"match":{"hosts":"a"},"site":{}}]}"#,
        r#"{"v":1,"sites":[{"match":{},"site":{},"open":true}]}"#,
        r#"{"v":1,"v":1,"sites":[{"match":{},"site":{}}]}"#,
        r#"{"v":1,"sites":[{"site":{}}]}"#,
        r#"{"v":1,"sites":[{"match":{},"site":{}}]} x"#,
    ] {
        let error = Sites::parse(text).unwrap_err();
        assert!(matches!(error, SitesError::Json(_)), "{text}: {error}");
        assert!(
            error
                .log_line("id")
                .starts_with("keyfront site-invalid request id: ")
        );
    }
    assert!(matches!(Sites::parse(" "), Err(SitesError::Missing)));
    let empty = r#"{"v":1,"sites":[]}"#;
    assert!(matches!(Sites::parse(empty), Err(SitesError::Empty)));
    let newer = r#"{"v":2,"sites":[]}"#;
    assert!(matches!(Sites::parse(newer), Err(SitesError::Version(2))));
}

#[test]
fn a_match_that_would_hold_for_less_than_it_says_is_refused() {
    for rule in [
        r#"{"host":""}"#,
        r#"{"host":"https://a"}"#,
        r#"{"host":"*.a"}"#,
        r#"{"prefix":"docs"}"#,
        r#"{"prefix":"//"}"#,
        r#"{"prefix":"/a//b"}"#,
    ] {
        let error = Sites::parse(&document(&[rule])).unwrap_err();
        assert!(
            matches!(error, SitesError::Match { index: 0, .. }),
            "{rule}"
        );
    }
    let twice = document(&[
        r#"{"host":"A","prefix":"/p"}"#,
        r#"{"host":"a","prefix":"/p/"}"#,
    ]);
    let error = Sites::parse(&twice).unwrap_err();
    assert!(matches!(
        error,
        SitesError::Ambiguous {
            first: 0,
            second: 1
        }
    ));
}

#[test]
fn a_site_written_over_many_lines_reaches_the_core_as_one() {
    let pretty = "{\n\t\"v\" : 1,\r\n \"prefix\": \"a b/\\\" \\\\\" , \"q\":[ ]}";
    assert_eq!(
        compact(pretty),
        "{\"v\":1,\"prefix\":\"a b/\\\" \\\\\",\"q\":[]}"
    );
    assert_eq!(compact(SITE), SITE);
}

#[test]
fn every_site_has_a_digest_of_its_own() {
    let sites = Sites::parse(&document(&["{}", r#"{"host":"a"}"#])).unwrap();
    let digest = |host| sites.site(host, "/").unwrap().digest.clone();
    assert_ne!(digest("a"), digest("b"));
    assert_eq!(digest("a").len(), 32);
}

#[test]
fn every_example_is_a_document_whose_sites_the_core_takes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sites");
    let mut examples = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let sites = Sites::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for entry in &sites.entries {
            let parsed = keyfront_edge::Site::parse(&entry.site);
            assert!(parsed.is_ok(), "{}: {parsed:?}", path.display());
        }
        examples += 1;
    }
    assert!(examples >= 10, "{examples}");
}
