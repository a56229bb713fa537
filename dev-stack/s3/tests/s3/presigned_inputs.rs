//! The query of a presigned URL: its `x-amz-*` parameters are the headers they name.

use std::time::Duration;

use crate::calls::BucketCalls;
use crate::{
    raw::{Answer, Raw, Signing},
    stack::{Stack, error},
};

async fn presigned(stack: &Stack, raw: Raw) -> Answer {
    let signing = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    let raw = raw.signed(&stack.address.to_string(), &stack.admin, &signing);
    raw.send(stack.address).await
}

#[tokio::test]
async fn amz_parameters_of_a_presigned_url_count_as_headers() {
    let stack = Stack::start().await;
    let put = "/docs/k?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&x-id=PutObject&x-amz-user-agent=aws-sdk-js%2F3\
               &x-amz-meta-Colour=red&x-amz-tagging=a%3Db&X-Amz-Storage-Class=STANDARD\
               &x-amz-sdk-checksum-algorithm=CRC32&x-amz-checksum-crc32=NSRBwg%3D%3D";
    let answer = presigned(&stack, Raw::put(put, b"abc")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let head = stack.client().head("k").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["colour"], "red");
    assert_eq!(head.tag_count(), Some(1));
    let get = "/docs/k?x-amz-checksum-mode=ENABLED";
    let answer = presigned(&stack, Raw::get(get)).await;
    assert_eq!(answer.header("x-amz-checksum-crc32"), "NSRBwg==");
    let copy = presigned(
        &stack,
        Raw::put("/docs/copy?x-amz-copy-source=docs%2Fk", b""),
    )
    .await;
    assert_eq!(copy.status, 200, "{}", copy.text());
}

#[tokio::test]
async fn amz_parameters_are_refused_as_their_headers_are() {
    let stack = Stack::start().await;
    for (query, status, code) in [
        ("x-amz-checksum-crc32=AAAAAA%3D%3D", 400, "BadDigest"),
        (
            "x-amz-acl=public-read",
            400,
            "AccessControlListNotSupported",
        ),
        ("x-amz-storage-class=GLACIER", 501, "NotImplemented"),
        (
            "x-amz-expected-bucket-owner=999999999999",
            403,
            "AccessDenied",
        ),
        ("x-amz-colour=red", 501, "NotImplemented"),
        ("x-amz-server-side-encryption=AES256", 501, "NotImplemented"),
        ("X-Amz-Content-Sha256=e3b0c442", 501, "NotImplemented"),
        ("x-amz-meta-a=b&X-Amz-Meta-A=c", 400, "InvalidArgument"),
        ("x-amz-meta-a=%0A", 400, "InvalidArgument"),
        ("x-amz-meta-%20=a", 400, "InvalidArgument"),
        ("colour=red", 501, "NotImplemented"),
    ] {
        let answer = presigned(&stack, Raw::put(&format!("/docs/k?{query}"), b"abc")).await;
        assert_eq!(answer.error(), error(status, code), "{query}");
    }
    let both = Raw::put("/docs/k?x-amz-acl=private", b"abc").header("x-amz-acl", "private");
    assert_eq!(
        presigned(&stack, both).await.error(),
        error(400, "InvalidArgument")
    );
    let twice = Raw::put("/docs/k", b"abc").header("x-amz-date", "20260101T000000Z");
    assert_eq!(
        presigned(&stack, twice).await.error(),
        error(400, "InvalidArgument")
    );
    let signed = stack.sign(Raw::put("/docs/k?x-amz-meta-a=b", b"abc"));
    assert_eq!(
        signed.send(stack.address).await.error(),
        error(501, "NotImplemented")
    );
}

#[tokio::test]
async fn policies_see_the_headers_that_a_presigned_url_carries_in_its_query() {
    let stack = Stack::start().await;
    let policy = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:x-amz-acl":"private"}}},
                    {"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"*"}"#;
    let session = stack.session("writer", policy);
    let signing = Signing {
        presign: Some(Duration::from_secs(60)),
        ..Signing::default()
    };
    for (target, status) in [("/docs/k", 403), ("/docs/k?x-amz-acl=private", 200)] {
        let raw = Raw::put(target, b"abc").signed(&stack.address.to_string(), &session, &signing);
        assert_eq!(raw.send(stack.address).await.status, status, "{target}");
    }
}
