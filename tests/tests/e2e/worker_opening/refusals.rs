//! Envelopes that are damaged, foreign or too large.

use bytes::Bytes;
use http::StatusCode;
use keyfront_tests::{
    local_stack::content,
    worker::{Worker, WorkerConfig},
};
use serde_json::json;

use super::{LARGE, Reading, SMALL, entry};

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_envelope_gives_no_complete_answer_from_the_worker() {
    let reading = Reading::start(&[]).await;
    for (key, length) in [("r/small", SMALL), ("r/large", LARGE)] {
        reading.put(key, "envelope-kms", &content(length)).await;
        let raw = reading.stack.raw(key).await;
        for at in [500, length - 1, length + 15] {
            let mut flipped = raw.body.to_vec();
            flipped[at] ^= 1;
            let body = Bytes::from(flipped);
            reading.stack.overwrite_raw(key, body, &raw).await;
            if length == SMALL {
                let read = reading.get(key, &[]).await;
                assert_eq!(
                    (read.status, read.code().as_str()),
                    (StatusCode::BAD_GATEWAY, "envelope-invalid")
                );
                assert_eq!(read.header("cache-control"), "no-store");
                // A range of what is verified whole is verified as well.
                let part = reading.get(key, &[("range", "bytes=0-9")]).await;
                assert_eq!(part.code(), "envelope-invalid");
            } else {
                assert!(!reading.completes(key).await, "a bit is flipped at {at}");
            }
        }
        // Every byte of a truncated one is of another object by its length, and its tag does not verify.
        let cut = raw.body.slice(..length - 1);
        reading.stack.overwrite_raw(key, cut, &raw).await;
        if length == SMALL {
            assert_eq!(reading.get(key, &[]).await.code(), "envelope-invalid");
        } else {
            assert!(!reading.completes(key).await);
        }
    }
    reading.worker.logged("envelope-invalid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_refuses_what_it_must_not_open() {
    let reading = Reading::start(&[]).await;
    reading.put("r/a", "envelope-kms", &content(64)).await;
    let raw = reading.stack.raw("r/a").await;
    reading
        .stack
        .overwrite_raw("r/b", raw.body.clone(), &raw)
        .await;
    reading.put("r/v2", "envelope-kms-v2", &content(64)).await;
    reading.put("r/key", "envelope-key", &content(64)).await;
    reading.put("r/plain", "sse-kms", &content(64)).await;
    for (key, status, code) in [
        ("r/b", 502, "envelope-refused"),
        ("r/v2", 502, "envelope-refused"),
        ("r/key", 502, "envelope-refused"),
        ("r/plain", 404, "not-found"),
        ("r/absent", 404, "not-found"),
    ] {
        let answer = reading.get(key, &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{key}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_too_large_to_verify_goes_the_configured_way() {
    let reading = Reading::start(&[("larger", json!("ranges"))]).await;
    let plain = content(LARGE);
    reading.put("r/a", "envelope-kms", &plain).await;
    let whole = reading.get("r/a", &[]).await;
    assert_eq!(
        (whole.status, whole.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "use-range")
    );
    let part = reading
        .get("r/a", &[("range", "bytes=100000-199999")])
        .await;
    assert_eq!(part.body, plain.slice(100_000..200_000));
    let to_reader = entry(&reading.stack, &[("larger", json!("reader"))]);
    let credentials = &reading.stack.dev.credentials.origin;
    let config = WorkerConfig::default()
        .with_sites(&json!({"v": 1, "sites": [to_reader]}))
        .with_credentials(credentials)
        .with_host("reader.example.com", "http://127.0.0.1:1");
    let other = Worker::start(&config);
    let answer = other.wire().get("/r/a").await;
    assert_eq!(answer.code(), "origin-failed", "nobody is the reader there");
}
