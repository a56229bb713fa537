#![allow(clippy::unwrap_used)]

use std::time::Duration;

use http::Request;
use keyfront_iam::Principal;

use super::*;

const HOST: &str = "abc.lambda-url.eu-west-1.on.aws";

fn requester() -> Requester {
    let principal = Principal::AssumedRole {
        account: "123456789012".to_owned(),
        role: "edge".to_owned(),
        session: "node-1".to_owned(),
    };
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_583_348_638_390);
    let mut requester = Requester::new(principal, time);
    requester.source_ip = Some([192, 0, 2, 7].into());
    requester
}

fn event(request: http::request::Builder, body: &[u8]) -> Value {
    let (head, ()) = request.header("host", HOST).body(()).unwrap().into_parts();
    let invocation = Invocation {
        head: &head,
        body,
        requester: &requester(),
        host: HOST,
        request_id: "id-1",
    };
    invocation.event()
}

#[test]
fn the_event_names_the_verified_caller() {
    let request = Request::put("/objects/a%20b").header(
        "authorization",
        "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20200312/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
    );
    let event = event(request, b"");
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/objects/a%20b");
    assert!(event["body"].is_null() && event["isBase64Encoded"] == false);
    assert!(event["headers"]["authorization"].is_null());
    let context = &event["requestContext"];
    let iam = &context["authorizer"]["iam"];
    assert_eq!(
        iam["userArn"],
        "arn:aws:sts::123456789012:assumed-role/edge/node-1"
    );
    assert_eq!(iam["accessKey"], "ASIAEXAMPLE");
    assert_eq!(iam["accountId"], "123456789012");
    assert!(iam["callerId"].as_str().unwrap().ends_with(":node-1"));
    assert_eq!(context["domainPrefix"], "abc");
    assert_eq!(context["http"]["method"], "PUT");
    assert_eq!(context["http"]["sourceIp"], "192.0.2.7");
    assert_eq!(context["requestId"], "id-1");
    assert_eq!(context["time"], "04/Mar/2020:19:03:58 +0000");
    assert_eq!(context["timeEpoch"], 1_583_348_638_390_u64);
}

#[test]
fn repeated_headers_and_parameters_are_joined_and_cookies_stand_apart() {
    let request = Request::get("/?a=1&a=x+y&b=%2B")
        .header("x-one", "1")
        .header("x-one", "2")
        .header("cookie", "c=1; d=2");
    let event = event(request, b"");
    assert_eq!(event["rawQueryString"], "a=1&a=x y&b=%2B");
    assert_eq!(event["queryStringParameters"]["a"], "1,x y");
    assert_eq!(event["queryStringParameters"]["b"], "+");
    assert_eq!(event["headers"]["x-one"], "1,2");
    assert_eq!(event["cookies"], json!(["c=1", "d=2"]));
    assert!(event["headers"]["cookie"].is_null());
    assert_eq!(event["headers"]["x-forwarded-proto"], "https");
    assert_eq!(event["headers"]["x-forwarded-for"], "192.0.2.7");
}

#[test]
fn only_text_of_a_text_type_is_no_base64() {
    let encoded = |content_type: &str, body: &[u8]| {
        let event = event(Request::put("/").header("content-type", content_type), body);
        (event["body"].clone(), event["isBase64Encoded"].clone())
    };
    for text in [
        "text/plain",
        "TEXT/html; charset=utf-8",
        "application/json",
        "application/xml",
        "application/javascript",
    ] {
        assert_eq!(encoded(text, b"x"), (json!("x"), json!(false)), "{text}");
    }
    for binary in [
        "",
        "image/png",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
    ] {
        assert_eq!(
            encoded(binary, b"x"),
            (json!("eA=="), json!(true)),
            "{binary}"
        );
    }
    assert_eq!(encoded("text/plain", b"\xff"), (json!("/w=="), json!(true)));
    let encoded = Request::put("/")
        .header("content-type", "text/plain")
        .header("content-encoding", "gzip");
    assert_eq!(event(encoded, b"x")["isBase64Encoded"], true);
}
