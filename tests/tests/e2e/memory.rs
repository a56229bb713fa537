//! Memory stays flat while a large object passes through the origin, S3 and the CDN, all in one process.

use bytes::Bytes;
use futures::stream;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use keyfront_tests::stack::Stack;

const GIB: u64 = 1 << 30;
const CHUNK: usize = 1 << 20;
/// What may be in flight: stream windows, segments being encrypted, connection buffers, allocator slack.
const ALLOWANCE: u64 = 96 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn one_gibibyte_passes_with_flat_memory() {
    let stack = Stack::start_with(&[]);
    let idle = peak_memory(&stack);
    let bearer = stack.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/octet-stream"),
    ];
    let body = stream::iter((0..GIB / CHUNK as u64).map(chunk));
    let put = stack
        .origin()
        .send_stream(Method::PUT, "/objects/large", &headers, GIB, body)
        .await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    let uploaded = peak_memory(&stack);

    let answer = stack.cdn().open("/large").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.into_body();
    let mut expected = Expected::default();
    while let Some(frame) = body.frame().await {
        expected.check(&frame.unwrap().into_data().unwrap());
    }
    assert_eq!(expected.position, GIB);
    let read = peak_memory(&stack);
    println!(
        "peak resident memory: idle {} MiB, after PUT {} MiB, after GET {} MiB",
        idle >> 20,
        uploaded >> 20,
        read >> 20
    );
    assert!(
        read - idle <= ALLOWANCE,
        "memory grew by {} MiB",
        (read - idle) >> 20
    );
}

/// Content that differs at every chunk, so that a repeated or dropped one is noticed.
fn chunk(n: u64) -> Bytes {
    let mut chunk = vec![(n % 251) as u8; CHUNK];
    chunk[..8].copy_from_slice(&n.to_be_bytes());
    Bytes::from(chunk)
}

#[derive(Default)]
struct Expected {
    position: u64,
}

impl Expected {
    fn check(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let within = (self.position % CHUNK as u64) as usize;
            let take = bytes.len().min(CHUNK - within);
            let expected = chunk(self.position / CHUNK as u64);
            assert!(
                bytes[..take] == expected[within..within + take],
                "wrong bytes at {}",
                self.position
            );
            bytes = &bytes[take..];
            self.position += take as u64;
        }
    }
}

/// The high-water mark of resident memory, in bytes.
fn peak_memory(stack: &Stack) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", stack.pid())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}
