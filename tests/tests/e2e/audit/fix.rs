//! `--fix`: what is encrypted anew, what stays as it was written, and what is refused.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{MetadataDirective, ServerSideEncryption as Sse};
use http::{Method, StatusCode};
use keyfront_tests::{
    audit::{Audited, read},
    fault_proxy::{Fault, Rule},
};

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn fix_encrypts_anew_in_place_and_keeps_everything_else() {
    let audited = Audited::bare().await;
    let other = audited.other_key().await;
    let (s3, bucket) = (audited.s3(), &audited.bucket);
    let key = "a folder/ünï+cöde %41.txt";
    let call = s3.put_object().bucket(bucket).key(key);
    call.body(aws_sdk_s3::primitives::ByteStream::from_static(b"precious"))
        .server_side_encryption(Sse::Aes256)
        .content_type("text/x-special")
        .cache_control("max-age=7")
        .content_disposition("attachment")
        .content_encoding("identity")
        .content_language("de")
        .expires(aws_sdk_s3::primitives::DateTime::from_secs(1_900_000_000))
        .website_redirect_location("/elsewhere")
        .metadata("colour", "blue")
        .tagging("team=red%20one&env=prod")
        .send()
        .await
        .unwrap();
    audited.put("b-other-key", Sse::AwsKms, Some(&other)).await;
    let before = s3
        .head_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .unwrap();

    let report = audited.run(&["--fix", "--yes"]).await;
    assert_eq!(report.fix(key), "re-encrypted and verified", "{report:?}");
    assert_eq!(report.fix("b-other-key"), "re-encrypted and verified");
    assert_eq!(report.summary["fixed"], 2);
    let after = s3
        .get_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .unwrap();
    assert_eq!(after.server_side_encryption, Some(Sse::AwsKms));
    assert_eq!(after.ssekms_key_id.as_deref(), Some(audited.key()));
    assert_eq!(after.bucket_key_enabled, Some(true));
    assert_eq!(after.content_type, before.content_type);
    assert_eq!(after.cache_control, before.cache_control);
    assert_eq!(after.content_disposition, before.content_disposition);
    assert_eq!(after.content_encoding, before.content_encoding);
    assert_eq!(after.content_language, before.content_language);
    assert_eq!(after.expires_string, before.expires_string);
    assert_eq!(
        after.website_redirect_location,
        before.website_redirect_location
    );
    assert_eq!(after.metadata, before.metadata);
    assert_eq!(after.tag_count, Some(2));
    assert_eq!(after.body.collect().await.unwrap().into_bytes(), "precious");
    let tags = s3
        .get_object_tagging()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .unwrap();
    let tags: BTreeSet<(&str, &str)> = tags
        .tag_set()
        .iter()
        .map(|tag| (tag.key(), tag.value()))
        .collect();
    assert_eq!(tags, BTreeSet::from([("team", "red one"), ("env", "prod")]));

    let again = audited.run(&["--fix", "--yes"]).await;
    assert_eq!(again.found_keys(), [], "nothing is left to do: {again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fixed_envelopes_are_the_same_envelopes() {
    let audited = Audited::deployed().await;
    let (s3, bucket) = (audited.s3(), &audited.bucket);
    let body = bytes::Bytes::from_static(b"sealed content");
    audited
        .stack
        .put("read/sealed.bin", "envelope-kms", body.clone(), &[])
        .await;
    s3.delete_bucket_policy()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let call = s3.copy_object().bucket(bucket).key("read/sealed.bin");
    call.copy_source(format!("{bucket}/read/sealed.bin"))
        .metadata_directive(MetadataDirective::Copy)
        .server_side_encryption(Sse::Aes256)
        .send()
        .await
        .unwrap();
    let before = s3
        .head_object()
        .bucket(bucket)
        .key("read/sealed.bin")
        .send()
        .await
        .unwrap();
    let report = audited
        .run(&[
            "--fix",
            "--yes",
            "--expect-mode",
            "envelope-kms",
            "--prefix",
            "read/",
        ])
        .await;
    assert_eq!(
        report.fix("read/sealed.bin"),
        "re-encrypted and verified",
        "{report:?}"
    );
    assert_eq!(report.summary["envelopes"], 1);
    let after = s3
        .head_object()
        .bucket(bucket)
        .key("read/sealed.bin")
        .send()
        .await
        .unwrap();
    assert_eq!(after.metadata, before.metadata);
    assert_eq!(after.server_side_encryption, Some(Sse::AwsKms));
    let read = audited.stack.read("read/sealed.bin", &[]).await;
    assert_eq!(read.body, body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_written_between_look_and_copy_is_left_as_it_was_written() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    let gate = audited.hold(Method::PUT, "x-id=CopyObject");
    let run = audited.start(&["--fix", "--yes"]);
    gate.reached().await;
    write_newer(&audited).await;
    gate.open();
    let report = run.report().await;
    assert!(
        report.fix("a").starts_with("not changed: it was written"),
        "{report:?}"
    );
    assert_eq!((report.code, &report.summary["fixed"]), (1, &0.into()));
    holds_newer(&audited).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_written_after_the_copy_is_never_reported_as_fixed() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    let copy = audited.hold(Method::PUT, "x-id=CopyObject");
    let run = audited.start(&["--fix", "--yes"]);
    copy.reached().await;
    let verification = audited.hold(Method::HEAD, "audited/a");
    copy.open();
    verification.reached().await;
    write_newer(&audited).await;
    verification.open();
    let report = run.report().await;
    assert!(
        report
            .fix("a")
            .starts_with("not changed: it was written right after"),
        "{report:?}"
    );
    assert_eq!(report.code, 1);
    holds_newer(&audited).await;
}

async fn write_newer(audited: &Audited) {
    let call = audited.s3().put_object().bucket(&audited.bucket).key("a");
    let newer = aws_sdk_s3::primitives::ByteStream::from_static(b"newer");
    call.body(newer)
        .server_side_encryption(Sse::Aes256)
        .send()
        .await
        .unwrap();
}

async fn holds_newer(audited: &Audited) {
    let call = audited.s3().get_object().bucket(&audited.bucket).key("a");
    let now = call.send().await.unwrap();
    assert_eq!(now.server_side_encryption, Some(Sse::Aes256));
    assert_eq!(now.body.collect().await.unwrap().into_bytes(), "newer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_s3_refuses_is_reported_and_nothing_counts_as_fixed() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    audited.proxy.fail(Rule {
        method: Method::PUT,
        about: "x-id=CopyObject",
        fault: Fault::Answer(
            StatusCode::FORBIDDEN,
            "<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>",
        ),
        times: 1,
    });
    let report = audited.run(&["--fix", "--yes"]).await;
    assert_eq!(
        report.fix("a"),
        "failed: the copy was refused: AccessDenied: not yours",
        "{report:?}"
    );
    assert_eq!((report.code, &report.summary["fixed"]), (1, &0.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn fix_asks_first_and_a_dry_run_changes_nothing() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    let etag = async || {
        let call = audited.s3().head_object().bucket(&audited.bucket).key("a");
        call.send().await.unwrap().e_tag
    };
    let before = etag().await;
    let report = audited.run(&["--fix"]).await;
    assert_eq!((report.code, report.stdout.as_str()), (2, ""));
    assert!(report.stderr.contains("--yes"), "{}", report.stderr);
    let report = audited.run(&["--fix", "--dry-run"]).await;
    assert_eq!(report.fix("a"), "would be re-encrypted", "{report:?}");
    assert_eq!(report.code, 1);
    let report = audited.run(&["--dry-run"]).await;
    assert_eq!(report.code, 2, "only with --fix");
    let report = read(audited.command(&["--fix", "--yes"]).output().await.unwrap());
    assert!(report.stderr.contains("--expect-key"), "{}", report.stderr);
    assert_eq!(etag().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fixed_where_a_copy_would_lose_acls() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    audited.answer(
        "?ownershipControls",
        403,
        "<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
    );
    let report = audited.run(&["--fix", "--yes"]).await;
    assert_eq!((report.code, report.stdout.as_str()), (2, ""), "{report:?}");
    assert!(
        report.stderr.contains("BucketOwnerEnforced"),
        "{}",
        report.stderr
    );
}
