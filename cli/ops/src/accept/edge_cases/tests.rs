#![allow(clippy::unwrap_used)]
use keyfront_edge::Site;

use super::*;

const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","signing":"sigv4","prefix":"site/",
    "query":["v"],"index":"index.html","trailing_slash":"redirect","not_found":"404.html","listing":"/list",
    "publish":{"prefix":"/up","region":"eu-west-1","host":"h.lambda-url.eu-west-1.on.aws"},
    "cors":[{"origins":["https://app.example"],"headers":["range"],"max_age":600}]}"#;
const BARE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"virtual","signing":"sigv4","query":[]}"#;

fn with_terms<T>(site: &str, page: Option<&[u8]>, work: impl FnOnce(&Terms<'_>) -> T) -> T {
    let site = Site::parse(site.replace('\n', "").as_bytes()).unwrap();
    let etags = BTreeMap::from([("hello.txt".to_owned(), "\"e\"".to_owned())]);
    work(&Terms {
        site: &site,
        etags: &etags,
        encoded: &BTreeMap::new(),
        bearer: Some("Bearer t"),
        prefix: "run/",
        page,
    })
}

#[test]
fn the_tables_own_site_leaves_no_case_out() {
    let table = Table::read().unwrap();
    assert!(table.cases.len() > 80 && table.objects.len() > 10);
    with_terms(SITE, Some(b"page"), |terms| {
        for case in &table.cases {
            assert_eq!(case.reason_to_skip(terms), None, "{}", case.name);
        }
    });
}

#[test]
fn a_bare_site_leaves_out_what_it_does_not_have_and_nothing_else() {
    let table = Table::read().unwrap();
    let reasons = with_terms(BARE, None, |terms| {
        let reasons = table.cases.iter().map(|case| {
            let reason = case.reason_to_skip(terms);
            (case.name.as_str(), reason)
        });
        reasons.collect::<BTreeMap<_, _>>()
    });
    for (case, part) in [
        ("publishing", Some("publish route")),
        ("what was published", Some("publish route")),
        ("a preflight", Some("CORS rule")),
        ("a missing object", Some("not_found")),
        ("a folder is its index", Some("index.html")),
        ("a folder without its slash", Some("query parameter v")),
        ("two slashes stay two", None),
        ("a missing folder", Some("does not redirect")),
        ("a listing of a folder", Some("CORS rule")),
        ("a listing without its slash", Some("list its folders")),
        ("a folder without its index", Some("list its folders")),
        ("a range", None),
        ("needless escapes", None),
    ] {
        match (reasons[case], part) {
            (Some(reason), Some(part)) => assert!(reason.contains(part), "{case}: {reason}"),
            (found, expected) => assert_eq!(found, expected, "{case}"),
        }
    }
}

#[test]
fn objects_and_redirects_lie_below_the_runs_prefix() {
    with_terms(SITE, None, |terms| {
        for (target, expected) in [
            ("/hello.txt?v=1", "/run/hello.txt?v=1"),
            ("/", "/run/"),
            ("/_list/docs/?format=json", "/list/run/docs/?format=json"),
            ("//evil.example", "//evil.example"),
            (
                "/%2ekeyfront%2fpublishers.json",
                "/%2ekeyfront%2fpublishers.json",
            ),
            ("/_publish/objects/a", "/up/objects/site/run/a"),
            (
                "/_publish/objects?prefix=a",
                "/up/objects?prefix=site/run/a",
            ),
            ("/_publish/objects", "/up/objects"),
        ] {
            assert_eq!(terms.moved(target), expected, "{target}");
        }
    });
}
