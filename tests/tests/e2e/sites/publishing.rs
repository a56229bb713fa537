//! Publishing beside sites, and what it clears.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::local_stack::LocalStack;

use super::stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_clears_every_path_that_an_object_has_in_any_site() {
    let stack = stack().await;
    for (key, paths) in [
        (
            "handbook/index.html",
            ["/docs/", "/docs/index.html", "/handbook/index.html"],
        ),
        (
            "api/list.json",
            [
                "/docs/api/list.json",
                "/docs/api/list.json?v=1",
                "/docs/api/list.json?v=2",
            ],
        ),
    ] {
        for path in paths {
            let body = stack.cdn().get(path).await.body;
            assert_eq!(body, format!("keyfront-dev {key}"), "{path}");
        }
        put_new(&stack, key).await;
        for path in paths {
            assert_eq!(stack.cdn().get(path).await.body, "new", "{path}");
        }
    }
}

async fn put_new(stack: &LocalStack, key: &str) {
    let target = format!("/objects/{key}?overwrite=true");
    let headers = [("content-type", "application/octet-stream")];
    let stored = stack
        .call(Method::PUT, &target, &headers, Bytes::from_static(b"new"))
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stored.json()["cdn"], "invalidated", "{key}");
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_and_reader_routes_keep_their_place_before_sites() {
    let stack = stack().await;
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let target = "/_publish/objects/handbook/by-cdn.txt";
    let stored = stack
        .cdn()
        .send(Method::PUT, target, &headers, Bytes::from_static(b"by cdn"))
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stack.cdn().get("/docs/by-cdn.txt").await.body, "by cdn");
    let sealed = stack
        .put(
            "read/sealed",
            "envelope-kms",
            Bytes::from_static(b"opened"),
            &[],
        )
        .await;
    assert_eq!(sealed.status, StatusCode::CREATED, "{sealed:?}");
    assert_eq!(stack.cdn().get("/read/sealed").await.body, "opened");
    for method in [Method::PUT, Method::DELETE, Method::POST] {
        let answer = stack
            .cdn()
            .send(method.clone(), "/docs/x", &headers, Bytes::new())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
}
