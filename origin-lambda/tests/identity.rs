//! Who is let in: tokens, the policy's cache, and the two transports.

#![allow(clippy::unwrap_used, clippy::panic)]

mod scripted_s3;

use std::time::{Duration, SystemTime};

use axum::{body::Body, extract::Request};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use keyfront_contract::route::PUBLIC_PATHS;
use keyfront_origin::{
    Error,
    http::function_url::{Event, FunctionUrl},
    publishers::PolicySource,
    store::{self, Store},
};
use scripted_s3::{Scripted, Stage};
use serde_json::{Value, json};

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

#[tokio::test]
async fn a_policy_that_does_not_parse_or_is_missing_allows_nothing() {
    let stage = Stage::set().await;
    stage.policy_is(b"{\"v\":1,\"publishers\":[],\"extra\":true}");
    let answer = stage.get("/objects").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "policy-invalid")
    );
    stage.policy_fails(Scripted::error(404, "NoSuchKey", "none"));
    let answer = stage.get("/objects").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "policy-missing")
    );
    assert!(stage.calls().is_empty());
}

fn store(stage: &Stage) -> Store {
    let credentials =
        aws_credential_types::Credentials::new("AKIDEXAMPLE", "s", None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    let client = store::client(&stage.config, provider);
    Store::new(
        client,
        stage.config.bucket.clone(),
        stage.config.key_arn.clone(),
    )
}

#[tokio::test]
async fn the_policy_is_read_once_a_minute_by_etag_and_by_one_request_at_a_time() {
    let (stage, source) = (Stage::set().await, PolicySource::default());
    let (store, start) = (store(&stage), SystemTime::now());
    let reads = (0..16).map(|_| source.current(&store, start));
    assert!(
        futures::future::join_all(reads)
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(stage.policy_reads(), 1);
    source
        .current(&store, start + Duration::from_secs(59))
        .await
        .unwrap();
    assert_eq!(stage.policy_reads(), 1);
    let kept = source
        .current(&store, start + Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(stage.policy_reads(), 2);
    stage.policy_is(b"{\"v\":1,\"publishers\":[]}");
    let changed = source
        .current(&store, start + Duration::from_secs(121))
        .await
        .unwrap();
    assert_ne!(kept, changed);
}

#[tokio::test]
async fn a_clock_that_went_back_makes_the_policy_stale() {
    let (stage, source) = (Stage::set().await, PolicySource::default());
    let (store, start) = (store(&stage), SystemTime::now());
    source.current(&store, start).await.unwrap();
    source
        .current(&store, start - Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(stage.policy_reads(), 2);
}

#[tokio::test]
async fn the_last_good_policy_outlives_an_outage_by_five_minutes_and_no_more() {
    let (stage, source) = (Stage::set().await, PolicySource::default());
    let (store, start) = (store(&stage), SystemTime::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    source.current(&store, start).await.unwrap();
    stage.policy_fails(Scripted::error(503, "SlowDown", "slow down"));
    source.current(&store, at(61)).await.unwrap();
    let reads = stage.policy_reads();
    source.current(&store, at(62)).await.unwrap();
    assert_eq!(
        stage.policy_reads(),
        reads,
        "a second attempt within the pause"
    );
    let error = source.current(&store, at(301)).await.unwrap_err();
    assert!(matches!(error, Error::PolicyUnavailable(_)));
    assert_eq!(error.problem().status, 503);
}

#[tokio::test]
async fn a_refused_or_withdrawn_policy_is_not_outlived() {
    for (failure, code) in [
        (Scripted::error(404, "NoSuchKey", "none"), "policy-missing"),
        (Scripted::error(403, "AccessDenied", "no"), "origin-denied"),
    ] {
        let (stage, source) = (Stage::set().await, PolicySource::default());
        let (store, start) = (store(&stage), SystemTime::now());
        source.current(&store, start).await.unwrap();
        stage.policy_fails(failure);
        let error = source
            .current(&store, start + Duration::from_secs(61))
            .await
            .unwrap_err();
        assert_eq!(error.problem().code, code);
    }
    let (stage, source) = (Stage::set().await, PolicySource::default());
    let (store, start) = (store(&stage), SystemTime::now());
    source.current(&store, start).await.unwrap();
    stage.policy_is(b"{");
    for seconds in [61, 62] {
        let error = source
            .current(&store, start + Duration::from_secs(seconds))
            .await
            .unwrap_err();
        assert_eq!(error.problem().code, "policy-invalid");
    }
}

fn event(stage: &Stage, caller: Option<&str>, path: &str, headers: &Value) -> Event {
    let mut headers = headers.clone();
    headers["x-keyfront-authorization"] = format!("Bearer {}", stage.token).into();
    let authorizer =
        caller.map(|arn| json!({"iam": {"userArn": arn, "accountId": "123456789012"}}));
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "requestId": "req-1",
            "authorizer": authorizer,
            "http": {"method": "PUT", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "body": "aGVsbG8=",
        "isBase64Encoded": true,
    }))
    .unwrap()
}

const EDGE: &str = "arn:aws:sts::123456789012:assumed-role/edge/us-east-1.signer";

/// A response of the function with its whole body.
struct WholeResponse {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl WholeResponse {
    async fn of(answer: Response<Body>) -> Self {
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }

    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(
            self.headers["x-keyfront-request-id"],
            body["request_id"].as_str().unwrap()
        );
        body["code"].as_str().unwrap().to_owned()
    }
}

async fn answer(function: &FunctionUrl, event: Event) -> WholeResponse {
    WholeResponse::of(function.answer(event).await).await
}

#[tokio::test]
async fn a_function_url_believes_the_forwarded_token_from_the_edge_role_only() {
    let stage = Stage::set().await;
    let headers = json!({"content-type": "text/plain", "content-length": "5"});
    let function = stage.function_url();
    let stored = event(&stage, Some(EDGE), "/objects/site/a", &headers);
    let returned = answer(&function, stored).await;
    assert_eq!(returned.status, 201);
    assert_eq!(returned.headers["x-keyfront-request-id"], "req-1");
    assert_eq!(stage.calls()[0].body.as_deref(), Some(&b"hello"[..]));
    for caller in [
        None,
        Some(""),
        Some("arn:aws:iam::123456789012:user/eve"),
        Some("arn:aws:sts::123456789012:assumed-role/other/edge"),
        Some("arn:aws:sts::999999999999:assumed-role/edge/us-east-1.signer"),
    ] {
        let refused = event(&stage, caller, "/objects/site/a", &headers);
        let answer = answer(&function, refused).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, "unauthenticated")
        );
    }
    assert_eq!(stage.calls().len(), 1);
}

#[tokio::test]
async fn a_function_url_ignores_plain_authorization() {
    let stage = Stage::set().await;
    let mut event = event(
        &stage,
        Some(EDGE),
        "/objects/site/a",
        &json!({"content-type": "text/plain"}),
    );
    let token = event.headers.remove("x-keyfront-authorization").unwrap();
    event.headers.insert("authorization".to_owned(), token);
    let returned = answer(&stage.function_url(), event).await;
    assert_eq!(returned.status, 401);
}

#[tokio::test]
async fn a_raw_path_is_decoded_once_and_dot_segments_are_seen() {
    let stage = Stage::set().await;
    let (function, headers) = (stage.function_url(), json!({"content-type": "text/plain"}));
    let stored = event(&stage, Some(EDGE), "/objects/site/a%2520b", &headers);
    assert_eq!(answer(&function, stored).await.status, 201);
    assert_eq!(stage.calls()[0].path, "/media/site/a%2520b");
    let dotted = event(&stage, Some(EDGE), "/objects/site/../x", &headers);
    assert_eq!(answer(&function, dotted).await.code(), "path-invalid");
}

#[tokio::test]
async fn a_query_with_plus_reaches_the_router_as_it_was_sent() {
    let stage = Stage::with_rules(json!([
        {"prefix": "a b/", "max_size": 1, "content_types": ["*/*"]}
    ]))
    .await;
    let mut listing = event(&stage, Some(EDGE), "/objects", &json!({}));
    listing.request_context.http.method = "GET".to_owned();
    // Lambda hands `prefix=a+b/` over like this.
    listing.raw_query_string = "prefix=a b/".to_owned();
    stage.s3_answers(Scripted::ok(&[], "<ListBucketResult></ListBucketResult>"));
    let returned = answer(&stage.function_url(), listing).await;
    assert_eq!(returned.status, 200, "{}", returned.body);
    assert!(stage.calls()[0].query.contains("prefix=a%20b%2F"));
}

#[tokio::test]
async fn an_event_of_another_kind_is_a_problem_not_a_panic() {
    let stage = Stage::set().await;
    for broken in [
        json!(null),
        json!("text"),
        json!({"rawPath": 1}),
        json!({"rawPath": "/", "rawQueryString": null, "headers": null, "requestContext": null}),
        json!({}),
        json!({"Records": [{"eventSource": "aws:s3"}]}),
        json!({"rawPath": "x", "requestContext": {"http": {"method": "GET"}}}),
        json!({"rawPath": "/", "requestContext": {"http": {"method": "G T"}}}),
        json!({"rawPath": "/a b", "requestContext": {"http": {"method": "GET"}}}),
        json!({"rawPath": "/", "headers": {"a\n": "b"}, "requestContext": {"http": {"method": "GET"}}}),
        json!({"rawPath": "/", "body": "!", "isBase64Encoded": true, "requestContext": {"http": {"method": "PUT"}}}),
    ] {
        let answer =
            WholeResponse::of(stage.function_url().answer_json(broken.clone()).await).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (500, "event-invalid"),
            "{broken}"
        );
    }
}

#[tokio::test]
async fn an_iam_principal_publishes_as_itself_and_the_session_name_is_not_believed() {
    let stage = Stage::set().await;
    let role = "arn:aws:iam::123456789012:role/ci/publisher";
    let user = "arn:aws:iam::123456789012:user/ops/carol";
    let rule = json!({"prefix": "own/{sub}/", "max_size": 10, "content_types": ["text/plain"]});
    let policy = json!({"v": 1, "publishers": [{"id": "ci", "rules": [rule],
        "identities": [{"iam": role}, {"iam": user}]}]});
    stage.policy_is(policy.to_string().as_bytes());
    let session = "arn:aws:sts::123456789012:assumed-role/publisher/AIDACAROL";
    for (arn, id, path, status) in [
        (session, "AROAEXAMPLE:AIDACAROL", "own/AROAEXAMPLE/a", 201),
        (session, "AROAEXAMPLE:AIDACAROL", "own/AIDACAROL/a", 403),
        (user, "AIDACAROL", "own/AIDACAROL/a", 201),
        (user, "", "own//a", 403),
        (
            "arn:aws:iam::123456789012:user/carol",
            "AIDACAROL",
            "own/AIDACAROL/a",
            401,
        ),
        (
            "arn:aws:iam::123456789012:role/ci/publisher",
            "AROAEXAMPLE",
            "own/AROAEXAMPLE/a",
            401,
        ),
    ] {
        let headers = json!({"content-type": "text/plain", "content-length": "5"});
        let mut event = event(&stage, Some(arn), &format!("/objects/{path}"), &headers);
        event.headers.remove("x-keyfront-authorization");
        let iam = event
            .request_context
            .authorizer
            .as_mut()
            .unwrap()
            .iam
            .as_mut()
            .unwrap();
        iam.user_id = Some(id.to_owned());
        let returned = answer(&stage.function_url(), event).await;
        assert_eq!(returned.status, status, "{arn} {path}: {}", returned.body);
    }
}
