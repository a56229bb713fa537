//! The image API over uploads.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::stack::Stack;
use serde_json::{Value, json};

use super::{ask, read};

#[tokio::test]
async fn the_image_api_stores_lists_and_refuses_a_missing_field() {
    let stack = Stack::start();
    let document = json!({"file_name": "cat.png", "file_data": "aGVsbG8="});
    let stored = ask(&stack, Method::POST, "/images", document).await;
    assert_eq!(stored.header("access-control-allow-origin"), "*");
    assert_eq!(stored.status, StatusCode::OK);
    assert_eq!(read(&stored)["file_name"], "cat.png");
    assert!(read(&stored)["message"].is_string());
    for missing in [json!({"file_name": "x"}), json!({"file_data": ""})] {
        let answer = ask(&stack, Method::POST, "/images", missing).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let listed = read(&ask(&stack, Method::GET, "/images", Value::Null).await);
    let image = &listed["images"][0];
    assert_eq!(image["key"], "images/cat.png");
    assert!(image["lastModified"].is_string());
    // On the CDN: a presigned URL would show its readers the origin's session token and the key's ARN.
    let url = image["imageUrl"].as_str().unwrap();
    assert_eq!(
        url,
        format!("{}/images/cat.png", stack.dev.cdn_url.trim_end_matches('/'))
    );
    let seen = stack.cdn().get("/images/cat.png").await;
    assert_eq!(
        (&seen.body[..], seen.header("content-type")),
        (&b"hello"[..], "image/png")
    );
    let preflight = stack
        .origin()
        .send(Method::OPTIONS, "/images", &[], Bytes::new())
        .await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        "authorization, *"
    );
}
