//! The origin as Lambda runs it: the bundled `bootstrap`, Function URL events, a real S3 behind it.

mod account;
mod emulator;

use account::{Account, BUCKET, TOKEN};
use aws_sdk_s3::types::ServerSideEncryption;
use emulator::Emulator;
use serde_json::{Value, json};

const EDGE: &str = "arn:aws:sts::123456789012:assumed-role/edge/eu-central-1.keyfront-edge";

async fn start() -> (Account, Emulator) {
    // A second installation in one process is refused, and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let account = Account::open().await.unwrap();
    let emulator = Emulator::start(&account).await.unwrap();
    (account, emulator)
}

/// An event of a caller whose signature AWS has verified.
fn event(caller: &str, method: &str, path: &str, body: Option<&str>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "host": "abc.lambda-url.eu-central-1.on.aws",
            "content-type": "text/plain",
            "x-keyfront-authorization": format!("Bearer {TOKEN}"),
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "authentication": null,
            "authorizer": {"iam": {
                "accessKey": "ASIAEXAMPLE",
                "accountId": "123456789012",
                "callerId": "AROAEXAMPLE:session",
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": caller,
                "userId": "AROAEXAMPLE:session",
            }},
            "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "abc",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "Amazon CloudFront",
            },
            "requestId": "5f3c9a52-0000-4000-8000-000000000001",
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_219_200_000_u64,
        },
        "body": body,
        "isBase64Encoded": body.is_some(),
    })
}

/// Status and body of a function's answer.
fn status_and_body(answer: &Value) -> (u64, Value) {
    let body = answer["body"].as_str().unwrap();
    (
        answer["statusCode"].as_u64().unwrap(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

fn code(answer: &Value) -> (u64, String) {
    let (status, body) = status_and_body(answer);
    assert_eq!(
        answer["headers"]["content-type"],
        "application/problem+json"
    );
    assert_eq!(
        answer["headers"]["x-keyfront-request-id"],
        body["request_id"]
    );
    (status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_bundled_function_answers_its_url_and_lets_no_stranger_in() {
    let (_account, emulator) = start().await;
    let health = emulator
        .client
        .get(emulator.url("/healthz"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    for target in [
        "/objects",
        "/objects?prefix=a+b%20c",
        "/objects/site/a%20b%2Fc%2525",
    ] {
        let request = emulator.client.get(emulator.url(target)).bearer_auth(TOKEN);
        let answer = request
            .header("x-keyfront-authorization", format!("Bearer {TOKEN}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{target}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let id = answer.headers()["x-keyfront-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(
            (&body["code"], &body["request_id"]),
            (&json!("unauthenticated"), &json!(id))
        );
    }
    let answer = emulator
        .client
        .post(emulator.url("/objects/site/a"))
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 405);
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn the_bundled_function_stores_what_the_edge_forwards_encrypted_with_the_key() {
    let (account, emulator) = start().await;
    let path = "/objects/site/%D0%BA%D0%BB%D1%8E%D1%87%20a%2Bb%25.bin";
    // 256 bytes, each value once, in base64.
    let body: Vec<u8> = (0..=255).collect();
    let encoded = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==";
    let put = emulator
        .invoke(&event(EDGE, "PUT", path, Some(encoded)))
        .await
        .unwrap();
    let (status, receipt) = status_and_body(&put);
    assert_eq!(
        (status, &receipt["size"], &receipt["sse"]),
        (201, &json!(256), &json!("aws:kms")),
        "{put}"
    );

    let key = "site/\u{43a}\u{43b}\u{44e}\u{447} a+b%.bin";
    let stored = account
        .s3()
        .get_object()
        .bucket(BUCKET)
        .key(key)
        .send()
        .await
        .unwrap();
    assert_eq!(
        stored.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    assert_eq!(stored.ssekms_key_id(), Some(account.key_arn.as_str()));
    assert_eq!(stored.body.collect().await.unwrap().to_vec(), body);

    let again = emulator
        .invoke(&event(EDGE, "PUT", path, Some("eA==")))
        .await
        .unwrap();
    assert_eq!(code(&again), (412, "already-exists".to_owned()));
    let (_, listed) = status_and_body(
        &emulator
            .invoke(&event(EDGE, "GET", "/objects", None))
            .await
            .unwrap(),
    );
    assert_eq!(listed["objects"][0]["key"], key);
    let (status, found) = status_and_body(
        &emulator
            .invoke(&event(EDGE, "GET", path, None))
            .await
            .unwrap(),
    );
    assert_eq!((status, &found["etag"]), (200, &receipt["etag"]));
    let (status, _) = status_and_body(
        &emulator
            .invoke(&event(EDGE, "DELETE", path, None))
            .await
            .unwrap(),
    );
    assert_eq!(status, 200);
    let gone = emulator
        .invoke(&event(EDGE, "GET", path, None))
        .await
        .unwrap();
    assert_eq!(code(&gone), (404, "not-found".to_owned()));
    assert!(
        !emulator.log().unwrap().contains(TOKEN),
        "the token is logged"
    );
}

#[tokio::test]
async fn the_bundled_function_refuses_and_survives() {
    let (account, emulator) = start().await;
    let other = "arn:aws:sts::123456789012:assumed-role/other/edge";
    for (event, expected) in [
        (
            event(other, "PUT", "/objects/site/a", Some("eA==")),
            (401, "unauthenticated"),
        ),
        (
            event(EDGE, "PUT", "/objects/private/a", Some("eA==")),
            (403, "forbidden"),
        ),
        (
            event(EDGE, "PUT", "/objects/site/../a", Some("eA==")),
            (400, "path-invalid"),
        ),
        (
            event(
                EDGE,
                "PUT",
                "/objects/.keyfront/publishers.json",
                Some("eA=="),
            ),
            (400, "path-invalid"),
        ),
        (
            event(EDGE, "PUT", "/objects/site/a", Some("not base64")),
            (500, "event-invalid"),
        ),
        (json!({"Records": []}), (500, "event-invalid")),
        (json!("text"), (500, "event-invalid")),
    ] {
        let answer = emulator.invoke(&event).await.unwrap();
        let (status, code) = code(&answer);
        assert_eq!((status, code.as_str()), expected, "{event}");
    }
    account.disable_key().unwrap();
    let put = event(EDGE, "PUT", "/objects/site/a", Some("eA=="));
    let answer = emulator.invoke(&put).await.unwrap();
    assert_eq!(code(&answer), (502, "kms-disabled".to_owned()));
    account.enable_key().unwrap();
    assert_eq!(
        status_and_body(&emulator.invoke(&put).await.unwrap()).0,
        201
    );
    let listed = account
        .s3()
        .list_objects_v2()
        .bucket(BUCKET)
        .prefix("site/")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.key_count(), Some(1));
}
