#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;

const NOW: u64 = 1_700_000_000;

fn policy() -> CachePolicy {
    CachePolicy {
        min_ttl: 0,
        default_ttl: 60,
        max_ttl: 3_600,
        ..CachePolicy::default()
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + seconds)
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn request(lines: &[(&'static str, &str)]) -> Parts {
    let mut request = Request::new(());
    *request.headers_mut() = headers(lines);
    request.into_parts().0
}

fn evaluate(
    policy: &CachePolicy,
    error_ttl: u64,
    status: u16,
    lines: &[(&'static str, &str)],
) -> Option<Freshness> {
    let distribution = Distribution {
        id: "ETEST".into(),
        domain_name: "d1.cloudfront.net".into(),
        behaviours: Vec::new(),
        error_ttl: BTreeMap::from([(status, error_ttl)]),
        error_pages: BTreeMap::new(),
    };
    Candidate {
        distribution: &distribution,
        policy,
        request: &request(&[]),
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers(lines),
        now: at(0),
    }
    .evaluate()
}

/// Seconds until a stored answer is stale; `None` if it is not stored.
fn lifetime(
    policy: &CachePolicy,
    error_ttl: u64,
    status: u16,
    lines: &[(&'static str, &str)],
) -> Option<u64> {
    let freshness = evaluate(policy, error_ttl, status, lines)?;
    (0..100_000).find(|s| freshness.status(&request(&[]), at(*s)) == FreshnessStatus::Stale)
}

#[test]
fn answers_are_fresh_for_as_long_as_rfc_9111_and_the_ttls_say() {
    let expires = httpdate::fmt_http_date(at(90));
    let past = httpdate::fmt_http_date(at(0) - Duration::from_secs(5));
    let date = httpdate::fmt_http_date(at(0));
    type Lines<'a> = &'a [(&'static str, &'a str)];
    let table: &[(Lines<'_>, Option<u64>)] = &[
        (&[], Some(60)),
        (&[("cache-control", "public")], Some(60)),
        (&[("cache-control", "max-age=10")], Some(10)),
        (&[("cache-control", "Max-Age=10")], Some(10)),
        (&[("cache-control", "max-age=10, s-maxage=20")], Some(20)),
        (&[("cache-control", "max-age=10"), ("age", "4")], Some(6)),
        (&[("cache-control", "max-age=100000")], Some(3_600)),
        (
            &[("date", date.as_str()), ("expires", expires.as_str())],
            Some(90),
        ),
        (&[("expires", past.as_str())], None),
        (&[("expires", "0")], None),
        (&[("cache-control", "no-store")], None),
        (&[("cache-control", "No-Store")], None),
        (
            &[
                ("cache-control", "max-age=60"),
                ("cache-control", "no-store"),
            ],
            None,
        ),
        (&[("cache-control", "no-store"), ("etag", "\"a\"")], None),
        (&[("cache-control", "private, max-age=60")], None),
        (&[("cache-control", "private"), ("etag", "\"a\"")], None),
        (&[("cache-control", "no-cache")], None),
        (&[("cache-control", "no-cache"), ("etag", "\"a\"")], Some(0)),
        (&[("pragma", "no-cache")], None),
        (
            &[("cache-control", "max-age=0"), ("etag", "\"a\"")],
            Some(0),
        ),
        (&[("cache-control", "max-age=x")], None),
        (&[("vary", "*")], None),
        (
            &[("vary", "accept, *"), ("cache-control", "max-age=60")],
            None,
        ),
        (
            &[("set-cookie", "a=b"), ("cache-control", "max-age=60")],
            None,
        ),
        (&[("set-cookie", "a=b"), ("etag", "\"a\"")], None),
        (
            &[
                ("set-cookie", "a=b"),
                ("cache-control", "public, max-age=9"),
            ],
            Some(9),
        ),
    ];
    for (lines, expected) in table {
        assert_eq!(lifetime(&policy(), 0, 200, lines), *expected, "{lines:?}");
    }
}

#[test]
fn statuses_are_stored_by_default_only_where_rfc_9110_says_so() {
    for (status, expected) in [
        (200, Some(60)),
        (203, Some(60)),
        (204, Some(60)),
        (206, None),
        (301, Some(60)),
        (302, None),
        (304, None),
        (307, None),
        (308, Some(60)),
    ] {
        assert_eq!(lifetime(&policy(), 0, status, &[]), expected, "{status}");
    }
    let redirect = lifetime(&policy(), 0, 302, &[("cache-control", "max-age=5")]);
    assert_eq!(redirect, Some(5));
}

#[test]
fn errors_are_cached_for_the_longer_of_their_own_and_the_error_ttl() {
    let no_store = [("cache-control", "no-store")];
    let short = [("cache-control", "max-age=3")];
    let long = [("cache-control", "max-age=30")];
    for (status, error_ttl, lines, expected) in [
        (404, 0, &[][..], None),
        (404, 10, &[], Some(10)),
        (404, 10, &short, Some(10)),
        (404, 10, &long, Some(30)),
        (404, 0, &long, Some(30)),
        (404, 10, &no_store, None),
        (502, 0, &no_store, None),
        (502, 0, &[], None),
        (416, 10, &[], None),
        (429, 10, &[], None),
    ] {
        assert_eq!(
            lifetime(&policy(), error_ttl, status, lines),
            expected,
            "{status} {error_ttl} {lines:?}"
        );
    }
}

#[test]
fn no_store_on_a_502_gives_way_to_an_error_ttl_as_at_cloudfront() {
    assert_eq!(
        lifetime(&policy(), 10, 502, &[("cache-control", "no-store")]),
        Some(10)
    );
}

#[test]
fn minimum_ttl_raises_short_lifetimes_but_never_overrides_no_store() {
    let policy = CachePolicy {
        min_ttl: 30,
        ..policy()
    };
    for (value, expected) in [
        ("max-age=10", Some(30)),
        ("no-store", None),
        ("private", None),
    ] {
        assert_eq!(
            lifetime(&policy, 0, 200, &[("cache-control", value)]),
            expected,
            "{value}"
        );
    }
}

#[test]
fn disabled_caching_stores_nothing() {
    let policy = CachePolicy::disabled();
    let lines = [("cache-control", "public, max-age=60")];
    assert_eq!(lifetime(&policy, 10, 200, &lines), None);
    assert_eq!(lifetime(&policy, 10, 404, &lines), None);
}

#[test]
fn viewer_cannot_bypass_the_cache_by_its_cache_control() {
    let freshness = evaluate(&policy(), 0, 200, &[]).unwrap();
    let insisting = request(&[("cache-control", "no-cache"), ("pragma", "no-cache")]);
    assert_eq!(freshness.status(&insisting, at(1)), FreshnessStatus::Fresh);
}

#[test]
fn answer_for_another_variant_is_not_used() {
    let freshness = evaluate(&policy(), 0, 200, &[("vary", "origin")]).unwrap();
    let other = request(&[("origin", "https://a.example")]);
    assert_eq!(
        freshness.status(&other, at(1)),
        FreshnessStatus::OtherVariant
    );
    assert_eq!(
        freshness.status(&request(&[]), at(1)),
        FreshnessStatus::Fresh
    );
}

#[test]
fn confirmation_replaces_headers_but_not_those_of_the_content() {
    let stored = headers(&[
        ("etag", "\"a\""),
        ("age", "50"),
        ("content-length", "5"),
        ("content-type", "text/plain"),
        ("cache-control", "max-age=1"),
    ]);
    let confirmation = headers(&[
        ("etag", "\"a\""),
        ("content-length", "0"),
        ("cache-control", "max-age=9"),
        ("x-new", "1"),
    ]);
    let merged = confirmed_headers(&stored, &confirmation);
    assert_eq!(merged["content-length"], "5");
    assert_eq!(merged["content-type"], "text/plain");
    assert_eq!(merged["cache-control"], "max-age=9");
    assert_eq!(merged["x-new"], "1");
    assert!(!merged.contains_key("age"));
}
