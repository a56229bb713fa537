//! Former objects: versions, what was deleted, and bringing one back.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_dev_stack::EdgeKind;
use keyfront_tests::{
    artefacts, keys,
    local_stack::{LocalStack, content},
    wire::Answer,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

async fn get(stack: &LocalStack, target: &str) -> Value {
    let answer = stack.call(Method::GET, target, &[], Bytes::new()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

async fn versions(stack: &LocalStack, key: &str) -> Vec<Value> {
    let listed = get(stack, &format!("/versions/{}", keys::wire(key))).await;
    assert_eq!(listed["key"], key);
    listed["versions"].as_array().unwrap().clone()
}

async fn restore(stack: &LocalStack, key: &str, version: &Value) -> Answer {
    let target = format!("/versions/{}", keys::wire(key));
    let body = json!({ "version": version }).to_string();
    let json = [("content-type", "application/json")];
    stack.call(Method::POST, &target, &json, body.into()).await
}

async fn put(stack: &LocalStack, key: &str, mode: &str, body: Bytes) {
    let target = format!(
        "/objects/{}?overwrite=true&encryption={mode}",
        keys::wire(key)
    );
    let headers = [("content-type", "text/plain"), ("keyfront-tags", "a,b")];
    let answer = stack.call(Method::PUT, &target, &headers, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_object_comes_back_with_all_that_it_had() {
    let stack = LocalStack::start().await;
    let key = "docs/a b+c.txt";
    for mode in ["sse-kms", "envelope-kms"] {
        put(&stack, key, mode, content(1000)).await;
        put(&stack, key, "sse-kms", content(7)).await;
        let before = stack.raw(key).await;
        let listed = versions(&stack, key).await;
        assert_eq!(listed[0]["is_current"], true);
        assert_eq!(
            (&listed[1]["is_current"], &listed[1]["deleted"]),
            (&json!(false), &json!(false))
        );

        let answer = restore(&stack, key, &listed[1]["version"]).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let restored = answer.json();
        assert_eq!(restored["cdn"], "invalidated");
        let described = stack.describe(key).await;
        assert_eq!(described["content_type"], "text/plain");
        assert_eq!(described["sse"], "aws:kms");
        assert_eq!(described["metadata"]["tags"], json!(["a", "b"]));
        let read = match mode {
            "sse-kms" => stack.raw(key).await.body,
            _ => stack.read(key, &[]).await.body,
        };
        assert_eq!(read, content(1000), "{mode}");
        // What it took the place of is a version as well.
        let listed = versions(&stack, key).await;
        assert_eq!(listed[0]["version"], restored["version"]);
        let back = restore(&stack, key, &listed[1]["version"]).await;
        assert_eq!(back.status, StatusCode::OK, "{back:?}");
        assert_eq!(stack.raw(key).await.body, before.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_object_is_found_and_comes_back_for_readers_too() {
    let stack = LocalStack::start().await;
    for key in ["a/1.txt", "a/2.txt", "b/3.txt"] {
        put(&stack, key, "sse-kms", content(100)).await;
    }
    for key in ["a/1.txt", "b/3.txt"] {
        assert_eq!(stack.delete(key).await.status, StatusCode::OK);
    }
    let listed = get(&stack, "/deleted?prefix=a/").await;
    let objects = listed["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 1, "{listed}");
    assert_eq!(objects[0]["key"], "a/1.txt");
    assert_eq!(objects[0]["size"], 100);
    assert!(objects[0]["deleted_at"].is_string(), "{listed}");
    assert_eq!(stack.cdn().get("/a/1.txt").await.status, 404);

    let history = versions(&stack, "a/1.txt").await;
    assert_eq!(
        (&history[0]["deleted"], &history[0]["is_current"]),
        (&json!(true), &json!(false))
    );
    let answer = restore(&stack, "a/1.txt", &objects[0]["version"]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json()["cdn"], Value::Null);
    let seen = stack.cdn().get("/a/1.txt").await;
    assert_eq!((seen.status, seen.body), (StatusCode::OK, content(100)));
    let listed = get(&stack, "/deleted").await;
    assert_eq!(listed["objects"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_objects_are_listed_page_by_page_without_loss_or_repetition() {
    let stack = LocalStack::start().await;
    for number in 0..12 {
        let key = format!("many/{number:02}.txt");
        put(&stack, &key, "sse-s3", content(1)).await;
        if number % 3 != 0 {
            put(&stack, &key, "sse-s3", content(2)).await;
            stack.delete(&key).await;
        }
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(&stack, &format!("/deleted?prefix=many/&limit=3{cursor}")).await;
        for object in page["objects"].as_array().unwrap() {
            assert_eq!(object["size"], 2, "the newest version is named: {object}");
            found.push(object["key"].as_str().unwrap().to_owned());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<_> = (0..12)
        .filter(|number| number % 3 != 0)
        .map(|number| format!("many/{number:02}.txt"))
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_was_never_so_is_not_restored() {
    let stack = LocalStack::start().await;
    put(&stack, "a.txt", "sse-kms", content(10)).await;
    put(&stack, "other.txt", "sse-kms", content(11)).await;
    let other = versions(&stack, "other.txt").await;
    for (key, version) in [
        ("a.txt", json!("nonsense")),
        ("a.txt", other[0]["version"].clone()),
        ("never.txt", json!("nonsense")),
    ] {
        let answer = restore(&stack, key, &version).await;
        assert_eq!(answer.code(), "not-found", "{key} {version}: {answer:?}");
    }
    stack.delete("a.txt").await;
    // The mark of a deletion is no object.
    let mark = versions(&stack, "a.txt").await[0]["version"].clone();
    assert_eq!(restore(&stack, "a.txt", &mark).await.code(), "not-found");
    let target = "/versions/never.txt";
    let missing = stack.call(Method::GET, target, &[], Bytes::new()).await;
    assert_eq!(missing.code(), "not-found");
    assert!(!stack.exists("a.txt").await);
    // A position that nobody was given is the client's mistake.
    for cursor in ["", "nonsense", "%00"] {
        let target = format!("/versions/other.txt?cursor={cursor}");
        let refused = stack.call(Method::GET, &target, &[], Bytes::new()).await;
        assert_eq!(refused.code(), "query-refused", "{cursor}: {refused:?}");
    }
}

/// Publishers of `img/`, by name and what their rule allows.
const PUBLISHERS: [(&str, &[&str], bool); 6] = [
    (
        "everything",
        &["LIST", "HEAD", "READ", "PUT", "DELETE"],
        true,
    ),
    ("all", &["LIST", "HEAD", "READ", "PUT"], true),
    ("no-overwrite", &["LIST", "HEAD", "READ", "PUT"], false),
    ("no-read", &["LIST", "HEAD", "PUT"], true),
    ("no-put", &["LIST", "HEAD", "READ"], true),
    ("no-list", &["READ", "PUT"], true),
];

async fn with_publishers() -> LocalStack {
    let stack = LocalStack::start().await;
    let publishers = PUBLISHERS.map(|(name, methods, overwrite)| {
        json!({
            "id": name,
            "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(format!("kfp_{name}")))}],
            "rules": [{
                "prefix": "img/", "methods": methods, "max_size": 100, "content_types": ["text/*"],
                "overwrite": overwrite,
            }],
        })
    });
    let policy = json!({"v": 2, "publishers": publishers});
    // Before the origin has read the policy for the first time.
    let policy = Bytes::from(policy.to_string());
    stack
        .put_raw(".keyfront/publishers.json", policy, &[])
        .await;
    stack
}

async fn call_as(
    stack: &LocalStack,
    name: &str,
    method: Method,
    target: &str,
    body: Bytes,
) -> Answer {
    let bearer = format!("Bearer kfp_{name}");
    let kind = match method == Method::PUT {
        true => "text/plain",
        false => "application/json",
    };
    let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
    stack.wire().send(method, target, &headers, body).await
}

/// What a publisher of this name is let do, with the former version of an object and with one that was deleted.
async fn is_let(
    stack: &LocalStack,
    (name, methods, overwrite): (&str, &[&str], bool),
    [former, gone]: [&Value; 2],
) {
    let may = |method: &str| methods.contains(&method);
    let restores = may("PUT") && may("READ");
    for (key, version, allowed) in [
        ("img/a.txt", former, restores && overwrite),
        ("img/gone.txt", gone, restores),
    ] {
        let body = Bytes::from(json!({ "version": version }).to_string());
        let target = format!("/versions/{key}");
        let answer = call_as(stack, name, Method::POST, &target, body).await;
        let is_restored = answer.status == StatusCode::OK;
        assert_eq!(is_restored, allowed, "{name} {key}: {answer:?}");
        assert!(
            allowed || answer.code() == "forbidden",
            "{name}: {answer:?}"
        );
        let shown = call_as(stack, name, Method::GET, &target, Bytes::new()).await;
        assert_eq!(shown.status == StatusCode::OK, may("HEAD"), "{name}");
    }
    let listed = call_as(stack, name, Method::GET, "/deleted", Bytes::new()).await;
    assert_eq!(listed.status == StatusCode::OK, may("LIST"), "{name}");
    let elsewhere = "/versions/docs/b.txt";
    let outside = call_as(stack, name, Method::GET, elsewhere, Bytes::new()).await;
    assert_eq!(outside.code(), "forbidden", "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_shown_and_restored_as_far_as_the_rules_go() {
    let stack = with_publishers().await;
    let everything = async |method: Method, target: &str, body: Bytes| {
        let answer = call_as(&stack, "everything", method, target, body).await;
        assert!(answer.status.is_success(), "{answer:?}");
        answer
    };
    let version_of = async |key: &str, at: usize| {
        let answer = everything(Method::GET, &format!("/versions/{key}"), Bytes::new()).await;
        answer.json()["versions"][at]["version"].clone()
    };
    for (key, length) in [("img/a.txt", 10), ("img/a.txt", 11), ("img/gone.txt", 12)] {
        let target = format!("/objects/{key}?overwrite=true");
        everything(Method::PUT, &target, content(length)).await;
    }
    let former = version_of("img/a.txt", 1).await;
    let gone = version_of("img/gone.txt", 0).await;
    for publisher in PUBLISHERS {
        everything(Method::DELETE, "/objects/img/gone.txt", Bytes::new()).await;
        is_let(&stack, publisher, [&former, &gone]).await;
    }
}

/// A stack with the publisher `before`, whose rule lets HTML run scripts, and `since`, whose rule for the same folder is what an
/// operator may make of that.
async fn with_a_rule_that_became_stricter() -> LocalStack {
    // The edge whose answers say what browsers may do.
    let bundle = artefacts::edge_bundle();
    let stack = LocalStack::configured(|config| config.edge = EdgeKind::Node { bundle }).await;
    let before = json!({
        "inline": ["text/html"], "sandbox": false, "cache_control": "public, max-age=86400",
        "encryption": ["sse-kms", "sse-s3", "envelope-kms"],
    });
    let since = json!({"cache_control": "public, max-age=60"});
    let publishers = [("before", before), ("since", since)].map(|(name, more)| {
        let mut rule = json!({
            "prefix": "web/", "methods": ["GET", "PUT", "DELETE"], "max_size": 100, "content_types": ["*/*"],
        });
        let rule_of = rule.as_object_mut().unwrap();
        rule_of.extend(more.as_object().unwrap().clone());
        json!({
            "id": name,
            "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(format!("kfp_{name}")))}],
            "rules": [rule],
        })
    });
    let policy = json!({"v": 1, "publishers": publishers}).to_string();
    stack
        .put_raw(".keyfront/publishers.json", policy.into(), &[])
        .await;
    stack
}

/// Stores an object as `before`, and deletes it; what is left of it is this version.
async fn deleted_again(stack: &LocalStack, key: &str, content_type: &str, query: &str) -> Value {
    let headers = [
        ("authorization", "Bearer kfp_before"),
        ("content-type", content_type),
        ("keyfront-tags", "kept"),
    ];
    let target = format!("/objects/{key}?{query}");
    let stored = stack
        .wire()
        .send(Method::PUT, &target, &headers, content(3))
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    let seen = stack.cdn().get(&format!("/{key}")).await;
    let opened = ["content-disposition", "content-security-policy"].map(|name| seen.header(name));
    assert_eq!(opened, ["", ""], "{key}");
    let target = format!("/objects/{key}");
    call_as(stack, "before", Method::DELETE, &target, Bytes::new()).await;
    let target = format!("/versions/{key}");
    let listed = call_as(stack, "before", Method::GET, &target, Bytes::new()).await;
    listed.json()["versions"][1]["version"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_stored_as_the_rule_of_the_moment_says() {
    let stack = with_a_rule_that_became_stricter().await;
    for (key, content_type, query, opened, caching) in [
        (
            "web/a.html",
            "text/html",
            "",
            ["attachment", "sandbox"],
            "public, max-age=60",
        ),
        (
            "web/b.html",
            "text/html",
            "cache_control=no-store",
            ["attachment", "sandbox"],
            "public, no-store",
        ),
        (
            "web/c.pdf",
            "application/pdf",
            "cache_control=max-age=30",
            ["", ""],
            "public, max-age=30",
        ),
    ] {
        let version = deleted_again(&stack, key, content_type, query).await;
        let target = format!("/versions/{key}");
        let body = Bytes::from(json!({ "version": version }).to_string());
        let answer = call_as(&stack, "since", Method::POST, &target, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let seen = stack.cdn().get(&format!("/{key}")).await;
        let found =
            ["content-disposition", "content-security-policy"].map(|name| seen.header(name));
        assert_eq!(found, opened, "{key}");
        assert_eq!(seen.body, content(3));
        let target = format!("/objects/{key}");
        let described = call_as(&stack, "since", Method::GET, &target, Bytes::new()).await;
        let described = described.json();
        let kept = [&described["content_type"], &described["cache_control"]];
        assert_eq!(kept, [content_type, caching], "{key}");
        assert_eq!(described["metadata"]["tags"], json!(["kept"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_encrypted_as_the_rule_no_longer_allows_does_not_come_back() {
    let stack = with_a_rule_that_became_stricter().await;
    for mode in ["sse-s3", "envelope-kms"] {
        let key = format!("web/{mode}.txt");
        let query = format!("encryption={mode}");
        let version = deleted_again(&stack, &key, "text/plain", &query).await;
        let target = format!("/versions/{key}");
        let body = Bytes::from(json!({ "version": version }).to_string());
        let refused = call_as(&stack, "since", Method::POST, &target, body.clone()).await;
        assert_eq!(refused.code(), "forbidden", "{refused:?}");
        let detail = refused.json()["detail"].to_string();
        assert!(detail.contains(mode), "{detail}");
        let answer = call_as(&stack, "before", Method::POST, &target, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
}
