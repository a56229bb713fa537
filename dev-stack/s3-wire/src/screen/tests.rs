#![allow(clippy::unwrap_used)]

use http::{Request, StatusCode};

use super::*;

const SCOPE: &str = "AKIDEXAMPLE/20260101/eu-west-1/s3/aws4_request";

fn screened(target: &str, headers: &[(&str, &str)]) -> Result<Screened, Refusal> {
    let mut request = Request::builder().uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    screen(&request.body(()).unwrap().into_parts().0, "eu-west-1")
}

fn authorization(signed: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={signed}, Signature=00")
}

#[test]
fn spaces_in_the_authorization_header_do_not_matter() {
    let value = authorization("host").replace(", ", ",");
    assert!(screened("/b/k", &[("host", "h"), ("authorization", &value)]).is_ok());
}

#[test]
fn host_must_be_signed() {
    let value = authorization("date");
    let refusal = screened(
        "/b/k",
        &[("host", "h"), ("date", "d"), ("authorization", &value)],
    )
    .unwrap_err();
    assert_eq!(refusal.details, [("HeadersNotSigned", "host".to_owned())]);
}

#[test]
fn signed_headers_must_be_sorted_without_repetition() {
    for signed in ["host;date", "date;date;host", "Host", "host;", ""] {
        let value = authorization(signed);
        let refusal = screened(
            "/b/k",
            &[("host", "h"), ("date", "d"), ("authorization", &value)],
        );
        assert_eq!(
            refusal.unwrap_err().status,
            StatusCode::FORBIDDEN,
            "{signed}"
        );
    }
}

#[test]
fn two_authorization_headers_are_refused() {
    let value = authorization("host");
    let refusal = screened(
        "/b/k",
        &[
            ("host", "h"),
            ("authorization", &value),
            ("authorization", &value),
        ],
    );
    assert_eq!(refusal.unwrap_err().code, "InvalidArgument");
}

#[test]
fn the_path_is_given_in_its_one_form() {
    let value = authorization("host");
    let screened = screened(
        "/b/a+b%2Fc%2bd",
        &[("host", "h"), ("authorization", &value)],
    )
    .unwrap();
    assert_eq!(screened.path, "/b/a%20b/c%2Bd");
}

#[test]
fn hashes_are_lower_case_hexadecimal_of_32_bytes() {
    let value = authorization("host;x-amz-content-sha256");
    let upper = "AB".repeat(32);
    for (hash, passes) in [
        ("ab".repeat(32).as_str(), true),
        ("UNSIGNED-PAYLOAD", true),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", true),
        (upper.as_str(), false),
        ("ab", false),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", false),
    ] {
        let headers = [
            ("host", "h"),
            ("x-amz-content-sha256", hash),
            ("authorization", &value),
        ];
        assert_eq!(screened("/b/k", &headers).is_ok(), passes, "{hash}");
    }
}

proptest::proptest! {
    #[test]
    fn no_request_makes_it_panic(
        path in "/[ -~]{0,40}",
        query in "[ -~]{0,60}",
        authorization in "(AWS4-HMAC-SHA256 |AWS |)[ -~]{0,80}",
    ) {
        let target = format!("{path}?{query}").replace(['#', ' ', '"', '<', '>', '`', '{', '}', '\\', '^', '|'], "");
        if let Ok(request) = Request::builder().uri(&target).header("authorization", authorization).body(()) {
            let _ = screen(&request.into_parts().0, "eu-west-1");
        }
    }

    #[test]
    fn what_passes_is_canonical_already(path in "/[a-zA-Z0-9%+/ -~]{0,30}") {
        if let Ok(once) = address::canonical_path(&path) {
            proptest::prop_assert_eq!(address::canonical_path(&once).unwrap(), once);
        }
    }
}
