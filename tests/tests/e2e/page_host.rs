//! The publishers' page as its host serves it: what is there before anybody is known, logins, and nowhere else.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    local_stack::LocalStack,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};

async fn with_page() -> LocalStack {
    LocalStack::configured(|config| config.page = true).await
}

async fn open(stack: &LocalStack, method: Method, target: &str, body: &Value) -> Answer {
    let json = [("content-type", "application/json")];
    let body = match method == Method::POST {
        true => Bytes::from(body.to_string()),
        false => Bytes::new(),
    };
    stack.wire().send(method, target, &json, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_needs_before_anybody_is_known_is_open_and_nothing_else_is() {
    let stack = with_page().await;
    let settings = open(&stack, Method::GET, "/page/settings", &Value::Null).await;
    assert_eq!(settings.status, StatusCode::OK, "{settings:?}");
    let settings = settings.json();
    assert_eq!(settings["logins"], json!([]));
    let content = settings["content_url"].as_str().unwrap();
    assert!(content.starts_with("http://127.0.0.1:"), "{content}");
    for target in ["/publisher", "/objects", "/deleted", "/versions/a"] {
        let answer = open(&stack, Method::GET, target, &Value::Null).await;
        assert_eq!(answer.code(), "unauthenticated", "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_serves_content_has_no_page() {
    let stack = with_page().await;
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    for target in [
        "/_publish/",
        "/_publish/open",
        "/_publish/page/settings",
        "/_publish/page/a-1.js",
    ] {
        for headers in [
            &[("authorization", bearer.as_str())][..],
            &[("authorization", bearer.as_str()), ("x-keyfront-page", "1")],
            &[],
        ] {
            let answer = stack
                .cdn()
                .send(Method::GET, target, headers, Bytes::new())
                .await;
            let expected = match headers.is_empty() {
                true => "unauthenticated",
                false => "not-found",
            };
            assert_eq!(answer.code(), expected, "{target}: {answer:?}");
        }
    }
    // Nor has an origin whose host is not said to be the page's.
    let stack = LocalStack::start().await;
    let answer = open(&stack, Method::GET, "/page/settings", &Value::Null).await;
    assert_eq!(answer.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_its_files_come_under_their_policy() {
    let stack = with_page().await;
    let get = async |target: &str, coding: &str| {
        let headers = [("accept-encoding", coding)];
        stack
            .wire()
            .send(Method::GET, target, &headers, Bytes::new())
            .await
    };
    for target in ["/", "/open"] {
        let document = get(target, "identity").await;
        assert_eq!(
            document.status,
            StatusCode::OK,
            "make bundle-page: {document:?}"
        );
        assert_eq!(document.header("cache-control"), "no-cache");
        assert_eq!(document.header("referrer-policy"), "no-referrer");
        let policy = document.header("content-security-policy");
        assert!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval'"),
            "{policy}"
        );
        assert!(policy.contains(&stack.dev.s3_url), "{policy}");
        let text = String::from_utf8(document.body.to_vec()).unwrap();
        let (_, rest) = text.split_once("src=\"./page/").unwrap();
        let (name, _) = rest.split_once('"').unwrap();
        let script = get(&format!("/page/{name}"), "gzip, br").await;
        assert_eq!(script.status, StatusCode::OK, "{name}");
        assert_eq!(script.header("content-encoding"), "br");
        assert!(script.header("cache-control").contains("immutable"));
        // A worker's policy is that of its own script.
        assert_eq!(script.header("content-security-policy"), policy);
        let plain = get(&format!("/page/{name}"), "identity").await;
        assert!(plain.body.len() > script.body.len(), "{name}");
    }
    for target in [
        "/page/missing-1.js",
        "/page/%ff",
        "/page/..",
        "/page/index.html",
    ] {
        assert_eq!(
            get(target, "identity").await.code(),
            "not-found",
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_read_at_the_preview_as_at_the_cdn() {
    let stack = with_page().await;
    let put = stack.put("docs/a b.txt", "sse-kms", Bytes::from_static(b"seen"), &[]);
    assert_eq!(put.await.status, StatusCode::CREATED);
    let listed = stack.list("urls=true&prefix=docs/").await;
    let url = listed["objects"][0]["url"].as_str().unwrap();
    let (base, path) = url.split_at(url.find("/docs/").unwrap());
    assert!(base.starts_with("http://127.0.0.1:"), "{url}");
    let seen = Wire::plain(base).get(path).await;
    assert_eq!(
        (seen.status, &seen.body[..]),
        (StatusCode::OK, &b"seen"[..])
    );
    let shared = stack.cdn().get(path).await;
    assert_eq!(shared.header("x-cache"), "Hit from cloudfront", "one cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_object_has_a_link_that_the_preview_takes() {
    let stack = LocalStack::configured(|config| {
        config.page = true;
        config.protect = vec!["members/".to_owned()];
    })
    .await;
    let put = stack.put(
        "members/a.txt",
        "sse-kms",
        Bytes::from_static(b"secret"),
        &[],
    );
    assert_eq!(put.await.status, StatusCode::CREATED);
    let listed = stack.list("urls=true&prefix=members/").await;
    let url = listed["objects"][0]["url"].as_str().unwrap();
    let (base, path) = url.split_at(url.find("/_share/").unwrap());
    let wire = Wire::plain(base);
    let seen = wire.get(path).await;
    assert_eq!(
        (seen.status, &seen.body[..]),
        (StatusCode::OK, &b"secret"[..])
    );
    let (unsigned, _) = path.split_once('?').unwrap();
    assert_eq!(wire.get(unsigned).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_listed_one_level_at_a_time() {
    let stack = with_page().await;
    for key in [
        "a.txt",
        "img/b.txt",
        "img/2026/c.txt",
        "img/2026/d.txt",
        "img/2027/e.txt",
    ] {
        let put = stack
            .put(key, "sse-kms", Bytes::from_static(b"x"), &[])
            .await;
        assert_eq!(put.status, StatusCode::CREATED);
    }
    let keys = |page: &Value| -> Vec<String> {
        let objects = page["objects"].as_array().unwrap().iter();
        objects
            .map(|object| object["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let root = stack.list("folders=true").await;
    assert_eq!(
        (&root["folders"], keys(&root)),
        (&json!(["img/"]), vec!["a.txt".to_owned()])
    );
    let img = stack.list("folders=true&prefix=img/&limit=2").await;
    assert_eq!(img["folders"], json!(["img/2026/", "img/2027/"]));
    let next = img["next_cursor"].as_str().unwrap();
    let rest = stack
        .list(&format!("folders=true&prefix=img/&limit=2&cursor={next}"))
        .await;
    assert_eq!(
        (&rest["folders"], keys(&rest)),
        (&json!([]), vec!["img/b.txt".to_owned()])
    );
    let target = "/objects?folders=true&prefix=im";
    let refused = stack.call(Method::GET, target, &[], Bytes::new()).await;
    assert_eq!(refused.code(), "query-refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_issuer_does_not_take_logs_nobody_in() {
    let stack = LocalStack::configured(|config| {
        config.page = true;
        config.logins = true;
        config.protect = vec!["members/".to_owned()];
    })
    .await;
    let settings = open(&stack, Method::GET, "/page/settings", &Value::Null).await;
    let login = settings.json()["logins"][0].clone();
    assert_eq!(login["issuer"], "dev", "{login}");
    assert!(login["authorization_endpoint"].is_string(), "{login}");
    let attempt = |change: &dyn Fn(&mut Value)| {
        let mut document = json!({
            "issuer": "dev", "code": "made-up", "code_verifier": "v".repeat(43),
            "redirect_uri": format!("{}/", stack.dev.publish_url),
        });
        change(&mut document);
        document
    };
    for (document, code) in [
        (attempt(&|_| {}), "unauthenticated"),
        (
            attempt(&|document| document["issuer"] = json!("other")),
            "not-found",
        ),
        (
            attempt(&|document| document["code"] = json!("")),
            "upload-refused",
        ),
        (
            attempt(&|document| document["redirect_uri"] = json!("elsewhere")),
            "upload-refused",
        ),
        (
            attempt(&|document| document["more"] = json!(1)),
            "upload-refused",
        ),
    ] {
        let answer = open(&stack, Method::POST, "/page/login", &document).await;
        assert_eq!(answer.code(), code, "{document}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_may_ask_for_shorter_caching_than_its_rule_and_never_for_longer() {
    let stack = with_page().await;
    let bytes = || Bytes::from_static(b"x");
    let put = async |key: &str, caching: &str| {
        let target = format!("/objects/{key}?overwrite=true&cache_control={caching}");
        stack.call(Method::PUT, &target, &[], bytes()).await
    };
    for (caching, stored) in [
        ("max-age%3D30", "public, max-age=30"),
        ("no-cache", "public, no-cache"),
        ("no-store", "public, no-store"),
    ] {
        assert_eq!(put("cached", caching).await.status, StatusCode::CREATED);
        assert_eq!(stack.describe("cached").await["cache_control"], stored);
        let read = stack.cdn().get("/cached").await;
        // Behind it the edge forbids stale copies in the place of errors, where that says anything.
        let seen = read.header("cache-control");
        assert_eq!(seen.split(", stale").next(), Some(stored), "{seen}");
    }
    let longer = put("longer", "max-age%3D61").await;
    assert_eq!(longer.code(), "forbidden");
    let detail = longer.json()["detail"].to_string();
    assert!(detail.contains("at most 60 seconds"), "{detail}");
    assert_eq!(put("other", "public").await.code(), "query-refused");

    let json_type = [("content-type", "application/json")];
    let begin = async |caching: &str| {
        let document = json!({"key": "direct", "size": 1, "cache_control": caching});
        let body = Bytes::from(document.to_string());
        stack.call(Method::POST, "/uploads", &json_type, body).await
    };
    // It is among what is signed.
    let plan = begin("max-age=5").await.json();
    assert_eq!(
        plan["headers"]["cache-control"], "public, max-age=5",
        "{plan}"
    );
    assert_eq!(begin("max-age=61").await.code(), "forbidden");
    assert_eq!(begin("immutable").await.status, StatusCode::BAD_REQUEST);
}
