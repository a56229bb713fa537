//! `keyfront rewrap` on the dev stack: what it changes and what it keeps, interruptions, writes in between, refusals.
#![allow(clippy::too_many_lines, reason = "each is one story of an object")]

use std::collections::HashMap;

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption as Sse},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_envelope::{
    Commitment, Envelope, Format, INSTRUCTION_FILE_MARKER, MasterKey, OpenPolicy, Opening, begin,
};
use keyfront_tests::{
    audit::Report,
    fault_proxy::{Fault, Gate, Rule},
    local_stack::content,
    origin_process::OriginProcess,
    rewrap::{Rewrapped, seal_by_master, with_envelope},
    worker::{Worker, WorkerConfig},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

const FORMATS: [Format; 2] = [Format::V2, Format::V3];

/// `(status, key)` of everything that was reported, sorted.
fn reported(report: &Report) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = report
        .findings
        .iter()
        .map(|one| {
            (
                one["status"].as_str().unwrap(),
                one["key"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    found
}

fn without_wrap(metadata: &HashMap<String, String>) -> HashMap<String, String> {
    let mut others = metadata.clone();
    others
        .retain(|name, _| !["x-amz-3", "x-amz-key-v2", "keyfront-sealed"].contains(&name.as_str()));
    others
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_origin_sealed_is_read_by_every_reader_with_the_old_key_disabled() {
    let rewrapped = Rewrapped::start().await;
    rewrapped.allow_every_key().await;
    let (stack, other) = (&rewrapped.stack, rewrapped.other_key.clone());
    let plain = content(100_000);
    let name = [("keyfront-file-name", "J%C3%A4nner.pdf")];
    for mode in ["envelope-kms", "envelope-kms-v2"] {
        let stored = stack
            .put(&format!("read/{mode}"), mode, plain.clone(), &name)
            .await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    }
    let bodies = [
        stack.raw("read/envelope-kms").await,
        stack.raw("read/envelope-kms-v2").await,
    ];
    let report = rewrapped
        .to_other_key("read/", &["--storage-key", &other])
        .await;
    assert_eq!(report.code, 0, "{report:?}");
    assert_eq!(report.summary["rewrapped"], 2, "{report:?}");
    assert_eq!(report.summary["rest_under_old"], 0, "{report:?}");
    rewrapped.set_key("DisableKey", rewrapped.key()).await;

    // An origin and a Worker that are configured with the new key.
    let mut dev = stack.dev.clone();
    dev.key_arn.clone_from(&other);
    dev.credentials.origin = dev.credentials.admin.clone();
    let origin = OriginProcess::start(&dev, &dev.s3_url, &dev.kms_url);
    let bearer = format!("Bearer {}", dev.publisher_token);
    let ask = async |target: &str| {
        let headers = [("authorization", bearer.as_str())];
        origin
            .wire()
            .send(Method::GET, target, &headers, Bytes::new())
            .await
    };
    let worker = Worker::start(&WorkerConfig::default().with_credentials(&dev.credentials.admin).with_sites(&json!({
        "v": 1, "sites": [{"match": {}, "site": {
            "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path", "query": [],
            "signing": "sigv4", "reader": {"prefix": "/read", "host": "reader.example.com", "region": dev.region},
        }, "open": {"kms_key": other, "kms_endpoint": dev.kms_url, "commitment": "optional"}}],
    })));
    // The publishers' policy rests under the old key: this origin is given its own.
    for (mode, before) in ["envelope-kms", "envelope-kms-v2"].into_iter().zip(&bodies) {
        let key = format!("read/{mode}");
        let after = stack.raw(&key).await;
        assert_eq!(after.body, before.body, "{mode}");
        assert_eq!(
            without_wrap(&after.metadata),
            without_wrap(&before.metadata),
            "{mode}"
        );
        let viewed = worker
            .wire()
            .send(Method::GET, &format!("/{key}"), &[], Bytes::new())
            .await;
        assert_eq!(
            (viewed.status, &viewed.body),
            (StatusCode::OK, &plain),
            "{mode}: {}",
            worker.log()
        );
    }
    rewrapped.set_key("EnableKey", rewrapped.key()).await;
    let policy = stack.raw(".keyfront/publishers.json").await;
    let put = rewrapped
        .s3()
        .put_object()
        .bucket(&dev.bucket)
        .key(".keyfront/publishers.json");
    let put = put
        .server_side_encryption(Sse::Aes256)
        .body(ByteStream::from(policy.body));
    put.send().await.unwrap();
    rewrapped.set_key("DisableKey", rewrapped.key()).await;
    let read = ask("/read/read/envelope-kms").await;
    assert_eq!(
        (read.status, &read.body),
        (StatusCode::OK, &plain),
        "{read:?}"
    );
    let described = ask("/objects/read/envelope-kms").await.json();
    assert_eq!(
        described["metadata"]["file_name"], "J\u{e4}nner.pdf",
        "{described}"
    );

    // And back, for the reader behind the stack's CDN.
    rewrapped.set_key("EnableKey", rewrapped.key()).await;
    let back = [
        "--from",
        &other,
        "--to",
        rewrapped.key(),
        "--storage-key",
        rewrapped.key(),
    ];
    let report = rewrapped.run("read/", &back).await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    rewrapped.set_key("DisableKey", &other).await;
    for mode in ["envelope-kms", "envelope-kms-v2"] {
        let target = format!("/read/{mode}");
        let viewed = stack
            .cdn()
            .send(Method::GET, &target, &[], Bytes::new())
            .await;
        assert_eq!(
            (viewed.status, &viewed.body),
            (StatusCode::OK, &plain),
            "{mode}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewrap_changes_the_wrapped_key_and_keeps_everything_else() {
    let rewrapped = Rewrapped::start().await;
    let plain = content(5000);
    for format in FORMATS {
        let object = format!("kept/{format:?} a+b%2F\u{e9}");
        let (envelope, body) = rewrapped
            .seal_by_kms(format, rewrapped.key(), &object, &plain)
            .await;
        let call = with_envelope(rewrapped.put(&object, body.clone()), &envelope);
        call.metadata("colour", "blue")
            .content_type("text/plain")
            .cache_control("max-age=9")
            .content_disposition("attachment; filename=\"a.txt\"")
            .content_encoding("br")
            .content_language("de")
            .tagging("a=1%262&b=")
            .checksum_sha256(STANDARD.encode(Sha256::digest(&body)))
            .customize()
            .mutate_request(|request| {
                request
                    .headers_mut()
                    .insert("expires", "Fri, 01 Jan 2027 00:00:00 GMT");
            })
            .send()
            .await
            .unwrap();
        let before = rewrapped.head(&object).await;
        let report = rewrapped.to_other_key(&object, &[]).await;
        assert_eq!(report.code, 0, "{report:?}");
        assert_eq!(reported(&report), [("rewrapped", object.as_str())]);
        let after = rewrapped.head(&object).await;
        let (old, new) = (before.metadata().unwrap(), after.metadata().unwrap());
        assert_ne!(old, new);
        assert_eq!(without_wrap(old), without_wrap(new));
        assert_eq!(before.content_length(), after.content_length());
        assert_eq!(
            before.e_tag(),
            after.e_tag(),
            "the content is the same, and not under KMS"
        );
        assert_eq!(before.content_type(), after.content_type());
        assert_eq!(before.cache_control(), after.cache_control());
        assert_eq!(before.content_disposition(), after.content_disposition());
        assert_eq!(before.content_encoding(), after.content_encoding());
        assert_eq!(before.content_language(), after.content_language());
        assert_eq!(before.expires_string(), after.expires_string());
        assert_eq!(
            after.expires_string(),
            Some("Fri, 01 Jan 2027 00:00:00 GMT")
        );
        assert_eq!(after.tag_count(), Some(2));
        assert!(after.checksum_sha256().is_some());
        assert_eq!(before.checksum_sha256(), after.checksum_sha256());
        assert_eq!(
            before.server_side_encryption(),
            after.server_side_encryption()
        );
        assert_eq!(rewrapped.stack.raw(&object).await.body, body);

        let again = rewrapped.to_other_key(&object, &[]).await;
        assert_eq!(
            (again.code, &again.summary["already"]),
            (0, &json!(1)),
            "{again:?}"
        );
        assert_eq!(
            rewrapped.head(&object).await.last_modified(),
            after.last_modified()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_it_would_rewrap_and_changes_nothing() {
    let rewrapped = Rewrapped::start().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "d/a", &content(10))
        .await;
    rewrapped
        .put_sealed(Format::V2, &rewrapped.other_key, "d/b", &content(10))
        .await;
    let before = [rewrapped.head("d/a").await, rewrapped.head("d/b").await];
    let report = rewrapped.to_other_key("d/", &["--dry-run"]).await;
    assert_eq!(report.code, 1, "{report:?}");
    assert_eq!(reported(&report), [("planned", "d/a")]);
    assert_eq!(
        (&report.summary["planned"], &report.summary["already"]),
        (&json!(1), &json!(1))
    );
    for (key, before) in ["d/a", "d/b"].into_iter().zip(before) {
        let after = rewrapped.head(key).await;
        assert_eq!(after.metadata(), before.metadata());
        assert_eq!(after.last_modified(), before.last_modified());
    }
    assert!(!rewrapped.has_checkpoint(), "nothing is left to go on from");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_rewrap_goes_on_and_reports_every_object_once() {
    let rewrapped = Rewrapped::start().await;
    for number in 0..30 {
        let key = format!("i/{number:02}");
        rewrapped
            .put_sealed(FORMATS[number % 2], rewrapped.key(), &key, &content(10))
            .await;
    }
    let gate = Gate::default();
    rewrapped.proxy.fail(Rule {
        method: Method::PUT,
        about: "/i/12",
        fault: Fault::Hold(gate.clone()),
        times: 1,
    });
    let line = [
        "--from",
        rewrapped.key(),
        "--to",
        &rewrapped.other_key,
        "--concurrency",
        "4",
    ];
    let running = rewrapped.start_run("i/", &line);
    gate.reached().await;
    running.interrupt();
    rewrapped.stopping().await;
    gate.open();
    let first = running.report().await;
    assert_eq!(first.code, 2, "{first:?}");
    assert_eq!(first.summary["complete"], false, "{first:?}");
    assert!(rewrapped.has_checkpoint());
    let done = first.findings.len();
    assert!((13..30).contains(&done), "{first:?}");

    let other = rewrapped
        .run(
            "i/",
            &["--from", &rewrapped.other_key, "--to", rewrapped.key()],
        )
        .await;
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("--from or --to"), "{other:?}");

    let second = rewrapped.to_other_key("i/", &[]).await;
    assert_eq!(second.code, 0, "{second:?}");
    assert_eq!(second.summary["rewrapped"], 30, "{second:?}");
    let mut keys: Vec<&str> = reported(&first)
        .into_iter()
        .chain(reported(&second))
        .map(|(_, key)| key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 30);
    assert_eq!(
        done + second.findings.len(),
        30,
        "each object is reported once"
    );
    assert!(!rewrapped.has_checkpoint());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_written_meanwhile_is_reported_and_is_as_it_was_written() {
    let rewrapped = Rewrapped::start().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "w/a", &content(10))
        .await;
    let gate = Gate::default();
    rewrapped.proxy.fail(Rule {
        method: Method::PUT,
        about: "/w/a",
        fault: Fault::Hold(gate.clone()),
        times: 1,
    });
    let line = ["--from", rewrapped.key(), "--to", &rewrapped.other_key];
    let running = rewrapped.start_run("w/", &line);
    gate.reached().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "w/a", &content(20))
        .await;
    let written = rewrapped.head("w/a").await;
    gate.open();
    let report = running.report().await;
    assert_eq!(report.code, 1, "{report:?}");
    assert_eq!(reported(&report), [("changed", "w/a")]);
    assert_eq!(rewrapped.head("w/a").await.metadata(), written.metadata());
    let again = rewrapped.to_other_key("w/", &[]).await;
    assert_eq!(
        (again.code, &again.summary["rewrapped"]),
        (0, &json!(1)),
        "{again:?}"
    );
}

/// Opens with a client-side master key.
fn opened(
    metadata: &HashMap<String, String>,
    file: Option<&[u8]>,
    master: [u8; 32],
    body: &Bytes,
) -> Vec<u8> {
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        ..OpenPolicy::default()
    };
    let awaiting = match begin(metadata, policy).unwrap() {
        Opening::NeedsKey(awaiting) => awaiting,
        Opening::NeedsInstructionFile(awaiting) => awaiting.supply(file.unwrap()).unwrap(),
    };
    let unlocked = awaiting
        .unlock_with_master(&MasterKey::new(master))
        .unwrap();
    let mut body = body.to_vec();
    unlocked.open_verified(&mut body).unwrap();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn client_side_master_keys_are_replaced_by_each_other_and_by_kms() {
    let rewrapped = Rewrapped::start().await;
    let (old, new) = ([1; 32], [2; 32]);
    let [from, to] = [
        rewrapped.key_file("old", old),
        rewrapped.key_file("new", new),
    ];
    let plain = content(5000);
    for format in FORMATS {
        let (envelope, body) = seal_by_master(format, old, &plain);
        for prefix in ["m", "read/m"] {
            let call = rewrapped.put(&format!("{prefix}/{format:?}"), body.clone());
            with_envelope(call, &envelope).send().await.unwrap();
        }
    }
    let report = rewrapped
        .run(
            "m/",
            &["--from", &from, "--to", &to, "--master-key-id", "second"],
        )
        .await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    for format in FORMATS {
        let raw = rewrapped.stack.raw(&format!("m/{format:?}")).await;
        assert_eq!(opened(&raw.metadata, None, new, &raw.body), plain);
        let names = raw
            .metadata
            .values()
            .any(|value| value == "{\"master-key\":\"second\"}");
        assert!(names, "{:?}", raw.metadata);
    }
    let again = rewrapped.run("m/", &["--from", &from, "--to", &to]).await;
    assert_eq!(
        (again.code, &again.summary["already"]),
        (0, &json!(2)),
        "{again:?}"
    );

    // To KMS, in the context by which our readers know the object.
    let report = rewrapped
        .run("read/m/", &["--from", &from, "--to", rewrapped.key()])
        .await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    for format in FORMATS {
        let target = format!("/read/m/{format:?}");
        let viewed = rewrapped
            .stack
            .cdn()
            .send(Method::GET, &target, &[], Bytes::new())
            .await;
        assert_eq!(
            (viewed.status, &viewed.body),
            (StatusCode::OK, &plain),
            "{format:?}"
        );
    }
    // And from KMS to a file.
    let report = rewrapped
        .run("read/m/", &["--from", rewrapped.key(), "--to", &to])
        .await;
    assert_eq!(
        (report.code, &report.summary["rewrapped"]),
        (0, &json!(2)),
        "{report:?}"
    );
    let raw = rewrapped.stack.raw("read/m/V3").await;
    assert_eq!(opened(&raw.metadata, None, new, &raw.body), plain);
}

/// Writes a sealed object and its instruction file.
pub(crate) async fn put_with_file(
    rewrapped: &Rewrapped,
    object: &str,
    envelope: &Envelope,
    body: &Bytes,
) {
    let (metadata, file) = envelope.with_instruction_file().unwrap();
    let put = rewrapped.put(&format!("{object}.instruction"), file.into());
    let put = put
        .metadata(INSTRUCTION_FILE_MARKER, "")
        .content_type("application/json")
        .tagging("a=1");
    put.send().await.unwrap();
    let mut put = rewrapped.put(object, body.clone());
    for (name, value) in metadata {
        put = put.metadata(name, value);
    }
    put.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_file_is_rewritten_and_its_object_is_not() {
    let rewrapped = Rewrapped::start().await;
    let plain = content(5000);
    for format in FORMATS {
        let object = format!("read/f/{format:?}");
        let (envelope, body) = rewrapped
            .seal_by_kms(format, &rewrapped.other_key, &object, &plain)
            .await;
        put_with_file(&rewrapped, &object, &envelope, &body).await;
        let before = rewrapped.head(&object).await;
        let line = ["--from", &rewrapped.other_key, "--to", rewrapped.key()];
        let report = rewrapped.run(&object, &line).await;
        assert_eq!(report.code, 0, "{report:?}");
        assert_eq!(reported(&report), [("rewrapped", object.as_str())]);
        let after = rewrapped.head(&object).await;
        assert_eq!(after.metadata(), before.metadata());
        assert_eq!(after.last_modified(), before.last_modified());
        let file = rewrapped.head(&format!("{object}.instruction")).await;
        assert_eq!(file.content_type(), Some("application/json"));
        assert_eq!(file.tag_count(), Some(1));
        assert!(
            file.metadata()
                .unwrap()
                .contains_key(INSTRUCTION_FILE_MARKER)
        );
        let again = rewrapped.run(&object, &line).await;
        assert_eq!(
            (again.code, &again.summary["already"]),
            (0, &json!(1)),
            "{again:?}"
        );
    }
    rewrapped.set_key("DisableKey", &rewrapped.other_key).await;
    for format in FORMATS {
        let target = format!("/read/f/{format:?}");
        let viewed = rewrapped
            .stack
            .cdn()
            .send(Method::GET, &target, &[], Bytes::new())
            .await;
        assert_eq!(
            (viewed.status, &viewed.body),
            (StatusCode::OK, &plain),
            "{format:?}"
        );
    }
    // Half an envelope without its file.
    let s3 = rewrapped.s3();
    let file = s3
        .delete_object()
        .bucket(rewrapped.bucket())
        .key("read/f/V3.instruction");
    file.send().await.unwrap();
    let line = ["--from", &rewrapped.other_key, "--to", rewrapped.key()];
    let report = rewrapped.run("read/f/V3", &line).await;
    assert_eq!(
        reported(&report),
        [("broken-envelope", "read/f/V3")],
        "{report:?}"
    );
}

async fn put_in_parts(
    rewrapped: &Rewrapped,
    object: &str,
    envelope: &Envelope,
    body: &Bytes,
    size: usize,
) {
    let (s3, bucket) = (rewrapped.s3(), rewrapped.bucket());
    let metadata = envelope.metadata().unwrap().into_iter();
    let metadata = metadata
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let begun = s3.create_multipart_upload().bucket(bucket).key(object);
    let begun = begun
        .set_metadata(Some(metadata))
        .server_side_encryption(Sse::Aes256);
    let id = begun.send().await.unwrap().upload_id.unwrap();
    let mut parts = Vec::new();
    for (number, part) in (1..).zip(body.chunks(size)) {
        let sent = s3
            .upload_part()
            .bucket(bucket)
            .key(object)
            .upload_id(&id)
            .part_number(number);
        let sent = sent
            .body(ByteStream::from(Bytes::copy_from_slice(part)))
            .send()
            .await
            .unwrap();
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .build(),
        );
    }
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let done = s3
        .complete_multipart_upload()
        .bucket(bucket)
        .key(object)
        .upload_id(id);
    done.multipart_upload(parts).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_over_the_copy_limit_is_copied_in_the_parts_it_has_or_its_upload_is_aborted() {
    let rewrapped = Rewrapped::start().await;
    let plain = content((11 << 20) + 7);
    let line = [
        "--from",
        &rewrapped.other_key,
        "--to",
        rewrapped.key(),
        "--copy-limit",
        "1000000",
    ];
    let (envelope, body) = rewrapped
        .seal_by_kms(Format::V3, &rewrapped.other_key, "read/p", &plain)
        .await;
    put_in_parts(&rewrapped, "read/p", &envelope, &body, 5 << 20).await;
    let before = rewrapped.head("read/p").await;
    assert!(before.e_tag().unwrap().ends_with("-3\""), "{before:?}");

    rewrapped.proxy.fail(Rule {
        method: Method::PUT,
        about: "partNumber=2",
        fault: Fault::Answer(StatusCode::FORBIDDEN, ""),
        times: usize::MAX,
    });
    let report = rewrapped.run("read/p", &line).await;
    assert_eq!(reported(&report), [("failed", "read/p")], "{report:?}");
    assert!(rewrapped.proxy.heal() > 0);
    assert_eq!(rewrapped.head("read/p").await.metadata(), before.metadata());
    let uploads = rewrapped
        .s3()
        .list_multipart_uploads()
        .bucket(rewrapped.bucket());
    assert!(uploads.send().await.unwrap().uploads().is_empty());

    let report = rewrapped.run("read/p", &line).await;
    assert_eq!(report.code, 0, "{report:?}");
    assert_eq!(reported(&report), [("rewrapped", "read/p")]);
    let after = rewrapped.head("read/p").await;
    assert_eq!(after.e_tag(), before.e_tag(), "the same parts");
    assert_ne!(after.metadata(), before.metadata());
    rewrapped.set_key("DisableKey", &rewrapped.other_key).await;
    let viewed = rewrapped.stack.try_view("/read/p").await.unwrap();
    assert_eq!(viewed, plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_rewrapped_is_reported_with_its_reason() {
    let rewrapped = Rewrapped::start().await;
    let plain = content(10);
    // Under a key that a stranger chose: it must not come to be wrapped by ours.
    let stranger = keyfront_tests::audit::new_kms_key(&rewrapped.stack.dev).await;
    rewrapped
        .put_sealed(Format::V3, &stranger, "x/stranger", &plain)
        .await;
    let (envelope, body) = seal_by_master(Format::V3, [3; 32], &plain);
    with_envelope(rewrapped.put("x/master", body), &envelope)
        .send()
        .await
        .unwrap();
    // Another object's data key: it commits to its own.
    let (envelope, body) = rewrapped
        .seal_by_kms(Format::V3, rewrapped.key(), "x/forged", &plain)
        .await;
    let (other, _) = rewrapped
        .seal_by_kms(Format::V3, rewrapped.key(), "x/forged", &plain)
        .await;
    let forged = with_envelope(rewrapped.put("x/forged", body), &envelope);
    let key = other
        .metadata()
        .unwrap()
        .into_iter()
        .find(|(name, _)| *name == "x-amz-3")
        .unwrap();
    forged.metadata(key.0, key.1).send().await.unwrap();
    let put = async |key: &str, metadata: &[(&str, &str)]| {
        rewrapped.stack.put_raw(key, plain.clone(), metadata).await;
    };
    put("x/plain", &[("colour", "blue")]).await;
    put(
        "x/v1",
        &[
            ("x-amz-key", "AA=="),
            ("x-amz-iv", "AA=="),
            ("x-amz-matdesc", "{}"),
        ],
    )
    .await;
    put("x/mixed", &[("x-amz-c", "115"), ("x-amz-key-v2", "AA==")]).await;
    put(
        "x/rsa",
        &[
            ("x-amz-key-v2", "AA=="),
            ("x-amz-iv", "AAAAAAAAAAAAAAAA"),
            ("x-amz-matdesc", "{}"),
            ("x-amz-tag-len", "128"),
            ("x-amz-cek-alg", "AES/GCM/NoPadding"),
            ("x-amz-wrap-alg", "RSA-OAEP-SHA1"),
        ],
    )
    .await;
    let report = rewrapped.to_other_key("x/", &[]).await;
    let expected = [
        ("broken-envelope", "x/forged"),
        ("broken-envelope", "x/mixed"),
        ("not-sealed", "x/plain"),
        ("unknown-wrapping", "x/master"),
        ("unknown-wrapping", "x/stranger"),
        ("unsupported", "x/rsa"),
        ("unsupported", "x/v1"),
    ];
    assert_eq!(reported(&report), expected, "{report:?}");
    assert_eq!(report.code, 1);
    let only = rewrapped.to_other_key("x/plain", &[]).await;
    assert_eq!(
        (only.code, reported(&only)),
        (0, vec![("not-sealed", "x/plain")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_used_is_named_with_the_reason() {
    let rewrapped = Rewrapped::start().await;
    rewrapped
        .put_sealed(Format::V3, rewrapped.key(), "k/a", &content(10))
        .await;
    let before = rewrapped.head("k/a").await;
    for disabled in [rewrapped.key(), &rewrapped.other_key] {
        rewrapped.set_key("DisableKey", disabled).await;
        let report = rewrapped.to_other_key("k/", &[]).await;
        assert_eq!(report.code, 2, "{report:?}");
        assert!(report.stderr.contains(disabled), "{report:?}");
        assert!(report.stderr.contains("DisabledException"), "{report:?}");
        rewrapped.set_key("EnableKey", disabled).await;
    }
    // A role without rights on the new key, and nobody's rights on the old one.
    let edge = &rewrapped.stack.dev.credentials.edge;
    let line = [
        "--from",
        rewrapped.key(),
        "--to",
        &rewrapped.other_key,
        "--yes",
    ];
    let output = rewrapped
        .command_as(edge, "k/", &line)
        .output()
        .await
        .unwrap();
    let report = keyfront_tests::audit::read(output);
    assert_eq!(report.code, 2, "{report:?}");
    assert_eq!(rewrapped.head("k/a").await.metadata(), before.metadata());
    let done = rewrapped.to_other_key("k/", &[]).await;
    assert_eq!(
        (done.code, &done.summary["rewrapped"]),
        (0, &json!(1)),
        "{done:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_keeps_under_the_old_key_is_told_until_a_storage_key_is_given() {
    let rewrapped = Rewrapped::start().await;
    rewrapped.allow_every_key().await;
    rewrapped
        .stack
        .put("s/a", "envelope-kms", content(10), &[])
        .await;
    let report = rewrapped.to_other_key("s/", &[]).await;
    assert_eq!(
        (report.code, &report.summary["rest_under_old"]),
        (0, &json!(1)),
        "{report:?}"
    );
    assert!(report.stderr.contains("--storage-key"), "{report:?}");
    let other = rewrapped.other_key.clone();
    let report = rewrapped
        .to_other_key("s/", &["--storage-key", &other])
        .await;
    assert_eq!(
        (report.code, &report.summary["rest_under_old"]),
        (0, &json!(0)),
        "{report:?}"
    );
    let head = rewrapped.head("s/a").await;
    assert_eq!(head.ssekms_key_id(), Some(other.as_str()));
}
