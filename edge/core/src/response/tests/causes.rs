//! Failures of the bucket: the cause, the status a viewer gets, what is logged.

use keyfront_contract::Route;

use super::{Answered, cleaned, facts, head, status_and_code};
use crate::{
    response::{BadRequest, Cleaned, ResponseFacts},
    site::DeniedAs,
};

fn documented(status: u16, document: &[u8]) -> Answered<'_> {
    Answered {
        head: head(status, &[]),
        document: Some(document),
    }
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
