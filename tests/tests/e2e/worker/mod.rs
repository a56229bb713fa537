//! The built Worker in workerd, in front of the dev stack: what only this platform has.

mod cache;
mod instances;
mod memory;
mod sites;

use keyfront_tests::{
    local_stack::LocalStack,
    s3_client,
    stack::AwsCredentials,
    wire::Answer,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};

/// The bucket's own site: path style, at the stack's S3.
fn site(dev: &keyfront_tests::stack::DevJson) -> Value {
    json!({
        "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path",
        "query": [], "signing": "sigv4",
    })
}

fn worker(stack: &LocalStack, credentials: &AwsCredentials) -> Worker {
    Worker::start(&WorkerConfig::of(&site(&stack.dev), credentials))
}

async fn get(worker: &Worker, target: &str) -> Answer {
    worker.wire().get(target).await
}

/// An object past the publishers' API, with a `Cache-Control`.
async fn put(stack: &LocalStack, key: &str, body: &str, cache: &str) {
    let dev = &stack.dev;
    s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin)
        .put_object()
        .bucket(&dev.bucket)
        .key(key)
        .content_type("text/plain")
        .cache_control(cache)
        .body(body.as_bytes().to_vec().into())
        .send()
        .await
        .unwrap();
}
