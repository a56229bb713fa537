use super::{
    AnsweredRequest, BadRequest, Cleaned, OriginResponse, ResponseFacts, cause_of_document, clean,
    is_transfer_header, keeps_response_header,
};
use crate::cors::Grant;
use crate::folder::Folder;
use crate::site::DeniedAs;
use keyfront_contract::Route;

fn facts(origin: Route) -> ResponseFacts {
    ResponseFacts {
        route: origin,
        ..ResponseFacts::strictest()
    }
}

/// An answer of an origin, with the error document that the host could read of it.
#[derive(Clone, Copy)]
struct Answered<'a> {
    head: OriginResponse<'a>,
    document: Option<&'a [u8]>,
}

impl<'a> From<&OriginResponse<'a>> for Answered<'a> {
    fn from(head: &OriginResponse<'a>) -> Self {
        let document = None;
        Self {
            head: *head,
            document,
        }
    }
}

fn documented(status: u16, document: &[u8]) -> Answered<'_> {
    Answered {
        head: head(status, &[]),
        document: Some(document),
    }
}

fn cleaned<'a>(facts: &ResponseFacts, method: &str, response: impl Into<Answered<'a>>) -> Cleaned {
    let Answered { head, document } = response.into();
    let request = AnsweredRequest {
        method,
        path: "/bucket/site/a%20b/docs",
        query: "v=1",
        request_id: "id",
        signed_at: Some("20260102T030405Z"),
        facts,
    };
    clean(&request, &head, document.and_then(cause_of_document))
}

fn head<'a>(status: u16, headers: &'a [(&'a str, &'a str)]) -> OriginResponse<'a> {
    OriginResponse {
        status,
        headers,
        sandboxed: false,
    }
}

/// Status and code of an answer in place of the origin's.
fn status_and_code<'a>(facts: &ResponseFacts, response: impl Into<Answered<'a>>) -> (u16, String) {
    match cleaned(facts, "GET", response) {
        Cleaned::Answer { answer, .. } => {
            assert!(
                answer
                    .headers
                    .iter()
                    .any(|header| header.name == "cache-control" && header.value == "no-store")
            );
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            (
                answer.status,
                problem["code"].as_str().unwrap_or_default().to_owned(),
            )
        }
        passed @ Cleaned::Pass { .. } => panic!("{passed:?}"),
    }
}

fn set(cleaned: Cleaned) -> Vec<(&'static str, String)> {
    let headers = match cleaned {
        Cleaned::Pass { headers } => headers,
        Cleaned::Answer { answer, .. } => answer.headers,
    };
    headers
        .into_iter()
        .map(|header| (header.name, header.value.into_owned()))
        .collect()
}

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
fn a_denied_read_is_reported_as_origin_denied() {
    assert_eq!(
        status_and_code(&facts(Route::Bucket), &head(403, &[])),
        (502, "origin-denied".into())
    );
}

#[test]
fn denied_as_missing_turns_every_403_into_404_and_logs_the_cause() {
    let facts = ResponseFacts {
        denied_as: DeniedAs::Missing,
        ..facts(Route::Bucket)
    };
    assert_eq!(
        status_and_code(&facts, &head(403, &[])),
        (404, "not-found".into())
    );
    let skewed = head(403, &[("date", "Fri, 02 Jan 2026 03:30:00 GMT")]);
    assert_eq!(status_and_code(&facts, &skewed), (404, "not-found".into()));
    match cleaned(&facts, "GET", &skewed) {
        Cleaned::Answer {
            log: Some(line), ..
        } => assert!(line.contains("clock-skew")),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        status_and_code(&facts, &head(503, &[])),
        (503, "throttled".into())
    );
}

#[test]
fn a_missing_object_is_404_and_never_logged() {
    match cleaned(&facts(Route::Bucket), "GET", &head(404, &[])) {
        Cleaned::Answer { answer, log } => assert_eq!((answer.status, log), (404, None)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_403_with_clocks_more_than_15_minutes_apart_is_clock_skew() {
    let at = |date| status_and_code(&facts(Route::Bucket), &head(403, &[("date", date)])).1;
    assert_eq!(at("Fri, 02 Jan 2026 03:19:05 GMT"), "origin-denied");
    assert_eq!(at("Fri, 02 Jan 2026 03:19:06 GMT"), "clock-skew");
    assert_eq!(at("Fri, 02 Jan 2026 02:49:04 GMT"), "clock-skew");
    assert_eq!(at("soon"), "origin-denied");
}

#[test]
fn upstream_statuses_have_causes() {
    for (status, expected) in [
        (400, (502, "origin-denied")),
        (401, (502, "origin-denied")),
        (429, (503, "throttled")),
        (503, (503, "throttled")),
        (500, (502, "origin-failed")),
        (502, (502, "origin-failed")),
        (504, (502, "origin-failed")),
        (301, (502, "origin-failed")),
        (307, (502, "origin-failed")),
        (204, (502, "origin-failed")),
        (405, (502, "origin-failed")),
        (999, (502, "origin-failed")),
    ] {
        assert_eq!(
            status_and_code(&facts(Route::Bucket), &head(status, &[])),
            (expected.0, expected.1.into()),
            "{status}"
        );
    }
}

#[test]
fn where_the_body_can_be_read_s3s_code_names_the_cause() {
    for (status, code, message, expected) in [
        (403, "AccessDenied", "Access Denied", "origin-denied"),
        (
            403,
            "AccessDenied",
            "User is not authorized to perform: kms:Decrypt on the resource",
            "kms-denied",
        ),
        (403, "SignatureDoesNotMatch", "", "signature-rejected"),
        (403, "InvalidAccessKeyId", "", "signature-rejected"),
        (403, "RequestTimeTooSkewed", "", "clock-skew"),
        (400, "ExpiredToken", "", "credentials-expired"),
        (400, "KMS.DisabledException", "", "kms-disabled"),
        (400, "KMS.KMSInvalidStateException", "", "kms-disabled"),
        (503, "SlowDown", "", "throttled"),
        (404, "NoSuchKey", "", "not-found"),
        (404, "NoSuchBucket", "", "origin-failed"),
        (403, "SomethingNew", "", "origin-denied"),
    ] {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        let response = documented(status, body.as_bytes());
        assert_eq!(
            status_and_code(&facts(Route::Bucket), response).1,
            expected,
            "{code}"
        );
    }
}

#[test]
fn a_body_that_is_no_error_document_falls_back_to_the_status() {
    for body in [&b""[..], b"\xff\xfe", b"<Code>", b"<html>403</html>"] {
        let response = documented(403, body);
        assert_eq!(
            status_and_code(&facts(Route::Bucket), response).1,
            "origin-denied"
        );
    }
}

#[test]
fn nothing_of_s3s_document_is_shown() {
    let body = b"<Error><Code>AccessDenied</Code><Message>arn:aws:sts::1:assumed-role/edge kms:Decrypt</Message></Error>";
    let response = documented(403, body);
    match cleaned(&facts(Route::Bucket), "GET", response) {
        Cleaned::Answer { answer, log } => {
            assert!(!answer.body.contains("arn:") && !log.unwrap().contains("arn:"));
        }
        other => panic!("{other:?}"),
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
fn what_a_viewer_wrote_in_a_condition_is_never_the_operators_fault() {
    let unusual = ResponseFacts {
        bad_request: BadRequest::Condition,
        ..facts(Route::Bucket)
    };
    for status in [400, 501] {
        let expected = (400, "header-invalid".to_owned());
        assert_eq!(status_and_code(&unusual, &head(status, &[])), expected);
        assert_eq!(
            status_and_code(&facts(Route::Bucket), &head(status, &[])).0,
            502
        );
    }
    // Where the cause can be read, it counts.
    let document = b"<Error><Code>KMS.DisabledException</Code><Message>disabled</Message></Error>";
    let disabled = documented(400, document);
    assert_eq!(status_and_code(&unusual, disabled).1, "kms-disabled");
}

#[test]
fn an_object_under_a_customer_key_is_told_by_the_document_or_by_what_the_site_says() {
    let expected = (403, "customer-key-required".to_owned());
    let document = b"<Error><Code>InvalidRequest</Code><Message>The object was stored using a form of Server Side \
                     Encryption. The correct parameters must be provided to retrieve the object.</Message></Error>";
    let told = documented(400, document);
    assert_eq!(status_and_code(&facts(Route::Bucket), told), expected);
    let has_customer_keys = ResponseFacts {
        bad_request: BadRequest::CustomerKey,
        ..facts(Route::Bucket)
    };
    assert_eq!(
        status_and_code(&has_customer_keys, &head(400, &[])),
        expected
    );
    for (status, code) in [
        (403, "origin-denied"),
        (404, "not-found"),
        (501, "origin-failed"),
    ] {
        let other = status_and_code(&has_customer_keys, &head(status, &[]));
        assert_eq!(other.1, code);
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

#[test]
fn denied_as_missing_does_not_hide_a_publishers_403() {
    let facts = ResponseFacts {
        denied_as: DeniedAs::Missing,
        ..facts(Route::Publish)
    };
    assert_eq!(status_and_code(&facts, &head(403, &[])).1, "origin-denied");
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
fn facts_travel_in_a_header_and_come_back() {
    for origin in [Route::Bucket, Route::Reader, Route::Publish] {
        for denied_as in [DeniedAs::Denied, DeniedAs::Missing] {
            for grant in [
                Grant::Unruled,
                Grant::Anyone,
                Grant::Nobody,
                Grant::Origin("https://a.example:1".into()),
            ] {
                for bad_request in [
                    BadRequest::Unexplained,
                    BadRequest::Condition,
                    BadRequest::CustomerKey,
                ] {
                    for folder in [None, Some(Folder::of("a b/", "docs"))] {
                        let facts = ResponseFacts {
                            route: origin,
                            denied_as,
                            grant: grant.clone(),
                            bad_request,
                            folder,
                        };
                        assert_eq!(ResponseFacts::read(Some(&facts.written())), facts);
                    }
                }
            }
        }
    }
}

#[test]
fn facts_that_were_not_written_here_count_as_the_strictest() {
    for value in [
        None,
        Some(""),
        Some("v2 publish missing *"),
        Some("v1 publish missing"),
        Some("v1 publish missing * x"),
        Some("v1 reader denied a b"),
        Some("v1 bucket denied * unusual x"),
        Some("v1 bucket denied * unusual 4-0:/ x"),
        Some("v1 bucket denied * 4-0:/ unusual"),
        Some("v1 bucket denied * unusual unusual"),
    ] {
        assert_eq!(
            ResponseFacts::read(value),
            ResponseFacts::strictest(),
            "{value:?}"
        );
    }
}

/// Where the viewer of an object is sent.
fn location(facts: &ResponseFacts, response: &OriginResponse<'_>) -> Option<String> {
    match cleaned(facts, "GET", response) {
        Cleaned::Answer { answer, .. } if answer.status == 302 => {
            let find = |name| answer.headers.iter().find(|header| header.name == name);
            assert_eq!(find("cache-control").unwrap().value, "no-store");
            Some(find("location").unwrap().value.clone().into_owned())
        }
        _ => None,
    }
}

#[test]
fn a_missing_object_that_may_be_a_folder_is_redirected_there() {
    let problem = [("content-type", "application/problem+json")];
    for (route, missing) in [
        (Route::Bucket, head(404, &[])),
        (Route::Reader, head(404, &problem)),
    ] {
        let facts = ResponseFacts {
            folder: Some(Folder::of("my site/", "a b/docs")),
            ..facts(route)
        };
        let to = |response: &OriginResponse<'_>| location(&facts, response);
        assert_eq!(to(&missing).unwrap(), "/my%20site/a%20b/docs/?v=1");
        // Whatever else is wrong, and what is there, stays what it is.
        for status in [200, 206, 304, 400, 403, 412, 416, 500, 503] {
            assert_eq!(to(&head(status, &problem)), None, "{status}");
        }
        let elsewhere = ResponseFacts {
            folder: Some(Folder::of("", "much longer than what was asked of it")),
            ..facts.clone()
        };
        assert_eq!(location(&elsewhere, &missing), None);
    }
    assert_eq!(location(&facts(Route::Bucket), &head(404, &[])), None);
}

#[test]
fn a_403_that_is_reported_as_missing_leads_to_the_folder_too() {
    let facts = ResponseFacts {
        denied_as: DeniedAs::Missing,
        folder: Some(Folder::of("", "docs")),
        ..facts(Route::Bucket)
    };
    let found = location(&facts, &head(403, &[]));
    assert_eq!(found.as_deref(), Some("/docs/?v=1"));
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
