use std::sync::Arc;

use aws_credential_types::Credentials;
use axum::{Router, body::Bytes, http::HeaderMap};

use super::*;

/// A service that returns these statuses and bodies, one a request and the last for all further ones.
struct Scripted {
    service: Service,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

async fn scripted(replies: &'static [(u16, &'static str)]) -> Scripted {
    let seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
    let record = Arc::clone(&seen);
    let handler = move |headers: HeaderMap, body: Bytes| async move {
        let mut seen = record.lock().unwrap();
        let at = seen.len().min(replies.len() - 1);
        seen.push((headers, body));
        let (status, body) = replies[at];
        (http::StatusCode::from_u16(status).unwrap(), body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().fallback(handler);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
    Scripted {
        service: Service::new(
            "cloudfront",
            "us-east-1".to_owned(),
            &endpoint,
            SharedCredentialsProvider::new(credentials),
            RetryPolicy::REQUEST,
        ),
        seen,
    }
}

fn call() -> Call {
    Call {
        path: "/2020-05-31/distribution/E1/invalidation".to_owned(),
        headers: vec![(http::header::CONTENT_TYPE, "application/xml".into())],
        body: b"<a/>".to_vec(),
    }
}

const BUSY: &str = "<ErrorResponse xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Error><Type>Sender</Type>\
    <Code>TooManyInvalidationsInProgress</Code><Message>later</Message></Error><RequestId>1</RequestId></ErrorResponse>";

#[tokio::test]
async fn a_call_that_may_succeed_later_is_repeated_with_the_same_document() {
    let upstream = scripted(&[
        (503, ""),
        (400, r#"{"__type":"ThrottlingException"}"#),
        (201, "made"),
    ])
    .await;
    let reply = upstream.service.call(&call()).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (201, &b"made"[..]));
    let seen = upstream.seen.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for (headers, body) in seen.iter() {
        assert_eq!(body, "<a/>");
        let authorization = headers["authorization"].to_str().unwrap();
        assert!(authorization.contains("/us-east-1/cloudfront/aws4_request"));
        assert!(
            authorization
                .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token")
        );
        assert_eq!(headers["x-amz-security-token"], "token");
    }
}

#[tokio::test]
async fn a_refusal_is_reported_by_its_code_and_not_repeated() {
    let upstream = scripted(&[(400, BUSY)]).await;
    let error = upstream.service.call(&call()).await.unwrap_err();
    assert_eq!(error.code(), Some("TooManyInvalidationsInProgress"));
    assert_eq!(upstream.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn attempts_end_after_the_third() {
    let upstream = scripted(&[(500, "no document")]).await;
    let error = upstream.service.call(&call()).await.unwrap_err();
    assert!(matches!(error, AwsError::Refused { status: 500, code, .. } if code.is_empty()));
    assert_eq!(upstream.seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn nothing_is_read_past_the_limit() {
    let upstream = scripted(&[(200, "12345")]).await;
    let limits = Limits {
        bytes: 4,
        ..RetryPolicy::REQUEST.attempt
    };
    let request = upstream.service.signed(&call()).await.unwrap();
    let error = upstream.service.http.call(request, limits).await;
    assert!(matches!(error, Err(HttpError::TooLarge(4))));
}

#[test]
fn error_codes_and_messages_are_read_from_both_forms() {
    for (body, code) in [
        (BUSY, Some("TooManyInvalidationsInProgress")),
        (
            r#"{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"m"}"#,
            Some("ParameterNotFound"),
        ),
        (
            r#"{"__type":"AccessDeniedException"}"#,
            Some("AccessDeniedException"),
        ),
        ("<html>", None),
        ("", None),
    ] {
        let read = refusal(body.as_bytes());
        assert_eq!(read.as_ref().map(|(code, _)| code.as_str()), code, "{body}");
    }
    let message = |body: &str| refusal(body.as_bytes()).unwrap().1;
    assert_eq!(message(BUSY), "later");
    assert_eq!(message(r#"{"__type":"A","message":"m"}"#), "m");
    assert_eq!(message(r#"{"__type":"A","Message":"M"}"#), "M");
}
