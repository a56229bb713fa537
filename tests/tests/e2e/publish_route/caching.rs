//! What the CDN keeps of what was published.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{aws_client, local_stack::LocalStack, s3_client};

use super::{put, send, start};

/// The stack's one distribution.
const DISTRIBUTION: &str = "EKEYFRONTDEV00";

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_the_publish_route_are_never_cached() {
    let stack = start("native", &[]);
    let target = "/_publish/objects/fresh";
    for content in ["one", "three"] {
        let stored = put(&stack, &format!("{target}?overwrite=true"), content).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
        for _ in 0..2 {
            let described = send(&stack, Method::GET, target, &[], "").await;
            let description: serde_json::Value = serde_json::from_slice(&described.body).unwrap();
            assert_eq!(description["size"], content.len());
            assert_eq!(described.header("cache-control"), "no-store");
            assert!(described.header("x-cache").starts_with("Miss"));
        }
        // Without the token, nobody sees what was answered a moment ago.
        let stranger = stack.cdn().get(target).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalidation_shows_the_new_object_at_once() {
    // The port is not in dev.json: it is free again when the stack takes it.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let stack = start("native", &["--cloudfront-port", &port]);
    let url = format!("http://127.0.0.1:{port}");
    let roles = &stack.dev.credentials;
    let stored = put(&stack, "/_publish/objects/a%20b", "old").await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stack.cdn().get("/a%20b").await.body, "old");
    // Past the publishers' API, which tells the CDN itself.
    let s3 = s3_client::client(&stack.dev.s3_url, &stack.dev.region, &roles.admin);
    let replacing = s3.put_object().bucket(&stack.dev.bucket).key("a b");
    let new = ByteStream::from_static(b"new");
    replacing.body(new).send().await.unwrap();
    for (caller, distribution, status) in [
        (&roles.edge, DISTRIBUTION, StatusCode::FORBIDDEN),
        (&roles.admin, "EANOTHER", StatusCode::NOT_FOUND),
    ] {
        let refused = aws_client::invalidate(&url, caller, distribution, "/a%20b").await;
        assert_eq!(refused.status, status, "{refused:?}");
        assert_eq!(stack.cdn().get("/a%20b").await.body, "old");
    }
    // In the spelling viewers use, and in no other.
    for (path, body) in [
        ("/%61%20b", "old"),
        ("/a%20b?v=1", "old"),
        ("/a%20b", "new"),
    ] {
        let done = aws_client::invalidate(&url, &roles.admin, DISTRIBUTION, path).await;
        assert_eq!(done.status, StatusCode::CREATED, "{done:?}");
        assert_eq!(stack.cdn().get("/a%20b").await.body, body, "{path}");
    }
    for path in ["/~a", "/a b", "/a*b", "a"] {
        let refused = aws_client::invalidate(&url, &roles.admin, DISTRIBUTION, path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_404_stands_in_for_every_404_of_the_distribution_and_keeps_the_status() {
    let stack = LocalStack::configured(|config| {
        let site = serde_json::json!({
            "v": 1, "bucket": "keyfront-dev", "region": "eu-west-1", "style": "virtual", "signing": "sigv4", "query": [],
            "not_found": "errors/404.html",
            "publish": {"prefix": "/_publish", "region": "eu-west-1",
                "host": "keyfrontdevpublishfunctionurl000.lambda-url.eu-west-1.on.aws"},
        });
        config.site = Some(site.to_string().into_bytes());
    })
    .await;
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    let authorization = [("authorization", bearer.as_str())];
    let asked = async |target: &str| {
        let cdn = stack.cdn();
        cdn.send(Method::GET, target, &authorization, Bytes::new())
            .await
    };
    const MISSING: [&str; 3] = [
        "/missing.txt",
        "/_publish/objects/missing.txt",
        "/_publish/uploads/nothing",
    ];
    // Without the page the answers are the edge's and the origin's own.
    for target in MISSING {
        let own = asked(target).await;
        assert_eq!(own.status, StatusCode::NOT_FOUND, "{target}: {own:?}");
        assert!(!own.code().is_empty(), "{target}: {own:?}");
    }
    let page = stack.s3().put_object().bucket(&stack.dev.bucket);
    let page = page.key("errors/404.html").content_type("text/html");
    let page = page.body(Bytes::from_static(b"<h1>missing</h1>").into());
    page.send().await.unwrap();
    for target in MISSING {
        let replaced = asked(target).await;
        assert_eq!(
            replaced.status,
            StatusCode::NOT_FOUND,
            "{target}: {replaced:?}"
        );
        assert_eq!(replaced.body, "<h1>missing</h1>", "{target}");
        assert_eq!(replaced.header("content-type"), "text/html", "{target}");
        assert_eq!(
            replaced.header("x-cache"),
            "Error from cloudfront",
            "{target}"
        );
    }
    // Other refusals are what they were.
    let unknown = stack.cdn().get("/_publish/objects").await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
    assert!(!unknown.code().is_empty());
}
