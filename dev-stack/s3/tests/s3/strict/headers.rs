//! Headers: what would be ignored is refused; conditions, ranges and errors are answered as S3 does.

use super::with_object;
use crate::{
    raw::{Raw, element},
    stack::error,
};

#[tokio::test]
async fn conditions_whose_dates_are_none_are_ignored() {
    let stack = with_object().await;
    for (name, value) in [
        ("if-modified-since", "garbage"),
        ("if-unmodified-since", "garbage"),
        ("if-unmodified-since", "1994-11-06"),
    ] {
        let raw = stack.sign(Raw::get("/docs/k").header(name, value));
        assert_eq!(raw.send(stack.address).await.text(), "secret", "{name}");
    }
}

#[tokio::test]
async fn a_range_on_head_is_answered_206_as_s3_does() {
    let stack = with_object().await;
    let raw = stack.sign(Raw::new("HEAD", "/docs/k", b"").header("range", "bytes=1-2"));
    let answer = raw.send(stack.address).await;
    assert_eq!(answer.status, 206);
    assert_eq!(answer.header("content-range"), "bytes 1-2/6");
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn what_would_be_ignored_is_refused_instead() {
    let stack = with_object().await;
    for (name, value, status, code) in [
        (
            "x-amz-acl",
            "public-read",
            400,
            "AccessControlListNotSupported",
        ),
        (
            "x-amz-grant-read",
            "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"",
            400,
            "AccessControlListNotSupported",
        ),
        ("x-amz-storage-class", "GLACIER", 501, "NotImplemented"),
        (
            "x-amz-server-side-encryption-customer-algorithm",
            "AES256",
            403,
            "AccessDenied",
        ),
        (
            "x-amz-object-lock-mode",
            "GOVERNANCE",
            400,
            "InvalidRequest",
        ),
        (
            "x-amz-expected-bucket-owner",
            "999999999999",
            403,
            "AccessDenied",
        ),
    ] {
        let raw = stack.sign(Raw::put("/docs/n", b"x").header(name, value));
        assert_eq!(
            stack.answer(&raw).await.error(),
            error(status, code),
            "{name}"
        );
    }
    for raw in [
        Raw::get("/docs/k?acl"),
        Raw::get("/docs/k?torrent"),
        Raw::put("/docs?lifecycle", b"<LifecycleConfiguration/>"),
        Raw::get("/docs?lifecycle"),
        Raw::get("/docs?website"),
        Raw::put(
            "/docs?versioning",
            b"<VersioningConfiguration><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
        ),
        Raw::put("/docs?tagging", b""),
    ] {
        let target = raw.target.clone();
        assert_eq!(stack.answer(&stack.sign(raw)).await.status, 501, "{target}");
    }
    let form = stack.sign(
        Raw::new("POST", "/docs", b"--b--")
            .header("content-type", "multipart/form-data; boundary=b"),
    );
    assert_eq!(
        stack.answer(&form).await.error(),
        error(400, "MalformedPOSTRequest")
    );
    let version = stack.sign(Raw::get("/docs/k?versionId=abc"));
    assert_eq!(
        stack.answer(&version).await.error(),
        error(400, "InvalidArgument")
    );
}

#[tokio::test]
async fn encryption_headers_on_a_read_are_refused() {
    let stack = with_object().await;
    let raw = stack.sign(Raw::get("/docs/k").header("x-amz-server-side-encryption", "aws:kms"));
    assert_eq!(
        stack.answer(&raw).await.error(),
        error(400, "InvalidArgument")
    );
    let raw = stack
        .sign(Raw::new("HEAD", "/docs/k", b"").header("x-amz-server-side-encryption", "aws:kms"));
    assert_eq!(stack.answer(&raw).await.status, 400);
}

#[tokio::test]
async fn errors_name_the_request_and_head_responses_have_no_body() {
    let stack = with_object().await;
    let missing = stack.answer(&stack.sign(Raw::get("/docs/none"))).await;
    assert_eq!(
        element(&missing.text(), "RequestId"),
        missing.header("x-amz-request-id")
    );
    assert_eq!(missing.header("content-type"), "application/xml");
    let head = stack
        .answer(&stack.sign(Raw::new("HEAD", "/docs/none", b"")))
        .await;
    assert_eq!((head.status, head.body.len()), (404, 0));
    let etag = stack
        .sign(Raw::get("/docs/k"))
        .send(stack.address)
        .await
        .header("etag")
        .to_owned();
    let unchanged = stack
        .answer(&stack.sign(Raw::get("/docs/k").header("if-none-match", &etag)))
        .await;
    assert_eq!(
        (
            unchanged.status,
            unchanged.body.len(),
            unchanged.header("etag")
        ),
        (304, 0, etag.as_str())
    );
}

#[tokio::test]
async fn if_range_serves_a_part_only_of_the_same_object() {
    let stack = with_object().await;
    let etag = stack
        .sign(Raw::get("/docs/k"))
        .send(stack.address)
        .await
        .header("etag")
        .to_owned();
    let ask = |if_range: &str| {
        stack.sign(
            Raw::get("/docs/k")
                .header("range", "bytes=0-1")
                .header("if-range", if_range),
        )
    };
    assert_eq!(ask(&etag).send(stack.address).await.text(), "se");
    let whole = ask("\"other\"").send(stack.address).await;
    assert_eq!((whole.status, whole.text().as_str()), (200, "secret"));
}
