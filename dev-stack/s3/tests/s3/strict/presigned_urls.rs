//! Presigned URLs and sessions, and when they end.

use std::time::{Duration, SystemTime};

use super::with_object;
use crate::{
    calls::BucketCalls as _,
    raw::{Raw, Signing},
    stack::{BUCKET, error},
};

const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

#[tokio::test]
async fn sessions_need_their_own_token_and_end() {
    let stack = with_object().await;
    let session = stack.session("reader", EVERYTHING);
    let raw = Raw::get("/docs/k").signed(&stack.host(), &session, &Signing::default());
    assert_eq!(raw.send(stack.address).await.status, 200);

    let mut missing = session.clone();
    missing.session_token = None;
    let other = stack.session("reader", EVERYTHING);
    let mut swapped = session.clone();
    swapped.session_token = other.session_token;
    let mut unexpected = stack.admin.clone();
    unexpected.session_token = session.session_token.clone();
    let expired = stack.session_for("reader", EVERYTHING, Duration::ZERO);
    for (credentials, status, code) in [
        (missing, 403, "InvalidAccessKeyId"),
        (swapped, 400, "InvalidToken"),
        (unexpected, 400, "InvalidToken"),
        (expired, 400, "ExpiredToken"),
    ] {
        let header = Raw::get("/docs/k").signed(&stack.host(), &credentials, &Signing::default());
        let presigning = Signing {
            presign: Some(Duration::from_secs(60)),
            ..Signing::default()
        };
        let query = Raw::get("/docs/k").signed(&stack.host(), &credentials, &presigning);
        for raw in [header, query] {
            assert_eq!(stack.answer(&raw).await.error(), error(status, code));
        }
    }
    let removed = Raw {
        headers: raw
            .headers
            .iter()
            .filter(|(name, _)| name != "x-amz-security-token")
            .cloned()
            .collect(),
        ..raw.clone()
    };
    assert_eq!(
        stack.answer(&removed).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
}

#[tokio::test]
async fn presigned_urls_are_verified_and_end() {
    let stack = with_object().await;
    let host = stack.host();
    let signing = |seconds, time| Signing {
        presign: Some(Duration::from_secs(seconds)),
        time,
        ..Signing::default()
    };
    let now = SystemTime::now();
    let good = Raw::get("/docs/k").signed(&host, &stack.admin, &signing(60, now));
    assert_eq!(good.send(stack.address).await.text(), "secret");
    let put = Raw::put("/docs/up", b"up").signed(&host, &stack.admin, &signing(60, now));
    assert_eq!(put.send(stack.address).await.status, 200);

    let late = Raw::get("/docs/k").signed(
        &host,
        &stack.admin,
        &signing(60, now - Duration::from_secs(61)),
    );
    assert_eq!(
        stack.answer(&late).await.error(),
        error(403, "AccessDenied")
    );
    let tampered = Raw {
        target: good.target.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ..good.clone()
    };
    assert_eq!(
        stack.answer(&tampered).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    for target in [
        good.target
            .replace("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        good.target.replace("X-Amz-Expires=60", "X-Amz-Expires=0"),
        good.target.replace("&X-Amz-Expires=60", ""),
        format!("{}&X-Amz-Expires=60", good.target),
        good.target.replace("SHA256", "SHA512"),
    ] {
        let raw = Raw {
            target,
            ..good.clone()
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "AuthorizationQueryParametersError")
        );
    }
}

#[tokio::test]
async fn a_presigned_url_ends_with_its_session() {
    let stack = with_object().await;
    let hour = Duration::from_secs(3600);
    let session = stack.session_for("reader", EVERYTHING, hour);
    let signing = Signing {
        presign: Some(12 * hour),
        ..Signing::default()
    };
    let url = Raw::get("/docs/k").signed(&stack.host(), &session, &signing);
    assert_eq!(url.send(stack.address).await.text(), "secret");
    stack.let_pass(hour);
    assert_eq!(stack.answer(&url).await.error(), error(400, "ExpiredToken"));
    let of_a_user = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(of_a_user.send(stack.address).await.text(), "secret");
}

#[tokio::test]
async fn a_policy_denies_presigned_urls_by_the_age_of_their_signature() {
    let stack = with_object().await;
    let old = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::docs/*","Condition":{"NumericGreaterThan":{"s3:signatureAge":"600000"}}}}"#;
    let client = stack.client();
    let put = client.put_bucket_policy().bucket(BUCKET).policy(old);
    put.send().await.unwrap();
    let signing = Signing {
        presign: Some(Duration::from_secs(3600)),
        ..Signing::default()
    };
    let url = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
    assert_eq!(url.send(stack.address).await.text(), "secret");
    stack.let_pass(Duration::from_secs(601));
    assert_eq!(stack.answer(&url).await.error(), error(403, "AccessDenied"));
}

#[tokio::test]
async fn unsigned_content_headers_of_a_presigned_put_are_stored_as_sent() {
    let stack = with_object().await;
    let signing = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let put = Raw::put("/docs/u", b"u").signed(&stack.host(), &stack.admin, &signing);
    let put = put.header("content-type", "text/html");
    assert_eq!(put.send(stack.address).await.status, 200);
    let head = stack.client().head("u").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/html"));
}
