//! What a function sees of a request, and what it may change.

use keyfront_dev_cdn::OriginRequestPolicy;
use serde_json::Value;

use super::{echo_origin, stage_with};
use crate::stage::{ORIGIN, Stage, header, read, with_bundle};

#[tokio::test]
async fn function_sees_the_documented_event() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "return { status: '200', body: JSON.stringify(event) };",
    )
    .await;
    let response = stage
        .get("/a%20b/%D1%84+?v=1&dropped=2")
        .header("x-variant", "bl\u{e4}u".as_bytes())
        .send()
        .await
        .unwrap();
    assert_eq!(
        header(&response, "x-cache"),
        "LambdaGeneratedResponse from cloudfront"
    );
    let id = header(&response, "x-amz-cf-id");
    let event: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let cf = &event["Records"][0]["cf"];
    assert_eq!(cf["config"]["eventType"], "origin-request");
    assert_eq!(cf["config"]["requestId"], id.as_str());
    assert_eq!(cf["config"]["distributionId"], "ETEST");
    let request = &cf["request"];
    assert_eq!(request["clientIp"], "127.0.0.1");
    assert_eq!(request["method"], "GET");
    assert_eq!(request["uri"], "/a%20b/%D1%84+");
    assert_eq!(request["querystring"], "v=1");
    assert_eq!(request["headers"]["host"][0]["key"], "Host");
    assert_eq!(request["headers"]["host"][0]["value"], ORIGIN);
    assert_eq!(
        request["headers"]["user-agent"][0]["value"],
        "Amazon CloudFront"
    );
    assert!(request["headers"]["x-amz-cf-id"].is_null());
    assert!(request["headers"]["x-keyfront-site"].is_null());
    let custom = &request["origin"]["custom"];
    assert_eq!(custom["domainName"], ORIGIN);
    assert_eq!(
        custom["customHeaders"]["x-keyfront-site"][0]["value"],
        "site"
    );
    assert_eq!(custom["protocol"], "https");
    assert_eq!(custom["port"], 443);
    assert_eq!(request["body"]["action"], "read-only");
    assert_eq!(request["body"]["data"], "");
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn changed_request_goes_to_the_origin_as_changed() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "request.uri = '/changed%2Fpath+x';
         request.querystring = 'a=1&b';
         request.headers.host = [{ key: 'Host', value: 'other.example.com' }];
         request.headers.authorization = [{ key: 'Authorization', value: 'AWS4 x' }];
         request.headers['x-amz-date'] = [{ value: '20260101T000000Z' }];
         delete request.origin.custom.customHeaders['x-keyfront-site'];
         return request;",
    )
    .await;
    assert_eq!(stage.fetch("/a").await.0, 200);
    let seen = origin.last();
    assert_eq!(seen.target, "/changed%2Fpath+x?a=1&b");
    assert_eq!(seen.header("host"), Some("other.example.com"));
    assert_eq!(seen.header("authorization"), Some("AWS4 x"));
    assert_eq!(seen.header("x-amz-date"), Some("20260101T000000Z"));
    assert_eq!(seen.header("x-keyfront-site"), None);
    assert!(seen.header("x-amz-cf-id").is_some());
    assert_eq!(stage.fetch("/a").await.1, "Hit from cloudfront");
}

#[tokio::test]
async fn changed_origin_is_found_in_the_table() {
    let origin = echo_origin().await;
    let (stage, _folder) = stage_with(
        &origin,
        "request.origin.custom.domainName = request.uri === '/known' ? 'MEDIA.s3.eu-west-1.amazonaws.com' : 'example.com';
         return request;",
    )
    .await;
    assert_eq!(stage.fetch("/known").await.0, 200);
    assert_eq!(stage.fetch("/unknown").await.0, 502);
}

#[tokio::test]
async fn what_cloudfront_does_not_accept_is_502() {
    let origin = echo_origin().await;
    for broken in [
        "request.headers['x-amz-cf-id'] = [{ value: 'x' }]; return request;",
        "request.headers.connection = [{ value: 'close' }]; return request;",
        "delete request.headers.via; return request;",
        "request.method = 'HEAD'; return request;",
        "request.uri = 'x'; return request;",
        "return null;",
        "return { status: '42' };",
        "return { status: '200', body: 'x'.repeat(1048577) };",
    ] {
        let (stage, _folder) = stage_with(&origin, broken).await;
        let (status, x_cache, _) = stage.fetch("/a").await;
        assert_eq!(status, 502, "{broken}");
        assert_eq!(x_cache, "LambdaValidationError from cloudfront", "{broken}");
    }
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn body_is_shown_up_to_a_mebibyte_and_travels_whole() {
    let origin = echo_origin().await;
    let folder = tempfile::tempdir().unwrap();
    let mut setting = with_bundle(
        folder.path(),
        "export const handler = async (event) => {
           const { config, request, response } = event.Records[0].cf;
           if (config.eventType === 'origin-response') return response;
           const { inputTruncated, data, encoding } = request.body;
           request.headers['x-seen'] = [{ value: `${inputTruncated} ${encoding} ${Buffer.from(data, 'base64').length}` }];
           if (request.uri === '/replace') {
             request.body = { action: 'replace', encoding: 'text', data: 'replaced' };
           }
           return request;
         };",
    );
    setting.behaviours[0].forward = OriginRequestPolicy::all_viewer_except_host();
    let stage = Stage::with(&origin, setting).await;
    let put = |path: &str, length: usize| {
        read(stage.client.put(stage.url(path)).body("x".repeat(length)))
    };
    for (length, shown) in [
        (0, "false base64 0"),
        (5, "false base64 5"),
        (1 << 20, "false base64 1048576"),
        ((1 << 20) + 1, "true base64 1048576"),
        (3 << 20, "true base64 1048576"),
    ] {
        assert_eq!(put("/a", length).await.2.len(), length);
        let seen = origin.last();
        assert_eq!(seen.header("x-seen"), Some(shown));
        assert_eq!(
            seen.header("content-length").unwrap_or("0"),
            length.to_string()
        );
    }
    assert_eq!(put("/replace", 100).await.2, "replaced");
    assert_eq!(origin.last().header("content-length"), Some("8"));
}
