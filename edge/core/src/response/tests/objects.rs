//! Objects, parts of them, and how long they are kept.

use keyfront_contract::Route;

use super::{cleaned, facts, head, set, status_and_code};
use crate::response::Cleaned;

#[test]
fn objects_ranges_and_not_modified_pass() {
    for status in [200, 206, 304] {
        let given = [("cache-control", "no-store")];
        let cleaned = cleaned(&facts(Route::Bucket), "GET", &head(status, &given));
        assert_eq!(
            set(cleaned),
            [("x-content-type-options", "nosniff".to_owned())]
        );
    }
}

#[test]
fn precondition_and_range_statuses_stand_without_s3s_body() {
    for status in [412, 416] {
        let response = head(status, &[("content-range", "bytes */100")]);
        assert_eq!(
            status_and_code(&facts(Route::Bucket), &response),
            (status, String::new())
        );
        let headers = set(cleaned(&facts(Route::Bucket), "GET", &response));
        assert!(headers.contains(&("content-range", "bytes */100".to_owned())));
    }
    let forged = head(416, &[("content-range", "bytes */1\r\nx: y")]);
    let headers = set(cleaned(&facts(Route::Bucket), "GET", &forged));
    assert!(headers.iter().all(|(name, _)| *name != "content-range"));
}

#[test]
fn head_answers_have_no_body() {
    for status in [403, 404, 412, 416, 500] {
        match cleaned(&facts(Route::Bucket), "HEAD", &head(status, &[])) {
            Cleaned::Answer { answer, .. } => assert_eq!(answer.body, "", "{status}"),
            other => panic!("{other:?}"),
        }
    }
}

fn cache_control(route: Route, status: u16, given: &[(&str, &str)]) -> Option<String> {
    let headers = set(cleaned(&facts(route), "GET", &head(status, given)));
    let mut found = headers
        .into_iter()
        .filter(|(name, _)| *name == "cache-control");
    found.next().map(|(_, value)| value)
}

#[test]
fn no_cdn_goes_on_with_an_expired_object_while_its_origin_fails() {
    for (given, expected) in [
        (None, Some("stale-if-error=0")),
        (
            Some("public, max-age=60"),
            Some("public, max-age=60, stale-if-error=0"),
        ),
        (Some("max-age=60, Stale-If-Error=600"), None),
        (Some("no-store"), None),
        (Some("max-age=\u{e9}"), None),
    ] {
        let headers: Vec<_> = given
            .iter()
            .map(|value| ("cache-control", *value))
            .collect();
        for route in [Route::Bucket, Route::Reader] {
            for status in [200, 206] {
                let found = cache_control(route, status, &headers);
                assert_eq!(found.as_deref(), expected, "{given:?}");
            }
        }
        assert_eq!(cache_control(Route::Publish, 200, &headers), None);
    }
    let twice = [("cache-control", "public"), ("cache-control", "max-age=1")];
    let joined = cache_control(Route::Bucket, 200, &twice);
    assert_eq!(
        joined.as_deref(),
        Some("public, max-age=1, stale-if-error=0")
    );
}

#[test]
fn a_304_changes_only_a_lifetime_it_names() {
    assert_eq!(cache_control(Route::Bucket, 304, &[]), None);
    let named = cache_control(Route::Bucket, 304, &[("cache-control", "max-age=60")]);
    assert_eq!(named.as_deref(), Some("max-age=60, stale-if-error=0"));
}
