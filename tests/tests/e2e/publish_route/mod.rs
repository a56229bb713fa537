//! Publishing through the CDN: `/_publish/...` over the edge and the Function URL, whichever origin stands behind it.

mod caching;
mod functions;
mod publishing;

use bytes::Bytes;
use http::Method;
use keyfront_tests::{artefacts, stack::Stack, wire::Answer};

fn start(origin: &str, flags: &[&str]) -> Stack {
    let package = artefacts::origin_zip();
    let package = package.to_str().unwrap();
    let common = [
        "--ephemeral",
        "--origin",
        origin,
        "--origin-package",
        package,
    ];
    Stack::start_with(&[&common, flags].concat())
}

async fn send(
    stack: &Stack,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let bearer = stack.bearer();
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    stack
        .cdn()
        .send(method, target, &headers, body.into())
        .await
}

async fn put(stack: &Stack, target: &str, body: impl Into<Bytes>) -> Answer {
    let headers = [("content-type", "application/octet-stream")];
    send(stack, Method::PUT, target, &headers, body).await
}
