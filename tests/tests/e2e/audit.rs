//! `keyfront audit`: what it finds in a bucket of the dev stack, and that it sees every object once.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    EncryptionType, MetadataDirective, PublicAccessBlockConfiguration, ServerSideEncryption as Sse,
};
use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_tests::{
    audit::{Audited, Report, read},
    fault_proxy::{Fault, Rule},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_as_deployed_is_clean() {
    let audited = Audited::deployed().await;
    audited.pretend_production();
    let body = bytes::Bytes::from_static(b"x");
    audited
        .stack
        .put("plain.txt", "sse-kms", body.clone(), &[])
        .await;
    audited
        .stack
        .put("sealed.bin", "envelope-kms", body, &[])
        .await;
    let report = audited.run(&[]).await;
    assert_eq!(report.code, 0, "{report:?}");
    assert_eq!(report.found(), []);
    assert_eq!(report.summary["verdict"], "clean");
    assert_eq!(report.summary["envelopes"], 1, "{report:?}");
    assert!(!audited.has_checkpoint(), "nothing is left to go on from");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dev_stack_is_audited_by_its_dev_json_and_its_own_key() {
    let audited = Audited::deployed().await;
    let output = tokio::process::Command::new(keyfront_tests::artefacts::keyfront())
        .args(["audit", "--format", "json", "--dev"])
        .arg(audited.stack.dev_json_path())
        .arg("--checkpoint")
        .arg(audited.checkpoint())
        .output()
        .await
        .unwrap();
    let report = read(output);
    // It speaks no TLS, takes every mode, keeps no logs and no versions, and cannot otherwise: of that nothing is said.
    assert_eq!(report.found(), [], "{report:?}");
    assert_eq!(report.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_under_a_customer_key_is_known_without_the_key() {
    let audited = Audited::bare().await;
    let bucket = &audited.bucket;
    audited.stack.block(bucket, EncryptionType::None).await;
    audited.put_under_customer_key("c-customer").await;
    audited.put_plain("c-plain").await;
    let report = audited
        .run(&["--expect-mode", "sse-kms,sse-c", "--prefix", "c-"])
        .await;
    assert_eq!(
        report.found_keys(),
        [("other-mode", "c-plain")],
        "{report:?}"
    );
    let report = audited
        .run(&["--expect-mode", "sse-kms,sse-s3", "--prefix", "c-"])
        .await;
    assert_eq!(report.found_keys(), [("other-mode", "c-customer")]);
    let report = audited
        .run(&["--expect-mode", "sse-kms,sse-s3,sse-c", "--prefix", "c-"])
        .await;
    assert_eq!(report.found_keys(), [], "{report:?}");
    assert_eq!(report.summary["objects"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_object_that_is_not_as_demanded_is_reported_with_its_reason() {
    let audited = Audited::bare().await;
    let other = audited.other_key().await;
    let key = audited.key().to_owned();
    audited.put_plain("a-s3").await;
    audited.put("b-other-key", Sse::AwsKms, Some(&other)).await;
    audited
        .put("c-no-bucket-key", Sse::AwsKms, Some(&key))
        .await;
    audited.put("d-dsse", Sse::AwsKmsDsse, Some(&key)).await;
    put_with_metadata(
        &audited,
        "e-broken",
        &[("x-amz-c", "115"), ("x-amz-key-v2", "AA==")],
    )
    .await;
    let report = audited.run(&[]).await;
    let expected = [
        ("broken-envelope", "e-broken"),
        ("bucket-key-off", "c-no-bucket-key"),
        ("bucket-key-off", "e-broken"),
        ("other-key", "b-other-key"),
        ("other-mode", "a-s3"),
        ("other-mode", "d-dsse"),
    ];
    assert_eq!(report.found_keys(), expected, "{report:?}");
    assert_eq!(report.code, 1);

    let report = audited
        .run(&["--expect-mode", "sse-s3,dsse-kms", "--prefix", "a"])
        .await;
    assert_eq!(report.found_keys(), [], "{report:?}");
    let report = audited
        .run(&["--expect-mode", "envelope-kms", "--prefix", "c"])
        .await;
    let keys = report.found_keys();
    assert!(
        keys.contains(&("no-envelope", "c-no-bucket-key")),
        "{report:?}"
    );
}

async fn put_with_metadata(audited: &Audited, key: &str, metadata: &[(&str, &str)]) {
    let metadata = metadata
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let call = audited.s3().put_object().bucket(&audited.bucket).key(key);
    call.set_metadata(Some(metadata.collect()))
        .server_side_encryption(Sse::AwsKms)
        .ssekms_key_id(audited.key())
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn gaps_in_the_buckets_settings_are_reported() {
    let audited = Audited::bare().await;
    let (s3, bucket) = (audited.s3(), &audited.bucket);
    s3.delete_public_access_block()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let expected = [
        ("default-mode", ""),
        ("logging-off", ""),
        ("other-encryption-allowed", ""),
        ("public-access-block", ""),
        ("tls-not-demanded", ""),
        ("versioning-off", ""),
    ];
    let report = audited.run(&[]).await;
    assert_eq!(report.found(), expected, "{report:?}");

    let open = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Open","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
           "Resource":"arn:aws:s3:::{bucket}/*"}}]}}"#
    );
    s3.put_bucket_policy()
        .bucket(bucket)
        .policy(open)
        .send()
        .await
        .unwrap();
    let half = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .build();
    let call = s3.put_public_access_block().bucket(bucket);
    call.public_access_block_configuration(half)
        .send()
        .await
        .unwrap();
    audited.answer(
        "?acl",
        200,
        "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>o</ID></Owner>\
         <AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">\
         <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>\
         <Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>stranger</ID>\
         </Grantee><Permission>WRITE</Permission></Grant></AccessControlList></AccessControlPolicy>",
    );
    audited.answer(
        "?ownershipControls",
        404,
        "<Error><Code>OwnershipControlsNotFoundError</Code><Message>none</Message></Error>",
    );
    let report = audited.run(&[]).await;
    let codes: BTreeSet<&str> = report.found().into_iter().map(|(code, _)| code).collect();
    for code in [
        "public-acl",
        "foreign-grant",
        "acls-enabled",
        "public-policy",
        "public-access-block",
    ] {
        assert!(codes.contains(code), "{code}: {report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_not_checked_and_never_clean() {
    let audited = Audited::deployed().await;
    // The edge's role lists and reads objects, and no setting of the bucket.
    let edge = audited.stack.dev.credentials.edge.clone();
    let line = ["--format", "json", "--expect-key", audited.key()];
    let output = audited.command_as(&edge, &line).output().await.unwrap();
    let report = read(output);
    let mut expected = vec![("not-checked", ""); 9];
    expected.push(("not-checked", ".keyfront/publishers.json"));
    assert_eq!(report.found(), expected, "{report:?}");
    assert_eq!(report.code, 2);
    assert_eq!(report.summary["verdict"], "incomplete");
    assert_eq!(report.summary["complete"], true);

    audited.proxy.fail(Rule {
        method: Method::HEAD,
        about: "publishers.json",
        fault: Fault::Answer(StatusCode::FORBIDDEN, ""),
        times: 1,
    });
    audited.pretend_production();
    let report = audited.run(&[]).await;
    assert_eq!(
        report.found_keys(),
        [("not-checked", ".keyfront/publishers.json")]
    );
    assert_eq!(report.code, 2, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn begun_uploads_are_stale_after_the_days_that_were_given() {
    let audited = Audited::bare().await;
    let keys = ["left behind +%.bin", "second"];
    for key in keys {
        let call = audited.s3().create_multipart_upload();
        call.bucket(&audited.bucket).key(key).send().await.unwrap();
    }
    let report = audited.run(&[]).await;
    assert_eq!(report.found_keys(), [], "{report:?}");
    let report = audited.run(&["--stale-days", "0"]).await;
    assert_eq!(
        report.found_keys(),
        keys.map(|key| ("stale-upload", key)),
        "{report:?}"
    );
    let report = audited.run(&["--stale-days", "0", "--prefix", "s"]).await;
    assert_eq!(report.found_keys(), [("stale-upload", "second")]);
}

/// Pages of 1,000 keys: eleven of them, the last one short.
const MANY: usize = 10_050;

fn name(at: usize) -> String {
    format!("folder {}/object+{at:05}", at % 7)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_objects_are_reported_once_each_across_an_interruption() {
    let audited = Audited::bare().await;
    stream::iter(0..MANY)
        .for_each_concurrent(32, |at| {
            let audited = &audited;
            async move { audited.put_plain(&name(at)).await }
        })
        .await;
    // It waits at an object of the middle; keys are looked at in their order.
    let gate = audited.hold(Method::HEAD, "folder%203/object%2B05001");
    let run = audited.start(&[]);
    gate.reached().await;
    run.interrupt();
    let first = run.report().await;
    assert_eq!(first.code, 2, "{}", first.stderr);
    assert!(
        first.stderr.contains("run the same command"),
        "{}",
        first.stderr
    );
    assert_eq!(first.summary["complete"], false);
    assert!(audited.has_checkpoint());

    let second = audited.run(&[]).await;
    assert_eq!(second.code, 1, "{}", second.stderr);
    assert!(!audited.has_checkpoint());
    let lines = |report: &Report| -> Vec<String> {
        let keys = report.found_keys().into_iter();
        keys.map(|(code, key)| format!("{code} {key}")).collect()
    };
    let (first_keys, second_keys) = (lines(&first), lines(&second));
    assert!(
        first_keys.len() > 3000 && second_keys.len() > 3000,
        "{} {}",
        first_keys.len(),
        second_keys.len()
    );
    let mut all = [first_keys, second_keys].concat();
    all.sort_unstable();
    let mut expected: Vec<String> = (0..MANY)
        .map(|at| format!("other-mode {}", name(at)))
        .collect();
    expected.sort_unstable();
    assert!(all == expected, "{} reported of {MANY}", all.len());
    // The settings were reported by the first run; the numbers are of both.
    assert_eq!(second.findings.len(), second.found_keys().len());
    assert_eq!(second.summary["objects"], MANY);
    assert_eq!(
        second.summary["violations"],
        MANY + first.findings.len() - first.found_keys().len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_never_goes_on_from_the_checkpoint_of_another() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    let gate = audited.hold(Method::HEAD, "audited/a");
    let run = audited.start(&[]);
    gate.reached().await;
    run.interrupt();
    let report = run.report().await;
    assert_eq!(report.code, 2);
    assert!(audited.has_checkpoint());
    let before = std::fs::read(audited.checkpoint()).unwrap();
    for line in [
        &["--prefix", "a"][..],
        &["--expect-mode", "sse-s3,sse-kms"],
        &["--fix", "--yes"],
    ] {
        let report = audited.run(line).await;
        assert_eq!(report.code, 2, "{report:?}");
        assert!(report.stderr.contains("another"), "{}", report.stderr);
        assert_eq!(report.stdout, "");
    }
    assert_eq!(std::fs::read(audited.checkpoint()).unwrap(), before);
    let report = audited.run(&["--restart", "--prefix", "a"]).await;
    assert_eq!(report.found_keys(), [("other-mode", "a")]);
    assert!(!audited.has_checkpoint());
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_looks_are_made_again() {
    let audited = Audited::bare().await;
    audited.put_plain("a").await;
    audited.proxy.fail(Rule {
        method: Method::HEAD,
        about: "audited/a",
        fault: Fault::Answer(StatusCode::SERVICE_UNAVAILABLE, ""),
        times: 2,
    });
    let report = audited.run(&[]).await;
    assert_eq!(report.found_keys(), [("other-mode", "a")], "{report:?}");
    assert_eq!(audited.proxy.heal(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_keys_reach_neither_the_spreadsheet_nor_the_terminal() {
    let audited = Audited::bare().await;
    let keys = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "a \"quote\", comma",
        "line\nbreak",
        "\u{1b}[2J",
    ];
    for key in keys {
        audited.put_plain(key).await;
    }
    let run = async |format| {
        let line = ["--format", format, "--expect-key", audited.key()];
        let output = audited.command(&line).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let csv = run("csv").await;
    assert!(csv.starts_with("level,code,subject,key,detail,fix\r\n"));
    for cell in [
        "\"'=cmd|' /C calc'!A0\"",
        "\"'+1\"",
        "\"'-1\"",
        "\"'@SUM(A1)\"",
        "\"a \"\"quote\"\", comma\"",
        "\"line\nbreak\"",
    ] {
        assert!(
            csv.contains(&format!("violation,other-mode,object,{cell},")),
            "{cell}: {csv}"
        );
    }
    let table = run("table").await;
    assert!(
        table.contains("object line\\u000abreak: ") && table.contains("object \\u001b[2J: "),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'));
    let report = audited.run(&[]).await;
    let found: BTreeSet<&str> = report
        .found_keys()
        .into_iter()
        .map(|(_, key)| key)
        .collect();
    assert_eq!(found, keys.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_or_a_key_nobody_knows_ends_with_2() {
    let mut audited = Audited::bare().await;
    let line = ["--expect-key", "alias/none", "--format", "json"];
    let report = read(audited.command(&line).output().await.unwrap());
    assert_eq!(report.code, 2, "{report:?}");
    assert!(report.stderr.contains("alias/none"), "{}", report.stderr);
    let line = ["--expect-key", "alias/keyfront-dev", "--format", "json"];
    let output = audited.command(&line).output().await.unwrap();
    assert_eq!(read(output).code, 1, "an alias is looked up");
    audited.bucket = "no-such-bucket".to_owned();
    let report = audited.run(&[]).await;
    assert_eq!(report.code, 2);
    assert!(
        report.stderr.contains("no-such-bucket cannot be opened"),
        "{}",
        report.stderr
    );
    assert_eq!(report.stdout, "");
}

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
