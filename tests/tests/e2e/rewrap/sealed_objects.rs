//! What a rewrap changes of an object that was sealed, what it keeps, and who reads it afterwards.

use std::collections::HashMap;

use aws_sdk_s3::{primitives::ByteStream, types::ServerSideEncryption as Sse};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_envelope::Format;
use keyfront_tests::{
    local_stack::content,
    origin_process::OriginProcess,
    rewrap::{Rewrapped, with_envelope},
    worker::{Worker, WorkerConfig},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{FORMATS, reported};

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
