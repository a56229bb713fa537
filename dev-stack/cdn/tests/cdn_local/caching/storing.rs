//! What is stored and what is not, invalidated, and left out for its size.

use std::{collections::BTreeMap, num::NonZeroUsize};

use keyfront_cloudformation::PathPattern;
use keyfront_dev_cdn::{CacheLimits, CachePolicy};

use super::{OBJECT, object_origin};
use crate::stage::{Setting, Stage, TestOrigin, answer, at_once, default_behaviour};

#[tokio::test]
async fn no_store_private_and_set_cookie_are_never_stored() {
    let origin = TestOrigin::start(|seen| {
        let header = match seen.target.as_str() {
            "/no-store" => ("cache-control", "no-store"),
            "/private" => ("cache-control", "private, max-age=60"),
            _ => ("set-cookie", "session=1"),
        };
        at_once(answer(200, &[header, ("etag", "\"x\"")], OBJECT))
    })
    .await;
    let stage = Stage::open(&origin).await;
    for path in ["/no-store", "/private", "/cookie"] {
        for _ in 0..2 {
            assert_eq!(stage.fetch(path).await.1, "Miss from cloudfront", "{path}");
            assert_eq!(origin.last().header("if-none-match"), None, "{path}");
        }
    }
    assert_eq!(origin.count(), 6);
}

#[tokio::test]
async fn errors_are_not_cached_unless_an_error_ttl_says_so() {
    let origin = TestOrigin::start(|seen| {
        let status = if seen.target == "/missing" { 404 } else { 503 };
        at_once(answer(status, &[], "no"))
    })
    .await;
    let setting = Setting {
        error_ttl: BTreeMap::from([(404, 30)]),
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    for _ in 0..2 {
        assert_eq!(stage.fetch("/missing").await.1, "Error from cloudfront");
    }
    assert_eq!(origin.count(), 1);
    for _ in 0..2 {
        assert_eq!(stage.fetch("/busy").await.0, 503);
    }
    assert_eq!(origin.count(), 3);
}

#[tokio::test]
async fn a_page_stands_in_for_its_status_in_every_behaviour_and_the_status_stays() {
    let origin = TestOrigin::start(|seen| {
        at_once(match seen.target.as_str() {
            "/errors/404.html" => answer(200, &[("content-type", "text/html")], "<h1>missing</h1>"),
            "/busy" => answer(503, &[], "busy"),
            "/gone" => answer(403, &[], "denied"),
            _ => answer(404, &[], "no"),
        })
    })
    .await;
    let mut publish = default_behaviour();
    publish.path_pattern = PathPattern::new("/_publish/*");
    let pages = [(404, "/errors/404.html"), (403, "/errors/403.html")];
    let setting = Setting {
        behaviours: vec![publish, default_behaviour()],
        error_pages: pages.map(|(status, page)| (status, page.to_owned())).into(),
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    let (error, page) = ("Error from cloudfront", "<h1>missing</h1>");
    for path in ["/missing", "/_publish/missing"] {
        let found = stage.fetch(path).await;
        assert_eq!(found, (404, error.to_owned(), page.to_owned()), "{path}");
    }
    // Another status is left alone, and so is one whose page is missing itself.
    for (path, status, body) in [("/busy", 503, "busy"), ("/gone", 403, "denied")] {
        let found = stage.fetch(path).await;
        assert_eq!(found, (status, error.to_owned(), body.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn invalidation_takes_exact_paths_and_a_trailing_star() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    let all = ["/a/1", "/a/2?v=1", "/a/%D1%84", "/b"];
    let hits = async || {
        let mut hits = Vec::new();
        for path in all {
            let (_, x_cache, _) = stage.fetch(path).await;
            hits.push(x_cache == "Hit from cloudfront");
        }
        hits
    };
    hits().await;
    assert_eq!(hits().await, [true; 4]);
    stage.cdn.invalidate(&["/a/1"]);
    assert_eq!(hits().await, [false, true, true, true]);
    stage
        .cdn
        .invalidate(&["/a/2", "/a/%d1%84", "/%61/1", "/A/1"]);
    assert_eq!(
        hits().await,
        [true; 4],
        "another spelling or query is another copy"
    );
    stage.cdn.invalidate(&["/a/2?v=1", "/a/%D1%84"]);
    assert_eq!(hits().await, [true, false, false, true]);
    stage.cdn.invalidate(&["/a/2*"]);
    assert_eq!(hits().await, [true, false, true, true]);
    stage.cdn.invalidate(&["/a/*"]);
    assert_eq!(hits().await, [false, false, false, true]);
    stage.cdn.invalidate(&["/*"]);
    assert_eq!(hits().await, [false; 4]);
    stage.cdn.invalidate(&["/A/1", "/a"]);
    assert_eq!(hits().await, [true; 4]);
}

#[tokio::test]
async fn cache_stays_within_its_bytes_and_leaves_long_objects_out() {
    let origin = TestOrigin::start(|seen| {
        let length = if seen.target == "/long" { 2_001 } else { 1_000 };
        at_once(answer(200, &[], "x".repeat(length)))
    })
    .await;
    let setting = Setting {
        cache: CacheLimits {
            total_bytes: 2_500,
            object_bytes: 2_000,
            entries: NonZeroUsize::new(100).unwrap(),
        },
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    for _ in 0..2 {
        assert_eq!(stage.fetch("/long").await.1, "Miss from cloudfront");
    }
    for path in ["/1", "/2", "/3"] {
        stage.fetch(path).await;
    }
    assert_eq!(stage.fetch("/3").await.1, "Hit from cloudfront");
    assert_eq!(stage.fetch("/2").await.1, "Hit from cloudfront");
    assert_eq!(stage.fetch("/1").await.1, "Miss from cloudfront");
}

#[tokio::test]
async fn answer_of_unknown_length_is_stored_once_it_was_read_to_its_end() {
    use futures::stream;
    use http_body_util::{BodyExt, StreamBody};
    use hyper::body::Frame;
    let origin = TestOrigin::start(|_| {
        let frames = ["01234", "56789"].map(|part| Ok(Frame::data(part.into())));
        let body = StreamBody::new(stream::iter(frames)).boxed_unsync();
        at_once(crate::stage::answer_with(200, &[], body))
    })
    .await;
    let stage = Stage::open(&origin).await;
    assert_eq!(
        stage.fetch("/a").await,
        (200, "Miss from cloudfront".into(), OBJECT.into())
    );
    assert_eq!(
        stage.fetch("/a").await,
        (200, "Hit from cloudfront".into(), OBJECT.into())
    );
}

#[tokio::test]
async fn disabled_caching_asks_the_origin_every_time() {
    let origin = object_origin().await;
    let mut behaviour = default_behaviour();
    behaviour.cache = CachePolicy::disabled();
    let setting = Setting {
        behaviours: vec![behaviour],
        ..Setting::default()
    };
    let stage = Stage::with(&origin, setting).await;
    for _ in 0..2 {
        assert_eq!(stage.fetch("/a").await.1, "Miss from cloudfront");
    }
    assert_eq!(origin.count(), 2);
}
