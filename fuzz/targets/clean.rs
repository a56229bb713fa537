//! No answer of an origin panics, breaks a header or shows more than an error's cause. First line: the status and
//! the facts; then headers; then the error's body.

#![no_main]

use keyfront_edge::{Answer, AnsweredRequest, Cleaned, OriginResponse, ResponseFacts, cause_of_document, clean};
use keyfront_fuzz::{edge, request_text::RequestText};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let text = RequestText::read(text);
    let facts = ResponseFacts::read(Some(text.path));
    assert_eq!(ResponseFacts::read(Some(&facts.written())), facts);
    let headers: Vec<(&str, &str)> = text
        .headers
        .iter()
        .map(|(name, value)| (*name, value.strip_prefix(' ').unwrap_or(value)))
        .collect();
    let response = OriginResponse {
        sandboxed: false,
        status: text.method.parse().unwrap_or(403),
        headers: &headers,
    };
    let request = AnsweredRequest {
        method: "GET",
        path: text.path,
        query: "v=1",
        request_id: "fuzz",
        signed_at: Some(text.query),
        facts: &facts,
    };
    let headers = match clean(&request, &response, cause_of_document(text.body.as_bytes())) {
        Cleaned::Pass { headers } => {
            assert!((200..600).contains(&response.status));
            headers
        }
        Cleaned::Answer {
            answer: Answer { headers, body, .. },
            ..
        } => {
            assert!(
                headers
                    .iter()
                    .any(|header| header.name == "cache-control" && header.value == "no-store")
            );
            // The body is the edge's own: nothing an origin says can be found in it.
            assert!(body.is_ascii() && body.len() < 400);
            headers
        }
    };
    assert!(
        headers
            .iter()
            .any(|header| header.name == "x-content-type-options")
    );
    edge::check_headers(&headers);
});
