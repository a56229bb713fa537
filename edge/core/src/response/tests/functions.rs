//! Problems and failures of functions.

use keyfront_contract::Route;

use super::{cleaned, facts, head, set, status_and_code};
use crate::{response::ResponseFacts, site::DeniedAs};

#[test]
fn our_functions_own_problems_pass_uncached() {
    for origin in [Route::Reader, Route::Publish] {
        for status in [400, 403, 404, 413, 500, 503] {
            let response = head(status, &[("content-type", "application/problem+json")]);
            let headers = set(cleaned(&facts(origin), "GET", &response));
            assert!(
                headers.contains(&("cache-control", "no-store".to_owned())),
                "{status}"
            );
        }
    }
}

#[test]
fn lambdas_own_errors_are_replaced() {
    for (status, expected) in [
        (403, "origin-denied"),
        (429, "throttled"),
        (500, "origin-failed"),
        (502, "origin-failed"),
    ] {
        let response = head(status, &[("content-type", "application/json")]);
        assert_eq!(
            status_and_code(&facts(Route::Publish), &response).1,
            expected
        );
    }
}

#[test]
fn a_body_over_lambdas_own_limit_is_reported_as_too_large() {
    let response = head(413, &[("content-type", "application/json")]);
    assert_eq!(
        status_and_code(&facts(Route::Publish), &response),
        (413, "body-too-large".to_owned())
    );
    assert_eq!(status_and_code(&facts(Route::Reader), &response).0, 502);
}

#[test]
fn problem_details_from_a_bucket_are_an_object_like_any_error() {
    let response = head(403, &[("content-type", "application/problem+json")]);
    assert_eq!(
        status_and_code(&facts(Route::Bucket), &response).1,
        "origin-denied"
    );
}

#[test]
fn denied_as_missing_does_not_hide_a_publishers_403() {
    let facts = ResponseFacts {
        denied_as: DeniedAs::Missing,
        ..facts(Route::Publish)
    };
    assert_eq!(status_and_code(&facts, &head(403, &[])).1, "origin-denied");
}
