//! Signatures in the header: whose, over what, for which region, service and time.

use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4;
use sha2::{Digest as _, Sha256};

use super::with_object;
use crate::{
    raw::{Raw, Signing, element},
    stack::{BUCKET, error},
};

#[tokio::test]
async fn a_right_request_passes() {
    let stack = with_object().await;
    let answer = stack.sign(Raw::get("/docs/k")).send(stack.address).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "secret"));
}

#[tokio::test]
async fn unsigned_requests_are_denied_whatever_the_bucket_policy_says() {
    let stack = with_object().await;
    let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::docs","arn:aws:s3:::docs/*"]}}"#;
    stack
        .client()
        .put_bucket_policy()
        .bucket(BUCKET)
        .policy(open)
        .send()
        .await
        .unwrap();
    for raw in [
        Raw::get("/docs/k"),
        Raw::get("/docs/"),
        Raw::get("/"),
        Raw::new("HEAD", "/docs/k", b""),
        Raw::new("DELETE", "/docs/k", b""),
        Raw::put("/docs/new", b"x"),
        Raw::new("POST", "/docs?delete", b"<Delete/>"),
    ] {
        let answer = stack.answer(&raw.header("host", &stack.host())).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
}

#[tokio::test]
async fn wrong_secrets_keys_and_tampering_are_refused() {
    let stack = with_object().await;
    let mut wrong = stack.admin.clone();
    wrong.secret_access_key = "wrong".to_owned().into();
    let raw = Raw::get("/docs/k").signed(&stack.host(), &wrong, &Signing::default());
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(403, "SignatureDoesNotMatch")
    );

    let mut unknown = stack.admin.clone();
    unknown.access_key_id = "AKIAAAAAAAAAAAAAAAAA".into();
    let raw = Raw::get("/docs/k").signed(&stack.host(), &unknown, &Signing::default());
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(403, "InvalidAccessKeyId")
    );

    let good = stack.sign(Raw::get("/docs/other"));
    let tampered_path = Raw {
        target: "/docs/k".into(),
        ..good.clone()
    };
    let tampered_query = Raw {
        target: "/docs/other?partNumber=1".into(),
        ..good.clone()
    };
    let tampered_method = Raw {
        method: "DELETE",
        ..good
    };
    for raw in [tampered_path, tampered_query, tampered_method] {
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "SignatureDoesNotMatch")
        );
    }
}

#[tokio::test]
async fn a_wrong_signature_is_answered_with_the_text_whose_signature_would_be_right() {
    let stack = with_object().await;
    let signing = Signing::default();
    for target in [
        "/docs/a%2Bb%20%C3%A9",
        "/docs?list-type=2&prefix=x%26y&delimiter=",
    ] {
        let spaced = Raw::get(target).header("x-amz-meta-spaced", "a   b");
        let raw = spaced.signed(&stack.host(), &stack.admin, &signing);
        let right = raw
            .headers
            .iter()
            .find_map(|(_, value)| {
                value
                    .split_once("Signature=")
                    .map(|(_, hex)| hex.to_owned())
            })
            .unwrap();
        let headers = raw.headers.iter().map(|(name, value)| {
            let wrong = value.replace(&right, &"0".repeat(64));
            (name.clone(), wrong)
        });
        let spoiled = Raw {
            headers: headers.collect(),
            ..raw.clone()
        };
        let document = stack.answer(&spoiled).await.text();
        assert_eq!(element(&document, "Code"), "SignatureDoesNotMatch");
        assert_eq!(element(&document, "SignatureProvided"), "0".repeat(64));
        assert_eq!(
            element(&document, "AWSAccessKeyId"),
            stack.admin.access_key_id
        );
        let element_of = |name: &str| element(&document, name).replace("&amp;", "&");
        let secret = stack.admin.secret_access_key.expose();
        let key = v4::generate_signing_key(secret, signing.time, signing.region, "s3");
        let text = element_of("StringToSign");
        assert_eq!(
            v4::calculate_signature(key, text.as_bytes()),
            right,
            "{document}"
        );
        let canonical = element_of("CanonicalRequest");
        let hash = hex::encode(Sha256::digest(&canonical));
        assert!(text.ends_with(&hash), "{document}");
    }
    // What is refused before any signature is verified discloses none.
    let answer = stack.answer(&Raw::get("/docs/k")).await;
    assert_eq!(element(&answer.text(), "CanonicalRequest"), "");
}

#[tokio::test]
async fn unsigned_amz_headers_are_named_and_refused() {
    let stack = with_object().await;
    let raw = stack
        .sign(Raw::put("/docs/n", b"x"))
        .header("x-amz-meta-late", "1")
        .header("x-amz-acl", "private");
    let answer = stack.answer(&raw).await;
    assert_eq!(answer.error(), error(403, "AccessDenied"));
    assert_eq!(
        element(&answer.text(), "HeadersNotSigned"),
        "x-amz-acl, x-amz-meta-late"
    );

    let presigning = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let raw = Raw::put("/docs/n", b"x")
        .signed(&stack.host(), &stack.admin, &presigning)
        .header("x-amz-meta-late", "1");
    assert_eq!(stack.answer(&raw).await.error(), error(403, "AccessDenied"));
}

#[tokio::test]
async fn signed_headers_that_were_not_sent_are_refused() {
    let stack = with_object().await;
    let signed = stack.sign(
        Raw::get("/docs/k")
            .header("x-amz-meta-a", "1")
            .header("if-match", "*"),
    );
    for dropped in ["x-amz-meta-a", "if-match"] {
        let headers = signed
            .headers
            .iter()
            .filter(|(name, _)| name != dropped)
            .cloned()
            .collect();
        let raw = Raw {
            headers,
            ..signed.clone()
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "SignatureDoesNotMatch"),
            "{dropped}"
        );
    }
}

#[tokio::test]
async fn old_and_mixed_mechanisms_are_refused() {
    let stack = with_object().await;
    let host = stack.host();
    let v2 = Raw::get("/docs/k")
        .header("host", &host)
        .header("date", "Thu, 01 Jan 2026 00:00:00 GMT");
    let v2 = v2.header(
        "authorization",
        &format!("AWS {}:c2lnbmF0dXJl", stack.admin.access_key_id),
    );
    assert_eq!(
        stack.answer(&v2).await.error(),
        error(400, "InvalidRequest")
    );
    let target = format!(
        "/docs/k?AWSAccessKeyId={}&Signature=x&Expires=9999999999",
        stack.admin.access_key_id
    );
    let v2 = Raw::get(&target).header("host", &host);
    assert_eq!(
        stack.answer(&v2).await.error(),
        error(400, "InvalidRequest")
    );

    let presigning = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let presigned = Raw::get("/docs/k").signed(&host, &stack.admin, &presigning);
    let both = stack.sign(presigned);
    assert_eq!(
        stack.answer(&both).await.error(),
        error(400, "InvalidArgument")
    );
}

#[tokio::test]
async fn malformed_authorization_is_refused() {
    let stack = with_object().await;
    let host = stack.host();
    for (value, status, code) in [
        ("Basic YTpi", 400, "InvalidArgument"),
        ("Bearer x", 400, "InvalidArgument"),
        ("AWS4-HMAC-SHA256", 400, "InvalidArgument"),
        (
            "AWS4-HMAC-SHA256 Credential=a",
            400,
            "AuthorizationHeaderMalformed",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host, Signature=x",
            400,
            "AuthorizationHeaderMalformed",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a,Credential=b,SignedHeaders=host,Signature=x",
            400,
            "AuthorizationHeaderMalformed",
        ),
    ] {
        let raw = Raw::get("/docs/k")
            .header("host", &host)
            .header("authorization", value);
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(status, code),
            "{value}"
        );
    }
}

#[tokio::test]
async fn wrong_region_service_and_time_are_refused() {
    let stack = with_object().await;
    let now = SystemTime::now();
    let region = Signing {
        region: "us-east-1",
        ..Signing::default()
    };
    let answer = stack
        .answer(&Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &region))
        .await;
    assert_eq!(answer.error(), error(400, "AuthorizationHeaderMalformed"));
    assert_eq!(element(&answer.text(), "Region"), "eu-central-1");
    for service in ["sts", "kms", "execute-api"] {
        let signing = Signing {
            service,
            ..Signing::default()
        };
        let raw = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "AuthorizationHeaderMalformed")
        );
    }
    for time in [
        now - Duration::from_secs(16 * 60),
        now + Duration::from_secs(16 * 60),
    ] {
        let signing = Signing {
            time,
            ..Signing::default()
        };
        let raw = Raw::get("/docs/k").signed(&stack.host(), &stack.admin, &signing);
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "RequestTimeTooSkewed")
        );
    }
}
