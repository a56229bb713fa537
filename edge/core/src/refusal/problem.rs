//! The body and headers every refusal has: problem details (RFC 9457), in ASCII, for no cache to keep.
//!
//! Writes what it is given; which refusal has which status is `refusal`'s.

use alloc::{
    string::{String, ToString},
    vec,
};

use super::BodyOf;
use crate::answer::{Answer, Header};

/// Problem details (RFC 9457).
pub(super) struct Problem<'a> {
    pub(super) r#type: String,
    pub(super) title: &'a str,
    pub(super) status: u16,
    pub(super) code: Option<&'static str>,
    pub(super) request_id: &'a str,
}

impl Problem<'_> {
    pub(super) fn answer(&self, body: BodyOf) -> Answer {
        Answer {
            status: self.status,
            headers: vec![
                Header::new("content-type", "application/problem+json"),
                Header::new("cache-control", "no-store"),
                Header::new("x-content-type-options", "nosniff"),
                Header::new("x-keyfront-request-id", visible(self.request_id)),
            ],
            body: match body {
                BodyOf::Allowed => self.json(),
                BodyOf::Omitted => String::new(),
            },
        }
    }

    fn json(&self) -> String {
        let mut json = String::with_capacity(256);
        json.push_str("{\"type\":");
        push_text(&mut json, &self.r#type);
        json.push_str(",\"title\":");
        push_text(&mut json, self.title);
        json.push_str(",\"status\":");
        json.push_str(&self.status.to_string());
        if let Some(code) = self.code {
            json.push_str(",\"code\":");
            push_text(&mut json, code);
        }
        json.push_str(",\"request_id\":");
        push_text(&mut json, self.request_id);
        json.push('}');
        json
    }
}

/// A JSON string in printable ASCII, so that adapters may move the text as bytes of one character each.
fn push_text(json: &mut String, text: &str) {
    json.push('"');
    let mut units = [0; 2];
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            ' '..='~' => json.push(char),
            _ => {
                for unit in char.encode_utf16(&mut units) {
                    json.push_str("\\u");
                    json.extend([12, 8, 4, 0].map(|bits| HEX[usize::from(*unit >> bits & 15)]));
                }
            }
        }
    }
    json.push('"');
}

const HEX: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// A request id comes from the CDN, yet a header value must not depend on its good manners.
fn visible(request_id: &str) -> String {
    request_id
        .chars()
        .map(|char| if char.is_ascii_graphic() { char } else { '?' })
        .collect()
}
