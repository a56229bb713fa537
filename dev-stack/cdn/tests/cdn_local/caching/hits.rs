//! What is answered from the cache: keys, methods, conditions.

use super::{OBJECT, object_origin};
use crate::stage::{Stage, TestOrigin, answer, at_once, header, read};

#[tokio::test]
async fn second_request_is_a_hit_with_age() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    assert_eq!(
        stage.fetch("/a").await,
        (200, "Miss from cloudfront".into(), OBJECT.into())
    );
    let hit = stage.get("/a").send().await.unwrap();
    assert_eq!(header(&hit, "x-cache"), "Hit from cloudfront");
    assert_eq!(header(&hit, "age"), "0");
    assert_eq!(header(&hit, "content-length"), "10");
    assert_eq!(hit.text().await.unwrap(), OBJECT);
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn only_listed_query_parameters_and_headers_are_in_the_key() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a?v=1&tracking=x").await;
    assert_eq!(origin.last().target, "/a?v=1");
    stage.fetch("/a?other=y&v=1").await;
    assert_eq!(origin.count(), 1);
    stage.fetch("/a?v=2").await;
    stage.fetch("/a").await;
    assert_eq!(origin.count(), 3);
    let variant = |value| read(stage.get("/a").header("x-variant", value));
    variant("blue").await;
    variant("blue").await;
    assert_eq!(origin.count(), 4);
    variant("red").await;
    assert_eq!(origin.count(), 5);
}

#[tokio::test]
async fn head_is_answered_from_a_cached_get() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    let head = stage.client.head(stage.url("/a")).send().await.unwrap();
    assert_eq!(header(&head, "x-cache"), "Hit from cloudfront");
    assert_eq!(header(&head, "content-length"), "10");
    assert_eq!(head.text().await.unwrap(), "");
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn get_is_never_answered_from_a_cached_head() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    for _ in 0..2 {
        stage.client.head(stage.url("/a")).send().await.unwrap();
    }
    assert_eq!((origin.count(), origin.last().method.as_str()), (1, "HEAD"));
    assert_eq!(stage.fetch("/a").await.2, OBJECT);
    assert_eq!(origin.count(), 2);
}

#[tokio::test]
async fn conditional_requests_are_answered_304_from_the_cache() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    for (name, value, status) in [
        ("if-none-match", "\"one\"", 304),
        ("if-none-match", "\"zero\", W/\"one\"", 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"zero\"", 200),
        ("if-modified-since", "Mon, 13 Jan 2020 20:12:38 GMT", 304),
        ("if-modified-since", "Tue, 14 Jan 2020 20:12:38 GMT", 304),
        ("if-modified-since", "Sun, 12 Jan 2020 20:12:38 GMT", 200),
        ("if-modified-since", "yesterday", 200),
    ] {
        let response = stage.get("/a").header(name, value).send().await.unwrap();
        assert_eq!(response.status(), status, "{name}: {value}");
        assert_eq!(header(&response, "x-cache"), "Hit from cloudfront");
        assert_eq!(header(&response, "etag"), "\"one\"");
        let body = response.text().await.unwrap();
        assert_eq!(body.is_empty(), status == 304);
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn if_match_goes_past_the_cache_to_the_origin() {
    let origin = TestOrigin::start(|seen| {
        at_once(match seen.header("if-match") {
            Some(_) => answer(412, &[], ""),
            None => answer(200, &[], OBJECT),
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    let refused = read(stage.get("/a").header("if-match", "\"other\"")).await;
    assert_eq!(
        (refused.0, refused.1.as_str()),
        (412, "Error from cloudfront")
    );
    assert_eq!(stage.fetch("/a").await.1, "Hit from cloudfront");
}

#[tokio::test]
async fn two_spellings_of_a_path_are_two_copies() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    for path in ["/a", "/%61", "/a?v=1", "/a?v=%31"] {
        assert_eq!(stage.fetch(path).await.1, "Miss from cloudfront", "{path}");
        assert_eq!(stage.fetch(path).await.1, "Hit from cloudfront", "{path}");
    }
    assert_eq!(origin.count(), 4);
}
