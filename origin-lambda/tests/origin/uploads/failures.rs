//! Objects stored otherwise than asked for, and failures of S3.

use crate::scripted_s3::{KEY, Recorded, Scripted, Stage};

#[tokio::test]
async fn an_object_stored_with_other_encryption_is_deleted_and_502_returned() {
    let other = KEY.replace('1', "9");
    for headers in [
        &[("etag", "\"e\"")][..],
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "AES256"),
        ],
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "aws:kms"),
            (
                "x-amz-server-side-encryption-aws-kms-key-id",
                other.as_str(),
            ),
        ],
        // The configured key, but not through a bucket key.
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
        ],
        &[
            ("etag", "\"e\""),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
            ("x-amz-server-side-encryption-bucket-key-enabled", "false"),
        ],
    ] {
        let stage = Stage::set().await;
        let mut headers = headers.to_vec();
        headers.push(("x-amz-version-id", "v7"));
        stage.s3_answers(Scripted::ok(&headers, ""));
        let answer = stage.put("/objects/site/a", "text/plain", b"x").await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (502, "encryption-mismatch")
        );
        let deletion = stage.calls().pop().unwrap();
        assert_eq!(
            (deletion.method.as_str(), deletion.path.as_str()),
            ("DELETE", "/media/site/a")
        );
        // The templates' role may delete no version.
        assert!(!deletion.query.contains("versionId"), "{}", deletion.query);
    }
}

#[tokio::test]
async fn a_wrongly_encrypted_object_is_deleted_only_while_it_is_still_the_one_that_was_stored() {
    let stage = Stage::set().await;
    stage.s3_answers(Scripted::ok(&[("etag", "\"e\"")], ""));
    stage.s3_answers(Scripted::error(412, "PreconditionFailed", "another writer"));
    let answer = stage.put("/objects/site/a", "text/plain", b"x").await;
    assert_eq!(answer.problem(), "encryption-mismatch");
    let deletion = stage.calls().pop().unwrap();
    assert_eq!(deletion.method, "DELETE");
    assert_eq!(deletion.header("if-match"), Some("\"e\""));
    assert!(!deletion.query.contains("versionId"));
}

#[tokio::test]
async fn failures_of_s3_are_reported_by_code_and_never_by_their_text() {
    let kms = "User: arn:aws:sts::123456789012:assumed-role/o/s is not authorized to perform: \
               kms:GenerateDataKey";
    for (answer, status, code) in [
        (
            Scripted::error(403, "AccessDenied", "Access Denied"),
            502,
            "origin-denied",
        ),
        (Scripted::error(403, "AccessDenied", kms), 502, "kms-denied"),
        (
            Scripted::error(400, "KMS.DisabledException", KEY),
            502,
            "kms-disabled",
        ),
        (
            Scripted::error(403, "SignatureDoesNotMatch", "AKIDEXAMPLE"),
            502,
            "signature-rejected",
        ),
        (
            Scripted::error(400, "ExpiredToken", "expired"),
            503,
            "credentials-expired",
        ),
        (
            Scripted::error(404, "NoSuchBucket", "media"),
            500,
            "bucket-missing",
        ),
        (
            Scripted::error(418, "Teapot", "arn:aws:x"),
            502,
            "origin-failed",
        ),
    ] {
        let stage = Stage::set().await;
        stage.s3_answers(answer);
        let returned = stage.put("/objects/site/a", "text/plain", b"x").await;
        assert_eq!(
            (returned.status.as_u16(), returned.problem().as_str()),
            (status, code)
        );
        assert!(returned.json().get("detail").is_none());
        let once = |call: &Recorded| call.method == "PUT";
        assert_eq!(
            stage.calls().iter().filter(|call| once(call)).count(),
            1,
            "{code}"
        );
    }
}
