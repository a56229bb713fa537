//! The body and headers every refusal has: problem details (RFC 9457), in ASCII, for no cache to keep.
//!
//! Writes what it is given; which refusal has which status is `refusal`'s.

use alloc::{string::String, vec};

use keyfront_contract::{header, problem_type::TYPE_PREFIX};

use super::body_of::BodyOf;
use crate::answer::Answer;
use crate::header::Header;
use crate::text::{append, append_ascii, append_decimal, masked};

/// Problem details (RFC 9457).
pub(super) struct Problem<'a> {
    pub(super) title: &'a str,
    pub(super) status: u16,
    /// Without one the status says all (`about:blank`).
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
                Header::new(
                    header::REQUEST_ID,
                    masked(self.request_id, |byte| byte.is_ascii_graphic()),
                ),
            ],
            body: match body {
                BodyOf::Allowed => self.json(),
                BodyOf::Omitted => String::new(),
            },
        }
    }

    fn json(&self) -> String {
        let mut json = String::with_capacity(256);
        let (scheme, code) = match self.code {
            Some(code) => (TYPE_PREFIX, code),
            None => ("about:blank", ""),
        };
        append(&mut json, &["{\"type\":\"", scheme, code, "\",\"title\":"]);
        push_text(&mut json, self.title);
        append(&mut json, &[",\"status\":"]);
        append_decimal(&mut json, self.status.into());
        if self.code.is_some() {
            append(&mut json, &[",\"code\":\"", code, "\""]);
        }
        append(&mut json, &[",\"request_id\":"]);
        push_text(&mut json, self.request_id);
        append(&mut json, &["}"]);
        json
    }
}

/// A JSON string in printable ASCII, so that adapters may move the text as bytes of one character each.
fn push_text(json: &mut String, text: &str) {
    append(json, &["\""]);
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') => {
                if matches!(byte, b'"' | b'\\') {
                    append(json, &["\\"]);
                }
                append_ascii(json, byte);
            }
            _ => {
                append(json, &["\\u"]);
                for bits in [12, 8, 4, 0] {
                    append_ascii(json, hex_digit((unit >> bits & 15) as u8));
                }
            }
        }
    }
    append(json, &["\""]);
}

fn hex_digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'a' + value - 10
    }
}
