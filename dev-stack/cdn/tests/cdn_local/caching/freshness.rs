//! Stale objects: confirmed, replaced, or served while the origin fails.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::OBJECT;
use crate::stage::{Stage, TestOrigin, answer, at_once, read};

#[tokio::test]
async fn stale_object_is_confirmed_by_the_origin() {
    let origin = TestOrigin::start(|seen| {
        let headers = [("etag", "\"one\""), ("cache-control", "max-age=0")];
        at_once(match seen.header("if-none-match") {
            Some("\"one\"") => answer(304, &headers, ""),
            _ => answer(200, &headers, OBJECT),
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    assert_eq!(
        stage.fetch("/a").await,
        (200, "RefreshHit from cloudfront".into(), OBJECT.into())
    );
    let conditional = read(stage.get("/a").header("if-none-match", "\"one\"")).await;
    assert_eq!(
        (conditional.0, conditional.1.as_str()),
        (304, "RefreshHit from cloudfront")
    );
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn changed_object_replaces_the_stale_one() {
    let version = AtomicUsize::new(0);
    let origin = TestOrigin::start(move |_| {
        let number = version.fetch_add(1, Ordering::SeqCst);
        let etag = format!("\"{number}\"");
        let headers = [("etag", etag.as_str()), ("cache-control", "max-age=0")];
        at_once(answer(200, &headers, number.to_string()))
    })
    .await;
    let stage = Stage::open(&origin).await;
    for number in 0..3 {
        let (_, x_cache, body) = stage.fetch("/a").await;
        assert_eq!(
            (x_cache.as_str(), body),
            ("Miss from cloudfront", number.to_string())
        );
    }
    assert_eq!(origin.last().header("if-none-match"), Some("\"1\""));
}

#[tokio::test]
async fn a_304_about_another_version_is_not_trusted() {
    let origin = TestOrigin::start(|seen| {
        at_once(if seen.header("if-none-match").is_some() {
            answer(304, &[("etag", "\"two\"")], "")
        } else {
            answer(
                200,
                &[("etag", "\"one\""), ("cache-control", "max-age=0")],
                OBJECT,
            )
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    assert_eq!(
        stage.fetch("/a").await,
        (200, "Miss from cloudfront".into(), OBJECT.into())
    );
    assert_eq!(origin.count(), 3);
}

/// An origin that answers once, with this `Cache-Control`, and fails from then on.
async fn failing_after(cache_control: &'static str) -> TestOrigin {
    let requests = AtomicUsize::new(0);
    TestOrigin::start(move |_| {
        at_once(match requests.fetch_add(1, Ordering::SeqCst) {
            0 => answer(
                200,
                &[("etag", "\"1\""), ("cache-control", cache_control)],
                OBJECT,
            ),
            _ => answer(502, &[("cache-control", "no-store")], "denied"),
        })
    })
    .await
}

#[tokio::test]
async fn a_stale_object_is_served_while_its_origin_fails() {
    for cache_control in ["max-age=0", "max-age=0, stale-if-error=600"] {
        let origin = failing_after(cache_control).await;
        let stage = Stage::open(&origin).await;
        stage.fetch("/a").await;
        let served = stage.fetch("/a").await;
        assert_eq!(
            (served.0, served.2.as_str()),
            (200, OBJECT),
            "{cache_control}"
        );
        let part = read(stage.get("/a").header("range", "bytes=2-4")).await;
        assert_eq!((part.0, part.2.as_str()), (206, "234"), "{cache_control}");
        assert_eq!(origin.count(), 3);
    }
}

#[tokio::test]
async fn a_failing_origin_is_shown_where_stale_if_error_is_over() {
    let origin = failing_after("max-age=0, stale-if-error=0").await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    assert_eq!(
        stage.fetch("/a").await,
        (502, "Error from cloudfront".into(), "denied".into())
    );
}
