//! Envelopes opened in the built Worker, in workerd, in front of the stack's own S3, KMS and STS.

mod answers;
mod keys;
mod refusals;

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    local_stack::LocalStack,
    stack::AwsCredentials,
    wire::Answer,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

/// Under the limit up to which these Workers verify an object before it leaves.
const SMALL: usize = 60_000;
/// Over it, and longer than three segments.
const LARGE: usize = 900_001;
const VERIFY_LIMIT: usize = 65_536;

/// A Worker over the stack's bucket that opens what lies under `r/`.
struct Reading {
    stack: LocalStack,
    worker: Worker,
}

fn entry(stack: &LocalStack, open: &[(&str, Value)]) -> Value {
    let dev = &stack.dev;
    let mut entry = json!({"match": {}, "site": {
        "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path",
        "query": [], "signing": "sigv4",
        "reader": {"prefix": "/r", "host": "reader.example.com", "region": dev.region},
    }, "open": {
        "kms_key": dev.key_arn, "kms_endpoint": dev.kms_url, "verify_limit": VERIFY_LIMIT,
    }});
    for (field, value) in open {
        entry["open"][field] = value.clone();
    }
    entry
}

fn worker(entry: &Value, credentials: &AwsCredentials) -> Worker {
    let config = WorkerConfig::default()
        .with_sites(&json!({"v": 1, "sites": [entry]}))
        .with_credentials(credentials);
    Worker::start(&config)
}

impl Reading {
    async fn start(open: &[(&str, Value)]) -> Self {
        let stack = LocalStack::start().await;
        let worker = worker(&entry(&stack, open), &stack.dev.credentials.origin);
        Self { stack, worker }
    }

    async fn put(&self, key: &str, mode: &str, plain: &Bytes) {
        let stored = self.stack.put(key, mode, plain.clone(), &[]).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    }

    async fn send(&self, method: Method, key: &str, headers: &[(&str, &str)]) -> Answer {
        let wire = self.worker.wire();
        wire.send(method, &format!("/{key}"), headers, Bytes::new())
            .await
    }

    async fn get(&self, key: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, key, headers).await
    }

    /// Whether a read is answered with a whole object.
    async fn completes(&self, key: &str) -> bool {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer = reqwest::get(format!("{}/{key}", self.worker.url())).await;
        let answer = answer.unwrap();
        answer.status() == StatusCode::OK && answer.bytes().await.is_ok()
    }
}
