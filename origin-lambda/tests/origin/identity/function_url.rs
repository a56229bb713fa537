//! Events of a Function URL: whose forwarded token is believed, and who calls by IAM.

use axum::body::Body;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use keyfront_origin::{
    http::function_url::{Event, FunctionUrl},
    oidc::UserFolder,
};
use serde_json::{Value, json};

use crate::scripted_s3::{Scripted, Stage};

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
    let own = |id: &str| format!("own/{}/a", UserFolder::of("iam", id).as_str());
    let (roles, carols) = (own("AROAEXAMPLE"), own("AIDACAROL"));
    let other = "arn:aws:iam::123456789012:user/carol";
    for (arn, id, path, status) in [
        (session, "AROAEXAMPLE:AIDACAROL", roles.as_str(), 201),
        (session, "AROAEXAMPLE:AIDACAROL", &carols, 403),
        (user, "AIDACAROL", &carols, 201),
        (user, "AIDACAROL", "own/AIDACAROL/a", 403),
        (user, "", "own//a", 403),
        (other, "AIDACAROL", &carols, 401),
        (role, "AROAEXAMPLE", &roles, 401),
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

#[tokio::test]
async fn a_function_has_a_page_for_what_the_edge_marks_and_for_nobody_else() {
    let stage = Stage::set().await;
    let function = stage.function_url();
    let marked = json!({"x-keyfront-page": "1"});
    let settings = |caller: Option<&str>, headers: &Value| {
        let mut event = event(&stage, caller, "/page/settings", headers);
        event.request_context.http.method = "GET".to_owned();
        event
    };
    let shown = answer(&function, settings(Some(EDGE), &marked)).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert_eq!(shown.headers["cache-control"], "no-store");
    let body: Value = serde_json::from_str(&shown.body).unwrap();
    assert_eq!(body["logins"], json!([]));
    for (caller, headers) in [
        (Some(EDGE), json!({})),
        (Some("arn:aws:iam::123456789012:user/eve"), marked.clone()),
        (None, marked),
    ] {
        let hidden = answer(&function, settings(caller, &headers)).await;
        assert_eq!((hidden.status, hidden.code().as_str()), (404, "not-found"));
    }
}
