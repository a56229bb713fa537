//! Clients that pause: a connection that stutters costs a publisher nothing but time.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_tests::local_stack::{LocalStack, content};

/// Over what is buffered (6 MiB), so that the body goes to S3 while it comes.
const STREAMED: usize = 7 << 20;
/// Longer than the AWS SDK would wait for bytes by itself.
const PAUSE: Duration = Duration::from_secs(12);

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_may_pause_in_the_middle_of_an_upload() {
    let stack = LocalStack::start().await;
    let uploads = ["sse-kms", "envelope-kms", "envelope-kms-v2"].map(async |mode| {
        let body = content(STREAMED);
        let pieces = [body.slice(..STREAMED / 2), body.slice(STREAMED / 2..)];
        let pausing = stream::iter(pieces.into_iter().enumerate()).then(async |(at, piece)| {
            if at > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            piece
        });
        let bearer = format!("Bearer {}", stack.dev.publisher_token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        let target = format!("/objects/paused/{mode}?encryption={mode}");
        let wire = stack.wire();
        let sent = wire.send_stream(
            Method::PUT,
            &target,
            &headers,
            STREAMED as u64,
            pausing.boxed(),
        );
        let answer = sent.await;
        assert_eq!(answer.status, StatusCode::CREATED, "{mode}: {answer:?}");
        (mode, body)
    });
    for (mode, body) in futures::future::join_all(uploads).await {
        if mode == "sse-kms" {
            let read: Bytes = stack.cdn().get(&format!("/paused/{mode}")).await.body;
            assert!(read == body, "{mode}");
        }
    }
}
