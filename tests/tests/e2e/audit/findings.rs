//! What is found: objects that are not as demanded, gaps in the settings, uploads that nobody finishes.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    EncryptionType, PublicAccessBlockConfiguration, ServerSideEncryption as Sse,
};
use http::{Method, StatusCode};
use keyfront_tests::{
    audit::{Audited, read},
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
        ("old-presigned-allowed", ""),
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
