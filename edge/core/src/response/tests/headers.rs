//! Headers that reach a viewer, and those that never do.

use keyfront_contract::Route;

use super::{cleaned, facts, head, set};
use crate::{
    cors::Grant,
    response::{Cleaned, OriginResponse, ResponseFacts, is_transfer_header, keeps_response_header},
};

#[test]
fn headers_that_describe_the_bucket_or_its_key_never_reach_a_viewer() {
    for name in [
        "server",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-version-id",
        "x-amz-meta-x-amz-key-v2",
        "x-amz-meta-x-amz-3",
        "x-amz-meta-keyfront-sealed",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amz-expiration",
        "x-amz-replication-status",
        "x-amz-storage-class",
        "x-amz-bucket-region",
        "x-amz-checksum-crc32",
        "x-amz-tagging-count",
        "x-amz-website-redirect-location",
        "x-amz-error-code",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "location",
        "set-cookie",
        "x-rgw-object-type",
        "vary",
        "x-powered-by",
        "connection",
        "keep-alive",
        "strict-transport-security",
    ] {
        assert!(!keeps_response_header(Route::Bucket, name), "{name}");
    }
}

#[test]
fn headers_that_describe_the_object_and_its_publishers_metadata_pass() {
    for name in [
        "accept-ranges",
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "via",
        "transfer-encoding",
        "x-amz-meta-title",
    ] {
        assert!(keeps_response_header(Route::Bucket, name), "{name}");
    }
}

#[test]
fn lambdas_own_headers_never_reach_a_viewer() {
    for origin in [Route::Reader, Route::Publish] {
        for name in [
            "x-amzn-requestid",
            "x-amzn-trace-id",
            "x-amzn-errortype",
            "server",
            "x-amz-version-id",
        ] {
            assert!(!keeps_response_header(origin, name), "{name}");
        }
        for name in [
            "location",
            "allow",
            "retry-after",
            "set-cookie",
            "x-keyfront-request-id",
            "www-authenticate",
        ] {
            assert!(keeps_response_header(origin, name), "{name}");
        }
    }
}

#[test]
fn what_cloudfront_protects_on_responses_is_named() {
    assert!(is_transfer_header("via") && is_transfer_header("transfer-encoding"));
    assert!(!is_transfer_header("content-length"));
}

#[test]
fn cross_origin_headers_are_the_sites_on_objects_and_errors() {
    let facts = ResponseFacts {
        grant: Grant::Origin("https://app.example".into()),
        ..facts(Route::Bucket)
    };
    for status in [200, 404, 416] {
        let headers = set(cleaned(
            &facts,
            "GET",
            &head(status, &[("vary", "Origin, X-Other")]),
        ));
        assert!(
            headers.contains(&(
                "access-control-allow-origin",
                "https://app.example".to_owned()
            )),
            "{status}"
        );
        assert!(headers.contains(&("vary", "origin".to_owned())), "{status}");
    }
}

#[test]
fn a_functions_own_vary_is_kept_beside_origin() {
    let facts = ResponseFacts {
        grant: Grant::Nobody,
        ..facts(Route::Publish)
    };
    let vary = |given: &'static str| {
        let headers = set(cleaned(&facts, "GET", &head(200, &[("vary", given)])));
        headers
            .into_iter()
            .find(|(name, _)| *name == "vary")
            .unwrap()
            .1
    };
    assert_eq!(vary("Accept-Encoding"), "Accept-Encoding, origin");
    assert_eq!(vary("Accept, Origin"), "Accept, Origin");
}

#[test]
fn the_framing_of_an_upload_never_reaches_a_viewer() {
    let facts = facts(Route::Bucket);
    let written = |stored: &str| {
        let response = [("content-encoding", stored)];
        let passed = cleaned(&facts, "GET", &head(200, &response));
        let Cleaned::Pass { headers } = passed else {
            panic!("{passed:?}");
        };
        let mut headers = headers.into_iter();
        let found = headers.find(|header| header.name == "content-encoding");
        found.map(|header| header.value)
    };
    assert_eq!(written("aws-chunked,gzip").as_deref(), Some("gzip"));
    assert_eq!(written("AWS-Chunked").as_deref(), Some(""));
    assert_eq!(written("gzip"), None);
    assert_eq!(written("gzip, br"), None);
}

#[test]
fn what_a_publisher_sent_is_opened_in_a_sandbox() {
    let sandbox = [("content-security-policy", "sandbox".to_owned())];
    for route in [Route::Bucket, Route::Reader] {
        for sandboxed in [false, true] {
            let response = OriginResponse {
                sandboxed,
                ..head(200, &[])
            };
            let set = set(cleaned(&facts(route), "GET", &response));
            assert_eq!(set.contains(&sandbox[0]), sandboxed, "{route:?}");
        }
        assert!(!keeps_response_header(
            route,
            keyfront_contract::header::SANDBOXED
        ));
    }
    assert!(!keeps_response_header(Route::Bucket, sandbox[0].0));
}
