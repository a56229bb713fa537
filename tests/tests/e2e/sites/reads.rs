//! Reads: each path from its own bucket, with its own key and options.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{s3_client, stack::Stack};

use super::{DOCUMENT, fill, stack};

/// What each path answers: a body, a redirect, or a code.
const READS: &[(&str, &str)] = &[
    ("/hello.txt", "keyfront-dev hello.txt"),
    ("/handbook/index.html", "keyfront-dev handbook/index.html"),
    ("/docs/", "keyfront-dev handbook/index.html"),
    ("/docs/guide/", "keyfront-dev handbook/guide/index.html"),
    ("/docs/api/list.json", "keyfront-dev api/list.json"),
    ("/docs/api/list.json?v=2", "keyfront-dev api/list.json"),
    ("/app/", "company-app current/index.html"),
    ("/app/users/42", "company-app current/index.html"),
    ("/app/app.js", "company-app current/app.js"),
    ("/media/film.mp4", "media-archive film.mp4"),
    ("/media/f%69lm.mp4", "media-archive film.mp4"),
    ("/docs", "-> /docs/"),
    ("/docs/guide", "-> /docs/guide/"),
    ("/docs/%67uide/", "-> /docs/guide/"),
    // Of the stack's own site, which has neither.
    ("/app", "not-found"),
    ("/media", "not-found"),
    ("/docs/missing.txt", "not-found"),
    ("/app/missing.js", "not-found"),
    ("/media/missing.mp4", "not-found"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_path_is_served_from_its_own_bucket_with_its_own_options() {
    let stack = stack().await;
    for (path, expected) in READS {
        let answer = stack.cdn().get(path).await;
        let found = match answer.status {
            StatusCode::OK => String::from_utf8_lossy(&answer.body).into_owned(),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => {
                format!("-> {}", answer.header("location"))
            }
            _ => answer.code(),
        };
        assert_eq!(found, *expected, "{path}");
    }
    for (path, granted) in [
        ("/app/app.js", true),
        ("/docs/", false),
        ("/hello.txt", false),
    ] {
        let origin = [("origin", "https://www.example.com")];
        let answer = stack
            .cdn()
            .send(Method::GET, path, &origin, Bytes::new())
            .await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(
            allowed == "https://www.example.com",
            granted,
            "{path}: {allowed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_of_a_site_reaches_an_object_outside_of_it() {
    let stack = stack().await;
    for path in [
        "/app/../former/app.js",
        "/app/%2e%2e/former/app.js",
        "/app/..%2fformer/app.js",
        "/app/former/app.js",
        "/app/../media/film.mp4",
        "//app/app.js",
        "//media/film.mp4",
        "/media/.keyfront/publishers.json",
        "/media/%2Ekeyfront/publishers.json",
        "/docs/hello.txt",
        "/docs/mine.txt",
        "/docs/../hello.txt",
        "/docs/handbook/index.html",
        "/docs/app/app.js",
        "/docs/api/../index.html",
        "/media/company-app/current/app.js",
        "/company-app/current/app.js",
        "/current/app.js",
        "/film.mp4",
        "/APP/app.js",
    ] {
        let answer = stack.cdn().get(path).await;
        let refused = [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST];
        let redirected = answer.status.is_redirection();
        assert!(
            redirected || refused.contains(&answer.status),
            "{path}: {answer:?}"
        );
        if redirected {
            let location = answer.header("location").to_owned();
            let followed = stack.cdn().get(&location).await;
            assert_eq!(
                followed.status,
                StatusCode::NOT_FOUND,
                "{path} -> {location}"
            );
        }
    }
    // An escaped slash leaves a path to the stack's own site, which answers with what is its own or sends it back.
    let answer = stack.cdn().get("/app%2Fapp.js").await;
    assert_eq!(answer.header("location"), "/app/app.js", "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bucket_has_the_key_that_its_sites_name() {
    let stack = stack().await;
    let mut keys = Vec::new();
    for (bucket, key) in [
        (stack.dev.bucket.as_str(), "hello.txt"),
        ("company-app", "current/app.js"),
        ("media-archive", "film.mp4"),
    ] {
        let head = stack
            .s3()
            .head_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .unwrap();
        keys.push(head.ssekms_key_id.unwrap());
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3);
    // Without its key a site fails, and no other.
    stack.disable_key().await;
    let answers = [
        "/hello.txt",
        "/docs/guide/",
        "/app/app.js",
        "/media/film.mp4",
    ];
    for (path, status) in answers.iter().zip([502, 502, 200, 200]) {
        assert_eq!(
            stack.cdn().get(path).await.status.as_u16(),
            status,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_bundle_serves_the_same_sites_and_they_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sites.json");
    std::fs::write(&file, DOCUMENT).unwrap();
    let flags = ["--sites", file.to_str().unwrap()];
    let stack = Stack::start_at(folder.path(), &flags);
    let s3 = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.admin,
    );
    fill(&s3, &stack.dev.bucket).await;
    assert!(stack.interrupt().success());
    let stack = Stack::start_at(folder.path(), &flags);
    for (path, expected) in READS {
        let answer = stack.cdn().get(path).await;
        let found = match answer.status {
            StatusCode::OK => String::from_utf8_lossy(&answer.body).into_owned(),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => {
                format!("-> {}", answer.header("location"))
            }
            _ => answer.code(),
        };
        assert_eq!(found, *expected, "{path}");
    }
}
