//! What is cached, for how long, and what is answered from it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyfront_cloudformation::PathPattern;
use keyfront_dev_cdn::{CacheLimits, CachePolicy};

use crate::stage::{Setting, Stage, TestOrigin, answer, at_once, default_behaviour, header, read};

const OBJECT: &str = "0123456789";

async fn object_origin() -> TestOrigin {
    TestOrigin::start(|seen| {
        let validators = [
            ("etag", "\"one\""),
            ("last-modified", "Mon, 13 Jan 2020 20:12:38 GMT"),
        ];
        at_once(match seen.header("if-none-match") {
            Some("\"one\"") => answer(304, &validators, ""),
            _ if seen.method == "HEAD" => answer(200, &validators, ""),
            _ => answer(200, &validators, OBJECT),
        })
    })
    .await
}

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
async fn ranges_are_cut_from_the_cached_object() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    for (range, status, content_range, body) in [
        ("bytes=2-4", 206, "bytes 2-4/10", "234"),
        ("bytes=7-", 206, "bytes 7-9/10", "789"),
        ("bytes=-2", 206, "bytes 8-9/10", "89"),
        ("bytes=0-0", 206, "bytes 0-0/10", "0"),
        ("bytes=8-100", 206, "bytes 8-9/10", "89"),
        ("bytes=10-", 416, "bytes */10", ""),
        ("bytes=5-2", 200, "", OBJECT),
        ("bytes=5-6,1-2", 200, "", OBJECT),
    ] {
        let response = stage.get("/a").header("range", range).send().await.unwrap();
        assert_eq!(response.status(), status, "{range}");
        assert_eq!(header(&response, "content-range"), content_range, "{range}");
        assert_eq!(response.text().await.unwrap(), body, "{range}");
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn several_ranges_are_answered_as_multipart() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    let request = stage.get("/a").header("range", "bytes=0-1,8-9");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 206);
    let content_type = header(&response, "content-type");
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap()
        .to_owned();
    let declared: usize = header(&response, "content-length").parse().unwrap();
    let body = response.text().await.unwrap();
    assert_eq!(declared, body.len());
    assert_eq!(
        body,
        format!(
            "--{boundary}\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n\
             --{boundary}\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--{boundary}--\r\n"
        )
    );
}

#[tokio::test]
async fn if_range_decides_between_part_and_whole() {
    let origin = object_origin().await;
    let stage = Stage::open(&origin).await;
    stage.fetch("/a").await;
    for (if_range, status) in [
        ("\"one\"", 206),
        ("\"two\"", 200),
        ("W/\"one\"", 200),
        ("Mon, 13 Jan 2020 20:12:38 GMT", 206),
        ("Mon, 13 Jan 2020 20:12:39 GMT", 200),
    ] {
        let request = stage.get("/a").header("range", "bytes=0-1");
        let response = request.header("if-range", if_range).send().await.unwrap();
        assert_eq!(response.status(), status, "{if_range}");
    }
}

#[tokio::test]
async fn range_of_an_uncached_object_goes_to_the_origin_and_its_206_is_not_stored() {
    let origin = TestOrigin::start(|seen| {
        at_once(match seen.header("range") {
            Some("bytes=2-4") => answer(206, &[("content-range", "bytes 2-4/10")], "234"),
            _ => answer(200, &[], OBJECT),
        })
    })
    .await;
    let stage = Stage::open(&origin).await;
    let part = || read(stage.get("/a").header("range", "bytes=2-4"));
    assert_eq!(
        part().await,
        (206, "Miss from cloudfront".into(), "234".into())
    );
    assert_eq!(part().await.1, "Miss from cloudfront");
    assert_eq!(stage.fetch("/a").await.2, OBJECT);
    assert_eq!(
        part().await,
        (206, "Hit from cloudfront".into(), "234".into())
    );
    assert_eq!(origin.count(), 3);
}

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
