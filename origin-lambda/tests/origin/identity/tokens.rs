//! Tokens, and what needs none.

use axum::{body::Body, extract::Request};
use http::StatusCode;
use keyfront_contract::route::PUBLIC_PATHS;
use serde_json::json;

use crate::scripted_s3::Stage;

#[tokio::test]
async fn the_public_paths_alone_need_no_credential() {
    let stage = Stage::set().await;
    let document = stage
        .send(Request::get("/openapi.json").body(Body::empty()).unwrap())
        .await
        .json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let target = path.replace(['{', '}'], "x");
        for method in methods.as_object().unwrap().keys() {
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&target);
            let answer = stage.send(request.body(Body::empty()).unwrap()).await;
            let open = answer.status.is_success();
            assert_eq!(
                open,
                PUBLIC_PATHS.contains(&path.as_str()),
                "{method} {path}"
            );
        }
    }
    assert_eq!(stage.calls().len(), 0);
    for path in PUBLIC_PATHS {
        assert!(document["paths"].get(path).is_some(), "{path}");
    }
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_allowed() {
    let stage = Stage::set().await;
    let altered = format!("{}x", &stage.token[..stage.token.len() - 1]);
    for credential in [
        None,
        Some("Bearer nope"),
        Some(altered.as_str()),
        Some("Basic eDp5"),
    ] {
        for (method, target) in [
            ("PUT", "/objects/site/a"),
            ("GET", "/objects/site/a"),
            ("GET", "/objects"),
            ("DELETE", "/objects/site/a"),
        ] {
            let mut request = Request::builder().method(method).uri(target);
            if let Some(credential) = credential {
                request = request.header("authorization", credential);
            }
            let answer = stage.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                (answer.status.as_u16(), answer.problem().as_str()),
                (401, "unauthenticated")
            );
            assert_eq!(
                answer.headers["www-authenticate"],
                "Bearer realm=\"keyfront\""
            );
        }
    }
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn health_needs_no_token_and_asks_nothing_of_s3() {
    let stage = Stage::set().await;
    let answer = stage
        .send(Request::get("/healthz").body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({"status": "ok"}))
    );
    assert_eq!(stage.policy_reads(), 0);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let stage = Stage::set().await;
    assert_eq!(stage.get("/").await.problem(), "not-found");
    assert_eq!(stage.get("/objects/").await.problem(), "not-found");
    let post = stage
        .request("POST", "/objects/site/a")
        .body(Body::empty())
        .unwrap();
    let answer = stage.send(post).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (405, "method-not-allowed")
    );
    assert!(answer.headers.contains_key("allow"));
}
