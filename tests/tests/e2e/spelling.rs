//! One copy an object: what was deleted or replaced is gone from the CDN under the path viewers read it by, and there is
//! no other path that keeps it.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_dev_stack::Faults;
use keyfront_tests::{keys, local_stack::LocalStack, wire::Answer};
use serde_json::{Value, json};

/// Keys whose path in S3's spelling is not the one browsers write.
const KEYS: [&str; 9] = [
    "image(1).jpg",
    "a+b.txt",
    "it's.txt",
    "a:b@c&d=e,f;g!.txt",
    "~x",
    "folder/~y",
    "star*star",
    "é.txt",
    "a b/c",
];

/// The stack's own site, with more options.
async fn with_site(more: &Value) -> LocalStack {
    with(more, Faults::default()).await
}

async fn with(more: &Value, faults: Faults) -> LocalStack {
    let mut site = json!({
        "v": 1, "bucket": "keyfront-spelling", "region": "eu-west-1", "style": "virtual", "signing": "sigv4", "query": [],
        "publish": {
            "prefix": "/_publish", "host": "keyfrontspelling.lambda-url.eu-west-1.on.aws", "region": "eu-west-1",
        },
    });
    for (name, value) in more.as_object().unwrap() {
        site[name] = value.clone();
    }
    LocalStack::configured(|config| {
        config.site = Some(site.to_string().into_bytes());
        config.faults = faults;
    })
    .await
}

async fn put(stack: &LocalStack, key: &str, content: &'static str) -> Answer {
    let target = format!("/objects{}?overwrite=true", keys::viewer(key));
    let headers = [("content-type", "application/octet-stream")];
    let stored = stack
        .call(
            Method::PUT,
            &target,
            &headers,
            Bytes::from_static(content.as_bytes()),
        )
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    stored
}

async fn delete(stack: &LocalStack, key: &str) -> String {
    let deleted = stack.delete(key).await;
    assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
    deleted.json()["cdn"].as_str().unwrap().to_owned()
}

/// Reads until a copy answers.
async fn copied(stack: &LocalStack, target: &str, content: &str) {
    for x_cache in ["Miss from cloudfront", "Hit from cloudfront"] {
        let read = stack.cdn().get(target).await;
        assert_eq!(read.status, StatusCode::OK, "{target}: {read:?}");
        assert_eq!(read.body, content, "{target}");
        assert_eq!(read.header("x-cache"), x_cache, "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_content_is_gone_under_the_path_browsers_read_it_by() {
    let stack = LocalStack::start().await;
    for key in KEYS {
        let stored = put(&stack, key, "secret").await;
        let path = keys::viewer(key);
        assert_eq!(stored.json()["path"], path);
        copied(&stack, &path, "secret").await;
        assert_eq!(delete(&stack, key).await, "invalidated", "{key}");
        let gone = stack.cdn().get(&path).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND, "{key}: {gone:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_spelling_keeps_a_copy_alive() {
    let stack = LocalStack::start().await;
    put(&stack, "a", "secret").await;
    for target in ["/%61", "/%61?v=1"] {
        for _ in 0..2 {
            let other = stack.cdn().get(target).await;
            assert_eq!(other.status, StatusCode::MOVED_PERMANENTLY, "{other:?}");
            assert_eq!(other.header("location"), "/a");
            assert_eq!(other.header("cache-control"), "no-store");
            assert_ne!(other.header("x-cache"), "Hit from cloudfront");
        }
    }
    copied(&stack, "/a", "secret").await;
    delete(&stack, "a").await;
    for target in ["/a", "/%61"] {
        let gone = stack.cdn().get(target).await;
        assert_ne!(gone.status, StatusCode::OK, "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copies_of_every_listed_query_go_together() {
    let stack = with_site(&json!({"query": ["v"], "index": "index.html"})).await;
    for (key, targets) in [
        ("a", &["/a", "/a?v=1", "/a?v=%32"][..]),
        ("d/index.html", &["/d/", "/d/?v=1", "/d/index.html?v=1"]),
    ] {
        put(&stack, key, "old").await;
        for target in targets {
            copied(&stack, target, "old").await;
        }
        let stored = put(&stack, key, "new").await;
        assert_eq!(stored.json()["cdn"], "invalidated", "{key}");
        for target in targets {
            assert_eq!(stack.cdn().get(target).await.body, "new", "{target}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_fallback_is_new_for_every_route_at_once() {
    let stack = with_site(&json!({"fallback": "app.html"})).await;
    put(&stack, "app.html", "old").await;
    let routes = ["/", "/account", "/deep/er/route", "/app.html"];
    for route in routes {
        copied(&stack, route, "old").await;
    }
    let stored = put(&stack, "app.html", "new").await;
    assert_eq!(stored.json()["cdn"], "invalidated");
    for route in routes {
        assert_eq!(stack.cdn().get(route).await.body, "new", "{route}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wildcards_that_do_not_fit_are_told_as_the_time_copies_live_and_keep_nobody_else() {
    let faults = Faults {
        wildcards_in_progress: 15,
        ..Faults::default()
    };
    let stack = with(&json!({}), faults).await;
    for key in ["~x", "plain"] {
        put(&stack, key, "old").await;
        copied(&stack, &keys::viewer(key), "old").await;
    }
    let (wild, plain) = tokio::join!(delete(&stack, "~x"), delete(&stack, "plain"));
    // What the dev stack's rule stores objects with.
    assert_eq!(
        (wild.as_str(), plain.as_str()),
        ("expires-in 60", "invalidated")
    );
    assert_eq!(stack.cdn().get("/~x").await.body, "old");
    assert_eq!(
        stack.cdn().get("/plain").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_accepts_every_spelling_promises_no_more_than_that_copies_expire() {
    let stack = with_site(&json!({"spelling": "accept"})).await;
    put(&stack, "a", "old").await;
    for target in ["/a", "/%61"] {
        copied(&stack, target, "old").await;
    }
    assert_eq!(delete(&stack, "a").await, "expires-in 60");
    assert_eq!(stack.cdn().get("/a").await.status, StatusCode::NOT_FOUND);
    assert_eq!(stack.cdn().get("/%61").await.body, "old");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_key_stops_serving_when_copies_expire() {
    let stack = LocalStack::start().await;
    for (key, cache_control) in [
        ("expired", "max-age=0"),
        ("fresh", "max-age=3600"),
        ("lasting", "max-age=0, stale-if-error=3600"),
    ] {
        let put = stack.s3().put_object().bucket(&stack.dev.bucket).key(key);
        let put = put.cache_control(cache_control);
        put.body(Bytes::from_static(b"secret").into())
            .send()
            .await
            .unwrap();
        let read = stack.cdn().get(&format!("/{key}")).await;
        assert_eq!(read.body, "secret", "{key}: {read:?}");
    }
    let expired = stack.cdn().get("/expired").await;
    assert_eq!(
        expired.header("cache-control"),
        "max-age=0, stale-if-error=0"
    );
    stack.disable_key().await;
    for _ in 0..2 {
        let gone = stack.cdn().get("/expired").await;
        assert_eq!(gone.status, StatusCode::BAD_GATEWAY, "{gone:?}");
        assert_eq!(gone.header("cache-control"), "no-store");
    }
    // A publisher may have it otherwise, and a copy lives as long as it was allowed to.
    for key in ["fresh", "lasting"] {
        let kept = stack.cdn().get(&format!("/{key}")).await;
        assert_eq!(kept.body, "secret", "{key}: {kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_viewer_writes_in_a_condition_is_a_server_error() {
    let stack = LocalStack::start().await;
    put(&stack, "a", "content").await;
    for (at, value) in [
        "garbage",
        "W/",
        "\"x\"garbage",
        "\"a\", \"b\"",
        "*, *",
        ",",
        "",
        "\u{e9}",
        "0",
        "bytes=9-1",
        "bytes=-",
        "bytes=99999999999999999999-",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Thu, 21 Oct 2015 07:28:00 GMT",
        "Wed, 31 Feb 2015 07:28:00 GMT",
        "Wednesday, 21-Oct-15 07:28:00 GMT",
        "Wed Oct 21 07:28:00 2015",
        "Mon, 01 Jan 0001 00:00:00 GMT",
    ]
    .into_iter()
    .enumerate()
    {
        for name in [
            "if-match",
            "if-none-match",
            "if-modified-since",
            "if-unmodified-since",
            "if-range",
            "range",
        ] {
            for method in [Method::GET, Method::HEAD] {
                // Misses, so that the bucket is asked.
                let target = format!("/{}-{at}-{name}-{method}", "m");
                stack
                    .put_raw(&target[1..], Bytes::from_static(b"content"), &[])
                    .await;
                let answer = stack
                    .cdn()
                    .send(method.clone(), &target, &[(name, value)], Bytes::new())
                    .await;
                let status = answer.status.as_u16();
                assert!(status < 500, "{method} {name}: {value}: {answer:?}");
                if method == Method::HEAD && name == "range" {
                    assert_eq!(status, 200, "{value}");
                    assert_eq!(answer.header("content-length"), "7", "{value}");
                }
            }
        }
    }
}
