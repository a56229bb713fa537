//! `keyfront audit` of large buckets: from an inventory, and with the change left to S3 Batch Operations.

use std::io::Write as _;

use aws_sdk_s3::types::{
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockLegalHoldStatus,
    ServerSideEncryption as Sse,
};
use keyfront_tests::audit::{Audited, Report, read};
use md5::{Digest as _, Md5};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Of the body `x`, base64.
const CRC32_OF_X: &str = "jNwWgw==";
const ROLE: &str = "arn:aws:iam::123456789012:role/batch";

/// Puts a CSV inventory of these rows (key, status), in files of two, into the bucket; its manifest's address.
async fn inventory(audited: &Audited, rows: &[(&str, &str)]) -> String {
    let bucket = &audited.bucket;
    let put = async |key: &str, body: Vec<u8>| {
        let call = audited.s3().put_object().bucket(bucket).key(key);
        call.body(body.into()).send().await.unwrap();
    };
    let mut files = Vec::new();
    for (index, rows) in rows.chunks(2).enumerate() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for (key, status) in rows {
            let key: String = form_urlencoded::byte_serialize(key.as_bytes()).collect();
            writeln!(
                gz,
                "\"{bucket}\",\"{key}\",\"true\",\"false\",\"{status}\",\"ENABLED\""
            )
            .unwrap();
        }
        let body = gz.finish().unwrap();
        let key = format!(".keyfront/inventory/{index}.csv.gz");
        files.push(serde_json::json!({"key": key, "size": body.len(),
            "MD5checksum": hex::encode(Md5::digest(&body))}));
        put(&key, body).await;
    }
    let manifest = serde_json::json!({
        "sourceBucket": bucket, "destinationBucket": format!("arn:aws:s3:::{bucket}"),
        "version": "2016-11-30", "creationTimestamp": "1700000000000", "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, IsLatest, IsDeleteMarker, EncryptionStatus, BucketKeyStatus",
        "files": files,
    });
    let key = ".keyfront/inventory/manifest.json";
    put(key, manifest.to_string().into_bytes()).await;
    format!("s3://{bucket}/{key}")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_lists_the_objects_and_only_doubtful_ones_are_looked_at() {
    let audited = Audited::bare().await;
    audited.put_plain("plain \u{fc}+.txt").await;
    audited.put("good", Sse::AwsKms, Some(audited.key())).await;
    let rows = [
        ("good", "SSE-KMS"),
        ("plain \u{fc}+.txt", "SSE-S3"),
        // It is no longer there: an inventory is hours old.
        ("gone", "SSE-S3"),
        // The inventory knows better than anybody could look: nothing of it is in the bucket.
        ("trusted", "SSE-KMS"),
    ];
    let manifest = inventory(&audited, &rows).await;
    let any = ["--format", "json", "--expect-key", "any"];
    let line = [&any[..], &["--inventory", &manifest]].concat();
    let report = read(audited.command(&line).output().await.unwrap());
    assert_eq!(
        report.found_keys(),
        [("other-mode", "plain \u{fc}+.txt")],
        "{report:?}"
    );
    assert_eq!(
        (&report.summary["objects"], &report.summary["gone"]),
        (&3.into(), &1.into())
    );
    assert!(
        report.stderr.contains("2023-11-14T22:13:20Z"),
        "{}",
        report.stderr
    );
    // A key is in no inventory: then every object is looked at.
    let report = audited.run(&["--inventory", &manifest]).await;
    assert_eq!(
        report.found_keys(),
        [
            ("bucket-key-off", "good"),
            ("other-mode", "plain \u{fc}+.txt")
        ],
        "{report:?}"
    );
    assert_eq!(
        (&report.summary["objects"], &report.summary["gone"]),
        (&2.into(), &2.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_of_an_inventory_goes_on_from_its_row_and_from_no_other_inventory() {
    let audited = Audited::bare().await;
    let rows: Vec<(String, &str)> = (0..9).map(|n| (format!("k{n}"), "SSE-S3")).collect();
    for (key, _) in &rows {
        audited.put_plain(key).await;
    }
    let rows: Vec<(&str, &str)> = rows
        .iter()
        .map(|(key, status)| (key.as_str(), *status))
        .collect();
    let manifest = inventory(&audited, &rows).await;
    let line = ["--inventory", &manifest, "--concurrency", "1"];
    let gate = audited.hold(http::Method::HEAD, "/k5");
    let running = audited.start(&line);
    gate.reached().await;
    running.interrupt();
    let first = running.report().await;
    assert_eq!(first.code, 2, "{first:?}");
    let again = audited
        .run(&["--inventory", "s3://elsewhere/manifest.json"])
        .await;
    assert!(again.stderr.contains("cannot be read"), "{}", again.stderr);
    let listed = audited.run(&[]).await;
    assert!(listed.stderr.contains("--inventory"), "{}", listed.stderr);
    let second = audited.run(&line).await;
    let keys_of = |report: &Report| -> Vec<String> {
        let keys = report.found_keys().into_iter();
        keys.map(|(_, key)| key.to_owned()).collect()
    };
    let both = [keys_of(&first), keys_of(&second)].concat();
    let wanted: Vec<String> = rows.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert_eq!(both, wanted, "each once: {first:?} {second:?}");
}

/// S3 Control that answers one call so, and shows what it got.
async fn s3_control(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let call = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = Vec::new();
        while !got.ends_with(b"</CreateJobRequest>") {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the call ended early");
            got.extend_from_slice(&buffer[..count]);
        }
        let length = answer.len();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        stream.write_all((head + answer).as_bytes()).await.unwrap();
        String::from_utf8(got).unwrap()
    });
    (url, call)
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_makes_one_job_of_everything_that_is_not_as_demanded() {
    let audited = Audited::bare().await;
    for key in ["a b,c", "plain"] {
        audited.put_plain(key).await;
    }
    audited.put("good", Sse::AwsKms, Some(audited.key())).await;
    let line = [
        "--format",
        "json",
        "--expect-key",
        audited.key(),
        "--fix",
        "--batch",
        "--yes",
        "--batch-role",
        ROLE,
        "--batch-bucket",
        &audited.bucket,
    ];
    assert_list_stays(&audited, &line).await;
    let created = "<CreateJobResult><JobId>11111111-2222</JobId></CreateJobResult>";
    let (url, call) = s3_control(created).await;
    let mut command = audited.command(&line);
    command.env("AWS_ENDPOINT_URL_S3_CONTROL", url);
    let report = read(command.output().await.unwrap());
    assert_eq!(report.code, 1, "{report:?}");
    let job = &report.findings[0];
    assert_eq!(
        (&job["kind"], &job["id"]),
        (&"job".into(), &"11111111-2222".into())
    );
    assert_eq!(job["objects"], 2);
    let follow = job["follow"].as_str().unwrap();
    assert!(
        follow.contains("--account-id 123456789012 --job-id 11111111-2222"),
        "{follow}"
    );
    assert!(!audited.has_checkpoint());

    assert_job_of(&audited, &call.await.unwrap()).await;
    // Nothing was copied here.
    let head = audited
        .s3()
        .head_object()
        .bucket(&audited.bucket)
        .key("plain");
    assert_eq!(
        head.send().await.unwrap().server_side_encryption,
        Some(Sse::Aes256)
    );
}

/// A first try in vain: nobody is there. The list stays, and so does the way on.
async fn assert_list_stays(audited: &Audited, line: &[&str]) {
    let mut nobody = audited.command(line);
    nobody.env("AWS_ENDPOINT_URL_S3_CONTROL", "http://127.0.0.1:1");
    let failed = read(nobody.output().await.unwrap());
    assert_eq!(failed.code, 2, "{failed:?}");
    assert_eq!(failed.fix("plain"), "listed for the batch job");
    assert!(
        failed
            .stderr
            .contains("run the same command to create the job"),
        "{}",
        failed.stderr
    );
}

/// The call makes a job over `a b,c` and `plain`.
async fn assert_job_of(audited: &Audited, call: &str) {
    assert!(
        call.starts_with("POST /v20180820/jobs HTTP/1.1\r\n"),
        "{call}"
    );
    assert!(
        call.to_lowercase()
            .contains("x-amz-account-id: 123456789012"),
        "{call}"
    );
    assert!(call.contains(&format!(
        "<SSE-KMS><KMSKeyArn>{}</KMSKeyArn>",
        audited.key()
    )));
    let (_, manifest) = call.split_once("<ObjectArn>arn:aws:s3:::").unwrap();
    let (manifest, _) = manifest.split_once("</ObjectArn>").unwrap();
    let (bucket, key) = manifest.split_once('/').unwrap();
    let stored = audited
        .s3()
        .get_object()
        .bucket(bucket)
        .key(key)
        .send()
        .await
        .unwrap();
    let etag = stored.e_tag().unwrap().trim_matches('"').to_owned();
    assert!(call.contains(&format!("<ETag>{etag}</ETag>")), "{call}");
    let text = stored.body.collect().await.unwrap().into_bytes();
    assert_eq!(text, format!("{0},a%20b%2Cc\n{0},plain\n", audited.bucket));
}

/// A bucket with Object Lock and an object `held` under a legal hold, with SSE-S3.
async fn with_a_held_object() -> Audited {
    let audited = Audited::bare().await;
    let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
    let put = audited
        .s3()
        .put_object_lock_configuration()
        .bucket(&audited.bucket);
    put.object_lock_configuration(lock.build())
        .send()
        .await
        .unwrap();
    let held = audited
        .s3()
        .put_object()
        .bucket(&audited.bucket)
        .key("held");
    let held = held
        .server_side_encryption(Sse::Aes256)
        .body(b"x".to_vec().into());
    let held = held.checksum_crc32(CRC32_OF_X);
    let held = held.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On);
    held.send().await.unwrap();
    audited
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fixed_where_a_copy_could_lose_a_lock_that_cannot_be_seen() {
    let audited = with_a_held_object().await;
    let denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    audited.answer("?retention", 403, denied);
    let refused = audited.run(&["--fix", "--yes"]).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("s3:GetObjectRetention"),
        "{}",
        refused.stderr
    );
    let head = || {
        audited
            .s3()
            .head_object()
            .bucket(&audited.bucket)
            .key("held")
    };
    let untouched = head().send().await.unwrap();
    assert_eq!(untouched.server_side_encryption, Some(Sse::Aes256));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_object_keeps_its_lock() {
    let audited = with_a_held_object().await;
    let report = audited.run(&["--fix", "--yes"]).await;
    assert_eq!(
        report.fix("held"),
        "re-encrypted and verified",
        "{report:?}"
    );
    let head = audited
        .s3()
        .head_object()
        .bucket(&audited.bucket)
        .key("held");
    let head = head.send().await.unwrap();
    assert_eq!(
        head.object_lock_legal_hold_status(),
        Some(&ObjectLockLegalHoldStatus::On)
    );
}
