use keyfront_contract::Route;

use super::keeps_request_header;

/// What CloudFront lets no origin-request function remove or change.
const READ_ONLY: [&str; 9] = [
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "transfer-encoding",
    "via",
];

#[test]
fn headers_that_cloudfront_protects_pass_to_every_origin() {
    for origin in Route::ALL {
        for name in READ_ONLY {
            assert!(keeps_request_header(origin, name), "{origin:?} {name}");
        }
    }
}

#[test]
fn ranges_and_conditions_pass_to_every_origin() {
    for origin in Route::ALL {
        for name in [
            "range",
            "if-range",
            "if-match",
            "if-none-match",
            "if-modified-since",
            "if-unmodified-since",
        ] {
            assert!(keeps_request_header(origin, name), "{origin:?} {name}");
        }
    }
}

#[test]
fn a_viewers_authorization_and_amz_headers_reach_no_origin() {
    for origin in Route::ALL {
        for name in [
            "authorization",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-content-sha256",
            "x-amz-acl",
            "x-amz-cf-id",
            "x-amz-server-side-encryption-customer-key",
            "x-keyfront-response",
            "x-keyfront-authorization",
            "x-keyfront-site",
            "proxy-authorization",
            "connection",
            "host",
        ] {
            assert!(!keeps_request_header(origin, name), "{origin:?} {name}");
        }
    }
}

#[test]
fn the_bucket_sees_no_cookies_referers_or_origins() {
    for name in [
        "cookie",
        "referer",
        "origin",
        "access-control-request-method",
        "x-custom",
        "cache-control",
    ] {
        assert!(!keeps_request_header(Route::Bucket, name), "{name}");
        assert!(!keeps_request_header(Route::Reader, name), "{name}");
    }
}

#[test]
fn a_publishers_own_headers_reach_the_publish_endpoint() {
    for name in [
        "content-type",
        "cache-control",
        "content-disposition",
        "if-match",
        "x-request-id",
        "accept",
    ] {
        assert!(keeps_request_header(Route::Publish, name), "{name}");
    }
}
