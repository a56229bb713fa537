#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::json;

use super::*;
use crate::edge::event::{EdgeEvent, EventConfig};

fn given() -> EdgeRequest {
    serde_json::from_value(json!({
        "clientIp": "203.0.113.178",
        "method": "GET",
        "uri": "/a%20b",
        "querystring": "",
        "headers": {
            "host": [{"key": "Host", "value": "example.org"}],
            "via": [{"key": "Via", "value": "2.0 abc.cloudfront.net (CloudFront)"}],
            "if-none-match": [{"key": "If-None-Match", "value": "\"x\""}],
            "user-agent": [{"key": "User-Agent", "value": "Amazon CloudFront"}],
        },
        "origin": {"custom": {
            "customHeaders": {"x-keyfront-site": [{"key": "x-keyfront-site", "value": "{}"}]},
            "domainName": "example.org", "keepaliveTimeout": 5, "path": "", "port": 443,
            "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"],
        }},
    }))
    .unwrap()
}

/// The reason a changed request is refused for; `None` if it is accepted.
fn refusal_of(change: impl FnOnce(&mut Value)) -> Option<String> {
    let mut returned = serde_json::to_value(given()).unwrap();
    change(&mut returned);
    RequestVerdict::from_returned(returned)
        .and_then(|verdict| verdict.checked(&given()))
        .err()
}

fn with_header(name: &str, value: &str) -> Option<String> {
    refusal_of(|request| request["headers"][name] = json!([{"key": name, "value": value}]))
}

#[test]
fn unchanged_request_is_accepted() {
    assert_eq!(refusal_of(|_| {}), None);
}

#[test]
fn headers_a_function_may_not_add_are_refused() {
    for name in [
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-amz-cf-id",
        "x-amzn-trace-id",
        "x-cache",
        "x-edge-location",
        "x-forwarded-proto",
        "x-real-ip",
    ] {
        assert!(with_header(name, "1").is_some(), "{name}");
    }
}

#[test]
fn read_only_headers_may_not_be_added_changed_or_removed() {
    for name in READ_ONLY_AT_ORIGIN_REQUEST {
        assert!(with_header(name, "other").is_some(), "{name}");
    }
    for name in ["via", "if-none-match"] {
        let removed = refusal_of(|request| {
            request["headers"].as_object_mut().unwrap().remove(name);
        });
        assert!(removed.is_some(), "{name}");
    }
}

#[test]
fn writable_headers_are_accepted() {
    for name in [
        "authorization",
        "host",
        "range",
        "if-match",
        "x-amz-date",
        "x-amz-content-sha256",
        "user-agent",
    ] {
        assert_eq!(with_header(name, "value"), None, "{name}");
    }
}

#[test]
fn malformed_headers_are_refused() {
    assert!(with_header("x-a", "line\nbreak").is_some());
    assert!(with_header("x-a", "\u{20ac}").is_some());
    assert!(with_header("X-Upper", "a").is_some());
    assert!(with_header("x a", "a").is_some());
    let another = refusal_of(|request| {
        request["headers"]["x-a"] = json!([{"key": "X-B", "value": "1"}]);
    });
    assert!(another.is_some());
}

#[test]
fn method_address_and_uri_keep_their_form() {
    for (field, value) in [
        ("method", "POST"),
        ("clientIp", "127.0.0.1"),
        ("uri", "no-slash"),
        ("uri", "/a?b"),
        ("uri", "/a b"),
        ("querystring", "a=b#c"),
    ] {
        assert!(
            refusal_of(|r| r[field] = json!(value)).is_some(),
            "{field} {value}"
        );
    }
    let long = format!("/{}", "a".repeat(8_191));
    assert!(refusal_of(|r| r["uri"] = json!(long)).is_some());
    assert_eq!(refusal_of(|r| r["uri"] = json!("/other%2Fpath")), None);
}

#[test]
fn origin_may_change_within_cloudfronts_rules() {
    let origin = |change: fn(&mut Value)| refusal_of(|r| change(&mut r["origin"]["custom"]));
    assert_eq!(
        origin(|o| o["domainName"] = json!("other.example.org")),
        None
    );
    assert_eq!(origin(|o| o["customHeaders"] = json!({})), None);
    assert!(origin(|o| o["domainName"] = json!("a/b")).is_some());
    assert!(origin(|o| o["path"] = json!("/a/")).is_some());
    assert!(origin(|o| o["protocol"] = json!("ftp")).is_some());
    assert!(origin(|o| o["customHeaders"] = json!({"host": [{"value": "x"}]})).is_some());
    assert!(origin(|o| o["customHeaders"] = json!({"x-amz-date": [{"value": "x"}]})).is_some());
    let twice = refusal_of(|r| r["headers"]["x-keyfront-site"] = json!([{"value": "{}"}]));
    assert!(twice.unwrap().contains("both"));
}

#[test]
fn replaced_body_is_decoded_and_bounded() {
    let body = |action: &str, encoding: &str, data: &str| EdgeBody {
        input_truncated: false,
        action: action.into(),
        encoding: encoding.into(),
        data: data.into(),
    };
    assert_eq!(
        replacement(&body("read-only", "base64", "!!")).unwrap(),
        None
    );
    assert_eq!(
        replacement(&body("replace", "base64", "aGk="))
            .unwrap()
            .unwrap(),
        "hi"
    );
    assert_eq!(
        replacement(&body("replace", "text", "aGk="))
            .unwrap()
            .unwrap(),
        "aGk="
    );
    assert!(replacement(&body("replace", "base64", "!!")).is_err());
    assert!(replacement(&body("replace", "text", &"a".repeat(GENERATED_LIMIT + 1))).is_err());
    assert!(replacement(&body("append", "text", "")).is_err());
}

#[test]
fn generated_answers_are_validated() {
    let validated = |returned: Value| {
        RequestVerdict::from_returned(returned).and_then(|verdict| verdict.checked(&given()))
    };
    assert!(validated(json!({"status": "200", "body": "hi"})).is_ok());
    assert!(validated(json!({"status": 404, "statusDescription": "Not Found"})).is_ok());
    for (returned, why) in [
        (json!(null), "nothing"),
        (json!("text"), "not an object"),
        (json!({}), "empty"),
        (json!({"status": "99"}), "status too low"),
        (json!({"status": "600"}), "status too high"),
        (json!({"status": "abc"}), "status not a number"),
        (json!({"status": "204", "body": "x"}), "204 with a body"),
        (
            json!({"status": "200", "body": "a".repeat(GENERATED_LIMIT + 1)}),
            "too long",
        ),
        (
            json!({"status": "200", "body": "!", "bodyEncoding": "base64"}),
            "not base64",
        ),
        (
            json!({"status": "200", "bodyEncoding": "gzip", "body": "x"}),
            "unknown encoding",
        ),
        (
            json!({"status": "200", "headers": {"x-cache": [{"value": "Hit"}]}}),
            "disallowed header",
        ),
        (
            json!({"status": "200", "headers": {"via": [{"value": "x"}]}}),
            "read-only header",
        ),
    ] {
        assert!(validated(returned).is_err(), "{why}");
    }
}

#[test]
fn origin_response_keeps_via_and_transfer_encoding() {
    let given: EdgeResponse = serde_json::from_value(json!({
        "status": "200", "statusDescription": "OK",
        "headers": {"via": [{"key": "Via", "value": "1.1 origin"}]},
    }))
    .unwrap();
    let kept = serde_json::to_value(&given).unwrap();
    assert!(check_response(&given, kept.clone()).is_ok());
    let mut dropped = kept.clone();
    dropped["headers"] = json!({});
    assert!(check_response(&given, dropped).is_err());
    let mut added = kept;
    added["headers"]["transfer-encoding"] = json!([{"value": "chunked"}]);
    assert!(check_response(&given, added).is_err());
    assert!(check_response(&given, Value::Null).is_err());
}

#[test]
fn event_has_the_documented_shape() {
    let config = EventConfig {
        distribution_domain_name: "d111111abcdef8.cloudfront.net".into(),
        distribution_id: "EDFDVBD6EXAMPLE".into(),
        event_type: "origin-request",
        request_id: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==".into(),
    };
    let request = given();
    let event = serde_json::to_value(EdgeEvent::new(&config, &request, None)).unwrap();
    assert_eq!(
        event,
        json!({"Records": [{"cf": {
            "config": {
                "distributionDomainName": "d111111abcdef8.cloudfront.net",
                "distributionId": "EDFDVBD6EXAMPLE",
                "eventType": "origin-request",
                "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
            },
            "request": {
                "clientIp": "203.0.113.178",
                "headers": {
                    "host": [{"key": "Host", "value": "example.org"}],
                    "via": [{"key": "Via", "value": "2.0 abc.cloudfront.net (CloudFront)"}],
                    "if-none-match": [{"key": "If-None-Match", "value": "\"x\""}],
                    "user-agent": [{"key": "User-Agent", "value": "Amazon CloudFront"}],
                },
                "method": "GET",
                "origin": {"custom": {
                    "customHeaders": {"x-keyfront-site": [{"key": "x-keyfront-site", "value": "{}"}]},
                    "domainName": "example.org",
                    "keepaliveTimeout": 5,
                    "path": "",
                    "port": 443,
                    "protocol": "https",
                    "readTimeout": 30,
                    "sslProtocols": ["TLSv1.2"],
                }},
                "querystring": "",
                "uri": "/a%20b",
            },
        }}]})
    );
}
