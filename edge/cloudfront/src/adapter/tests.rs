use keyfront_edge::{Edge, Unassisted};
use proptest::prelude::*;

use super::respond;
use crate::frame::tests::written;

const SITE: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"virtual","query":[],"signing":"sigv4"}"#;
const HOST: &str = "private-content.s3.eu-central-1.amazonaws.com";

/// Fields of an origin-request frame, in order; tests change single ones.
const REQUEST: [&str; 16] = [
    "1767323045",
    "ASIAEXAMPLE",
    "secret",
    "token",
    "",
    SITE,
    "custom",
    HOST,
    "request-id",
    "GET",
    "/a+b",
    "",
    "",
    "3",
    "host\nvia\nx-amz-acl",
    "",
];
const RESPONSE: [&str; 10] = [
    "request-id",
    "GET",
    "/a%2Bb",
    "",
    "20260102T030405Z",
    "v1 bucket denied unruled",
    "200",
    "2",
    "etag\nserver",
    "",
];

/// Kind, kept places and fields of what comes back.
fn responded(frame: &[u8]) -> (u32, Vec<u32>, Vec<String>) {
    let mut out = Vec::new();
    respond(&mut Edge::new(), frame, &mut Unassisted, &mut out);
    let mut numbers = out
        .chunks_exact(4)
        .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()));
    let kind = numbers.next().unwrap();
    let kept_count = numbers.next().unwrap() as usize;
    let kept: Vec<u32> = numbers.by_ref().take(kept_count).collect();
    let count = numbers.next().unwrap() as usize;
    let lengths: Vec<usize> = numbers
        .by_ref()
        .take(count)
        .map(|length| length as usize)
        .collect();
    let mut payload = &out[4 * (3 + kept_count + count)..];
    let mut fields = Vec::new();
    for length in lengths {
        let (field, rest) = payload.split_at(length);
        fields.push(String::from_utf8(field.to_vec()).unwrap());
        payload = rest;
    }
    assert!(payload.is_empty());
    assert!(fields.iter().all(|field| field.is_ascii()));
    (kind, kept, fields)
}

fn with(fields: &[&'static str], place: usize, value: &'static str) -> Vec<&'static str> {
    let mut fields = fields.to_vec();
    fields[place] = value;
    fields
}

#[test]
fn a_request_frame_becomes_a_forward_frame() {
    let (kind, kept, fields) = responded(&written(1, &REQUEST));
    assert_eq!((kind, kept), (3, vec![1]));
    assert_eq!(&fields[..4], ["/a%2Bb", "", "host", HOST]);
    assert!(
        fields
            .chunks(2)
            .any(|pair| pair[0] == "authorization" && pair[1].contains("x-amz-cf-id"))
    );
}

#[test]
fn a_response_frame_becomes_a_pass_frame() {
    let (kind, kept, fields) = responded(&written(2, &RESPONSE));
    assert_eq!((kind, kept), (5, vec![0]));
    let set = ["cache-control", "stale-if-error=0"];
    assert_eq!(fields[..2], ["x-content-type-options", "nosniff"]);
    assert_eq!(fields[2..], set);
}

#[test]
fn an_error_of_the_origin_becomes_an_answer_frame() {
    let (kind, kept, fields) = responded(&written(2, &with(&RESPONSE, 6, "403")));
    assert_eq!((kind, kept), (4, vec![]));
    assert_eq!(
        (fields[0].as_str(), fields[1].as_str()),
        ("502", "Bad Gateway")
    );
    assert!(fields[2].starts_with("keyfront origin-denied"));
}

#[test]
fn values_that_are_not_what_they_should_be_are_event_invalid() {
    for (place, value) in [
        (0, "now"),
        (0, ""),
        (4, "tomorrow"),
        (6, ""),
        (6, "lambda"),
        (6, "s3:origin-access-identity"),
        (13, "2"),
        (13, "x"),
        (15, "origin"),
        (15, "a\nb\nc"),
    ] {
        let (kind, _, fields) = responded(&written(1, &with(&REQUEST, place, value)));
        assert_eq!(kind, 4, "{place} {value}");
        assert!(fields[3].contains("event-invalid"), "{place} {value}");
    }
    for (place, value) in [(6, "OK"), (6, "70000"), (7, "1"), (9, "date")] {
        let (kind, _, fields) = responded(&written(2, &with(&RESPONSE, place, value)));
        assert_eq!((kind, fields[0].as_str()), (4, "500"), "{place} {value}");
    }
}

#[test]
fn a_malformed_frame_is_answered_not_forwarded() {
    for frame in [&b""[..], b"\x01", &written(1, &["x"; 16])[..40]] {
        let (kind, _, fields) = responded(frame);
        assert_eq!((kind, fields[0].as_str()), (4, "500"));
    }
}

proptest! {
    #[test]
    fn no_field_value_panics_or_forwards_unsigned(place in 0_usize..16, value in ".{0,30}") {
        let mut fields = REQUEST.to_vec();
        fields[place] = &value;
        let (kind, _, fields) = responded(&written(1, &fields));
        if kind == 3 {
            prop_assert!(fields.iter().any(|field| field.starts_with("AWS4-HMAC-SHA256 Credential=")));
        } else {
            prop_assert_eq!(kind, 4);
        }
    }

    #[test]
    fn no_response_field_value_panics(place in 0_usize..10, value in ".{0,30}") {
        let mut fields = RESPONSE.to_vec();
        fields[place] = &value;
        let (kind, _, _) = responded(&written(2, &fields));
        prop_assert!(kind == 4 || kind == 5);
    }
}

#[test]
fn a_question_crosses_and_its_answer_comes_back() {
    let mut edge = Edge::new();
    let mut ask = |frame: &[u8]| {
        let mut out = Vec::new();
        respond(&mut edge, frame, &mut Unassisted, &mut out);
        (out[0], String::from_utf8_lossy(&out).into_owned())
    };
    let site = SITE.replace("\"query\"", "\"release\":\"docs\",\"query\"");
    let mut request = REQUEST;
    request[5] = &site;
    let (kind, question) = ask(&written(1, &request));
    assert_eq!(kind, 7);
    let path = "/.keyfront/sites/docs/current.json";
    assert!(question.contains(path) && question.contains("AWS4-HMAC-SHA256"));
    // How long a request waits, and from when.
    assert!(question.contains(&format!("3000{}{HOST}", REQUEST[0])));
    let id = "a".repeat(64);
    let pointer = format!(r#"{{"active":"{id}","encoded":"","entry":{{}},"v":1}}"#);
    for (status, body, expected) in [("", "", 4), ("200", pointer.as_str(), 3)] {
        let answer = [REQUEST[0], HOST, path, status, "\"1\"", body];
        assert_eq!(ask(&written(6, &answer)).0, 5);
        let (kind, served) = ask(&written(1, &request));
        assert_eq!(kind, expected, "{served}");
    }
    let broken = ["x", HOST, path, "200", "", pointer.as_str()];
    assert_eq!(ask(&written(6, &broken)).0, 4);
}
