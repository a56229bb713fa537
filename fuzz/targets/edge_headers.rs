//! What a viewer adds besides path, method and listed query decides nothing for the bucket: its headers change no
//! signed byte, and none of them can be distinguished from their absence by the answer's status. On the publish route
//! nothing of a header can break a line.

#![no_main]

use keyfront_edge::{Header, RequestBody, Served, ViewerRequest};
use keyfront_fuzz::{edge, request_text::RequestText};
use libfuzzer_sys::fuzz_target;

/// They announce a body, which a read must not have, ask for a cross-origin grant, which the cache key holds, or are
/// conditions, which are validated.
const DECIDING: [&str; 8] = [
    "content-length",
    "transfer-encoding",
    "origin",
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
];

fuzz_target!(|text: &str| {
    let text = RequestText::read(text);
    let lower: Vec<(String, &str)> = text
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_ascii_lowercase(),
                value.strip_prefix(' ').unwrap_or(value),
            )
        })
        .collect();
    let headers: Vec<(&str, &str)> = lower
        .iter()
        .map(|(name, value)| (&**name, *value))
        .collect();
    let hostile = |path| ViewerRequest {
        method: text.method,
        headers: &headers,
        body: RequestBody::declared(&headers),
        ..edge::get(path, "v=1")
    };
    edge::serve(&hostile("/_publish/objects/a"));
    let served = edge::serve(&hostile("/a"));
    if headers.iter().any(|(name, _)| DECIDING.contains(name)) {
        return;
    }
    let plain = ViewerRequest {
        method: text.method,
        ..edge::get("/a", "v=1")
    };
    match (served, edge::serve(&plain)) {
        (Served::Forward(hostile), Served::Forward(plain)) => assert!(hostile == plain),
        (
            Served::Answer {
                answer: hostile, ..
            },
            Served::Answer { answer: plain, .. },
        ) => {
            let names =
                |headers: &[Header]| headers.iter().map(|header| header.name).collect::<Vec<_>>();
            assert_eq!(
                (hostile.status, names(&hostile.headers)),
                (plain.status, names(&plain.headers))
            );
        }
        (hostile, plain) => panic!("headers decided: {hostile:?} {plain:?}"),
    }
});
