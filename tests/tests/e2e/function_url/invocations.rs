//! What the function sees, and what becomes of its failures.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{ACCOUNT, HOST, REGION, Stage, message, session};

#[tokio::test(flavor = "multi_thread")]
async fn the_function_sees_the_caller_and_its_own_environment_only() {
    let stage = Stage::open().await;
    let answer = stage.invoke("/a%20b?x=1+2", &b"\x00\xff"[..]).await;
    let event: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(event["rawPath"], "/a%20b");
    assert_eq!(event["rawQueryString"], "x=1 2");
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("AP8="), &json!(true))
    );
    let context = &event["requestContext"];
    assert_eq!(
        context["authorizer"]["iam"]["userArn"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/edge/tests")
    );
    assert_eq!(context["domainName"], HOST);
    assert_eq!(context["requestId"], answer.header("x-amzn-requestid"));
    assert!(event["headers"]["authorization"].is_null());

    let reply = stage.invoke("/environment", "").await;
    let environment: Value = serde_json::from_slice(&reply.body).unwrap();
    let function = stage.credentials.borrow().clone();
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], function.access_key_id);
    assert_eq!(
        environment["AWS_SESSION_TOKEN"],
        function.session_token.unwrap().expose()
    );
    assert_eq!(
        (&environment["OWN"], &environment["AWS_REGION"]),
        (&json!("value"), &json!(REGION))
    );
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    assert!(environment["HOME"].is_null() && environment["CARGO_MANIFEST_DIR"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_function_is_502_and_the_next_invocation_is_served() {
    let stage = Stage::open().await;
    for target in [
        "/throw",
        "/bad",
        "/exit",
        "/exit",
        "/hang",
        "/large/6400000",
    ] {
        let answer = stage.invoke(target, "").await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_GATEWAY,
            "{target}: {answer:?}"
        );
        assert_eq!(message(&answer), "Internal Server Error", "{target}");
        let next = stage.invoke("/next", "").await;
        assert_eq!(next.status, StatusCode::OK, "after {target}: {next:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_answers_are_capped_at_six_mebibytes() {
    let stage = Stage::open().await;
    let answer = stage.invoke("/large/6200000", "").await;
    assert_eq!(
        (answer.status, answer.body.len()),
        (StatusCode::OK, 6_200_000)
    );
    let taken = stage.invoke("/environment", vec![0xff; 4_500_000]).await;
    assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
    for length in [4_800_000, 8_000_000] {
        let answer = stage.invoke("/environment", vec![0xff; length]).await;
        assert_eq!(
            answer.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{length}: {answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_serve_at_once_and_are_replaced_with_their_credentials() {
    let stage = Stage::open().await;
    let started = std::time::Instant::now();
    let (first, second) = tokio::join!(stage.invoke("/wait", ""), stage.invoke("/wait", ""));
    assert_eq!(
        (first.status, second.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert!(
        started.elapsed() < Duration::from_millis(950),
        "{:?}",
        started.elapsed()
    );

    let fresh = session(&stage.registry, "function");
    stage.credentials.send_replace(fresh.clone());
    for _ in 0..4 {
        let reply = stage.invoke("/environment", "").await;
        let environment: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(environment["AWS_ACCESS_KEY_ID"], fresh.access_key_id);
    }
}
