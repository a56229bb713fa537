//! Objects the Worker opens, whole and in ranges, and what it leaves to the reader.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    local_stack::{LocalStack, content},
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

use super::{LARGE, Reading, SMALL, VERIFY_LIMIT, entry};

/// The Function URL of the stack's own site.
const FUNCTION_HOST: &str = "keyfrontdevpublishfunctionurl000.lambda-url.eu-west-1.on.aws";

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_opens_what_the_origin_sealed_and_shows_no_envelope() {
    let reading = Reading::start(&[("commitment", json!("optional"))]).await;
    for (mode, length) in [
        ("envelope-kms", SMALL),
        ("envelope-kms-v2", SMALL),
        ("envelope-kms", LARGE),
        ("envelope-kms-v2", LARGE),
        ("envelope-kms", 0),
    ] {
        let plain = content(length);
        let key = format!("r/docs/{mode}-{length}");
        reading.put(&key, mode, &plain).await;
        let read = reading.get(&key, &[]).await;
        assert_eq!(
            read.status,
            StatusCode::OK,
            "{mode} {length}: {}",
            reading.worker.log()
        );
        assert_eq!(read.body, plain, "{mode} {length}");
        assert_eq!(read.header("content-length"), length.to_string());
        assert_eq!(read.header("accept-ranges"), "bytes");
        assert_eq!(read.header("x-content-type-options"), "nosniff");
        let verified = length <= VERIFY_LIMIT;
        let cache = if verified {
            "public, max-age=60, stale-if-error=0"
        } else {
            "no-store"
        };
        assert_eq!(read.header("cache-control"), cache);
        let leaked = read
            .headers
            .keys()
            .find(|name| name.as_str().starts_with("x-amz"));
        assert_eq!(leaked, None);
        let head = reading.send(Method::HEAD, &key, &[]).await;
        assert_eq!(head.status, StatusCode::OK);
        assert_eq!(
            head.header("content-length"),
            length.to_string(),
            "{mode} {length}"
        );
        assert_eq!(head.header("etag"), read.header("etag"));
        assert!(head.body.is_empty());
    }
    // Beside the reader's prefix nothing is opened.
    reading.put("raw", "envelope-kms", &content(SMALL)).await;
    let sealed = reading.get("raw", &[]).await;
    assert_eq!(
        (sealed.status, sealed.body.len()),
        (StatusCode::OK, SMALL + 16)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_ranges_count_on_the_plaintext() {
    let reading = Reading::start(&[]).await;
    for (key, length, cache) in [
        ("r/small", SMALL, "public, max-age=60, stale-if-error=0"),
        ("r/large", LARGE, "no-store"),
    ] {
        let plain = content(length);
        reading.put(key, "envelope-kms", &plain).await;
        let last = length - 1;
        for (range, first, end) in [
            ("bytes=0-0".to_owned(), 0, 1),
            ("bytes=17-4242".to_owned(), 17, 4243),
            (format!("bytes={last}-"), last, length),
            ("bytes=-33".to_owned(), length - 33, length),
            (format!("bytes=5-{}", length + 100), 5, length),
        ] {
            let part = reading.get(key, &[("range", &range)]).await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{key} {range}");
            assert_eq!(part.body, plain.slice(first..end), "{key} {range}");
            let content_range = format!("bytes {first}-{}/{length}", end - 1);
            assert_eq!(part.header("content-range"), content_range);
            assert_eq!(part.header("cache-control"), cache);
        }
        let beyond = format!("bytes={length}-");
        let beyond = reading.get(key, &[("range", &beyond)]).await;
        assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
        let several = reading.get(key, &[("range", "bytes=0-1,4-5")]).await;
        assert_eq!((several.status, several.body), (StatusCode::OK, plain));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_workers_conditions_are_evaluated_on_the_plaintexts_entity_tag() {
    let reading = Reading::start(&[]).await;
    reading.put("r/a", "envelope-kms", &content(SMALL)).await;
    let first = reading.get("r/a", &[]).await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    for (name, value, status) in [
        ("if-none-match", etag, StatusCode::NOT_MODIFIED),
        ("if-none-match", "\"other\"", StatusCode::OK),
        ("if-match", etag, StatusCode::OK),
        ("if-match", "\"other\"", StatusCode::PRECONDITION_FAILED),
        ("if-modified-since", modified, StatusCode::NOT_MODIFIED),
    ] {
        let answer = reading.get("r/a", &[(name, value)]).await;
        assert_eq!(answer.status, status, "{name}: {value}");
    }
    for (if_range, status) in [
        (etag, StatusCode::PARTIAL_CONTENT),
        ("\"other\"", StatusCode::OK),
    ] {
        let headers = [("range", "bytes=0-9"), ("if-range", if_range)];
        assert_eq!(reading.get("r/a", &headers).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instruction_file_is_read_by_the_worker() {
    let reading = Reading::start(&[("commitment", json!("optional"))]).await;
    let plain = content(SMALL);
    for mode in ["envelope-kms", "envelope-kms-v2"] {
        let key = format!("r/{mode}");
        reading.put(&key, mode, &plain).await;
        let raw = reading.stack.raw(&key).await;
        let on_object = |name: &&String| ["x-amz-c", "x-amz-d", "x-amz-i"].contains(&name.as_str());
        let (object, file): (Vec<_>, Vec<_>) = raw
            .metadata
            .iter()
            .filter(|(name, _)| !name.starts_with("keyfront"))
            .partition(|(name, _)| mode == "envelope-kms" && on_object(name));
        let file: serde_json::Map<String, Value> = file
            .into_iter()
            .filter(|(name, _)| name.starts_with("x-amz-"))
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let object: Vec<_> = object
            .into_iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = Bytes::from(serde_json::to_vec(&file).unwrap());
        reading.stack.put_raw(&key, raw.body.clone(), &object).await;
        let marker = [("x-amz-crypto-instr-file", "")];
        reading
            .stack
            .put_raw(&format!("{key}.instruction"), body, &marker)
            .await;
        let read = reading.get(&key, &[]).await;
        assert_eq!(
            (read.status, read.body),
            (StatusCode::OK, plain.clone()),
            "{mode} {}",
            reading.worker.log()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_coding_of_the_plaintext_does_not_decode_the_ciphertext() {
    let reading = Reading::start(&[]).await;
    for (key, length) in [("r/small", SMALL), ("r/large", LARGE)] {
        let plain = content(length);
        let headers = [("content-encoding", "gzip")];
        let stored = reading
            .stack
            .put(key, "envelope-kms", plain.clone(), &headers)
            .await;
        assert_eq!(stored.status, StatusCode::CREATED);
        let read = reading.get(key, &[("accept-encoding", "gzip")]).await;
        assert_eq!(read.header("content-encoding"), "gzip");
        assert_eq!(read.body, plain, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_worker_does_not_open_is_read_through_the_readers_function_url() {
    let stack = LocalStack::start().await;
    let plain = content(LARGE);
    stack
        .put("read/a b+c", "envelope-kms", plain.clone(), &[])
        .await;
    let mut left = entry(&stack, &[]);
    left.as_object_mut().unwrap().remove("open");
    // The prefix under which the origin lets viewers read.
    left["site"]["reader"]["prefix"] = json!("/read");
    left["site"]["reader"]["host"] = json!(FUNCTION_HOST);
    let config = WorkerConfig::default()
        .with_sites(&json!({"v": 1, "sites": [left]}))
        .with_credentials(&stack.dev.credentials.edge)
        .with_host(FUNCTION_HOST, &stack.function_url());
    let serving = Worker::start(&config);
    let wire = serving.wire();
    let read = wire.get("/read/a%20b+c").await;
    assert_eq!(
        (read.status, &read.body),
        (StatusCode::OK, &plain),
        "{}",
        serving.log()
    );
    assert_eq!(read.header("content-length"), LARGE.to_string());
    let range = [("range", "bytes=17-4242")];
    let part = wire
        .send(Method::GET, "/read/a%20b+c", &range, Bytes::new())
        .await;
    assert_eq!(
        (part.status, part.body),
        (StatusCode::PARTIAL_CONTENT, plain.slice(17..4243))
    );
    let head = wire
        .send(Method::HEAD, "/read/a%20b+c", &[], Bytes::new())
        .await;
    assert_eq!(
        (head.status, head.header("etag")),
        (StatusCode::OK, read.header("etag"))
    );
    assert_eq!(wire.get("/read/absent").await.code(), "not-found");
}
