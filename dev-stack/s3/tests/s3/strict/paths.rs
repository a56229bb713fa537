//! Paths and hosts: the strict encoding, slashes and dots, both styles.

use super::with_object;
use crate::{
    calls::BucketCalls as _,
    raw::{Raw, Signing},
    stack::error,
};

#[tokio::test]
async fn raw_plus_in_a_path_means_a_space_as_in_aws() {
    let stack = with_object().await;
    let client = stack.client();
    for (key, body) in [("a b", "space"), ("a+b", "plus")] {
        client
            .put(key)
            .body(body.as_bytes().to_vec().into())
            .send()
            .await
            .unwrap();
    }
    for (target, body) in [("/docs/a%2Bb", "plus"), ("/docs/a%20b", "space")] {
        assert_eq!(
            stack
                .sign(Raw::get(target))
                .send(stack.address)
                .await
                .text(),
            body
        );
    }
    // Signed for the plus, sent raw: S3 canonicalises a space.
    let plus = Raw {
        target: "/docs/a+b".into(),
        ..stack.sign(Raw::get("/docs/a%2Bb"))
    };
    assert_eq!(
        stack.answer(&plus).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    let space = Raw {
        target: "/docs/a+b".into(),
        ..stack.sign(Raw::get("/docs/a%20b"))
    };
    assert_eq!(space.send(stack.address).await.text(), "space");
}

#[tokio::test]
async fn only_the_strict_encoding_is_signed() {
    let stack = with_object().await;
    stack
        .client()
        .put("a(1)=x")
        .body(b"y".to_vec().into())
        .send()
        .await
        .unwrap();
    assert_eq!(
        stack
            .sign(Raw::get("/docs/a%281%29%3Dx"))
            .send(stack.address)
            .await
            .text(),
        "y"
    );
    let loose = stack.sign(Raw::get("/docs/a(1)=x"));
    assert_eq!(
        stack.answer(&loose).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
    let strict_but_sent_loose = Raw {
        target: "/docs/a(1)=x".into(),
        ..stack.sign(Raw::get("/docs/a%281%29%3Dx"))
    };
    assert_eq!(strict_but_sent_loose.send(stack.address).await.text(), "y");
}

#[tokio::test]
async fn encoded_slashes_and_dots_are_the_same_key_for_policy_and_storage() {
    let stack = with_object().await;
    let client = stack.client();
    client
        .put("private/x")
        .body(b"secret".to_vec().into())
        .send()
        .await
        .unwrap();
    let reader = stack.session(
        "public-reader",
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"},
           {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/private/*"}"#,
    );
    for sent in [
        "/docs/private/x",
        "/docs/private%2Fx",
        "/docs/%70rivate%2fx",
    ] {
        let raw = Raw::get("/docs/private/x").signed(&stack.host(), &reader, &Signing::default());
        let raw = Raw {
            target: sent.into(),
            ..raw
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(403, "AccessDenied"),
            "{sent}"
        );
    }
    let dotted = Raw::get("/docs/public/../private/x").signed(
        &stack.host(),
        &stack.admin,
        &Signing::default(),
    );
    assert_eq!(stack.answer(&dotted).await.error(), error(404, "NoSuchKey"));
}

#[tokio::test]
async fn malformed_paths_and_queries_are_refused() {
    let stack = with_object().await;
    for target in [
        "/docs/%",
        "/docs/%zz",
        "/docs/%ff",
        "/docs/%00",
        "/docs/k?x=%",
        "/docs/k?%ff=1",
    ] {
        let raw = Raw {
            target: target.into(),
            ..stack.sign(Raw::get("/docs/k"))
        };
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(400, "InvalidURI"),
            "{target}"
        );
    }
}

#[tokio::test]
async fn virtual_host_and_path_style_reach_the_same_bucket() {
    let stack = with_object().await;
    for (host, target) in [
        ("docs.s3.eu-central-1.amazonaws.com", "/k"),
        ("s3.eu-central-1.amazonaws.com", "/docs/k"),
        ("localhost:1234", "/docs/k"),
    ] {
        let raw = Raw::get(target).signed(host, &stack.admin, &Signing::default());
        assert_eq!(raw.send(stack.address).await.text(), "secret", "{host}");
    }
    let other = Raw::get("/k").signed(
        "docs.s3.eu-central-1.amazonaws.com",
        &stack.admin,
        &Signing::default(),
    );
    let moved: Vec<_> = other
        .headers
        .iter()
        .map(|(name, value)| {
            if name == "host" {
                (
                    name.clone(),
                    "other.s3.eu-central-1.amazonaws.com".to_owned(),
                )
            } else {
                (name.clone(), value.clone())
            }
        })
        .collect();
    let moved = Raw {
        headers: moved,
        ..other
    };
    assert_eq!(
        stack.answer(&moved).await.error(),
        error(403, "SignatureDoesNotMatch")
    );
}
