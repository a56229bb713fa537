//! A request's query and headers, compared with what its operation has.

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::{S3ErrorCode, S3Result};

use super::{operation::Operation, table};
use crate::{
    checksums::Algorithm,
    error_response::{invalid_argument, not_implemented, refused},
};

/// What clients and CloudFront say of themselves.
const LABELS: [&str; 3] = ["x-amz-cf-id", "x-amz-te", "x-amz-user-agent"];
/// Headers of any request: its signature and the owner, who is compared before.
const OF_ANY: [&str; 4] = [
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-expected-bucket-owner",
    "x-amz-security-token",
];
/// Headers without `x-amz-` that ask for something where an operation has them. All others describe the transfer or a
/// document, or are a matter of caches and pages; S3 has no use for them.
const MEANINGFUL: [&str; 8] = [
    "content-md5",
    "content-range",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
];
/// Headers that are lists, which may come in several lines.
const LISTS: [&str; 2] = [
    "x-amz-object-attributes",
    "x-amz-optional-object-attributes",
];
/// Headers whose value may be empty: it says the same as any other text.
const TEXTS: [&str; 2] = [METADATA, "x-amz-tagging"];
const METADATA: &str = "x-amz-meta-";
/// Headers that are numbers. s3s reads the digits that a value begins with.
const NUMBERS: [&str; 4] = [
    "x-amz-decoded-content-length",
    "x-amz-max-parts",
    "x-amz-mp-object-size",
    "x-amz-part-number-marker",
];

/// Whether a header asks for something where an operation has it.
#[must_use]
pub fn asks_for_something(name: &str) -> bool {
    let of_amazon = name.starts_with("x-amz-") && !LABELS.contains(&name);
    of_amazon || MEANINGFUL.contains(&name)
}

impl Operation {
    /// # Errors
    /// `NotImplemented` for what the operation does not have; `InvalidArgument` or `InvalidRequest` for what comes twice,
    /// without a value, or with one that S3 does not have.
    pub fn check_head(&self, query: &[(String, String)], headers: &HeaderMap) -> S3Result<()> {
        self.check_query(query)?;
        for name in headers.keys() {
            self.check_header(name, headers)?;
        }
        check_vocabulary(headers)
    }

    fn check_query(&self, query: &[(String, String)]) -> S3Result<()> {
        for (at, (name, value)) in query.iter().enumerate() {
            // S3 keeps names that begin so for its clients' own notes.
            let is_note = name.starts_with("x-") && !name.starts_with("x-amz-");
            if self.for_viewers && !is_note && !self.has_parameter(name) && is_viewers(name) {
                continue;
            }
            if !is_note && !self.has_parameter(name) {
                let what = format!("the query parameter {name} ({})", self.name);
                return Err(not_implemented(&what));
            }
            if query.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(invalid_argument(format!(
                    "The query parameter {name} is sent twice."
                )));
            }
            if name == "list-type" && value != "2" {
                return Err(invalid_argument("Invalid List Type specified in Request"));
            }
        }
        Ok(())
    }

    fn check_header(&self, name: &HeaderName, headers: &HeaderMap) -> S3Result<()> {
        let text = name.as_str();
        if !asks_for_something(text) {
            return Ok(());
        }
        if !OF_ANY.contains(&text) && !self.has_header(text) {
            let what = format!("the header {text} ({})", self.name);
            return Err(not_implemented(&what));
        }
        if text == METADATA {
            return Err(invalid_argument("The metadata header has no name."));
        }
        let values = headers.get_all(name);
        let is_list = LISTS.contains(&text) || text == "range";
        if !is_list && values.iter().count() > 1 {
            let message = format!("The header {text} is sent twice.");
            return Err(refused(S3ErrorCode::InvalidRequest, message));
        }
        let may_be_empty = TEXTS.iter().any(|known| text.starts_with(known));
        if text.starts_with("x-amz-") && !may_be_empty && values.iter().any(HeaderValue::is_empty) {
            let message = format!("The header {text} has no value.");
            return Err(invalid_argument(message));
        }
        Ok(())
    }
}

/// Whether a parameter says nothing to S3. Of those that begin as S3's own do, none is taken for a viewer's.
fn is_viewers(name: &str) -> bool {
    let is_amazons = name.to_ascii_lowercase().starts_with("x-amz-");
    !is_amazons && !name.starts_with("response-") && !table::selects(name)
}

/// Headers that have one meaning each: to read another value as none would be to ignore it.
fn check_vocabulary(headers: &HeaderMap) -> S3Result<()> {
    for (name, known) in [
        ("x-amz-checksum-mode", "ENABLED"),
        ("x-amz-optional-object-attributes", "RestoreStatus"),
        ("x-amz-request-payer", "requester"),
    ] {
        if headers.get_all(name).iter().any(|value| value != known) {
            let message = format!("Value for {name} header is invalid.");
            return Err(invalid_argument(message));
        }
    }
    for name in NUMBERS {
        let is_number = |value: &HeaderValue| value.as_bytes().iter().all(u8::is_ascii_digit);
        if !headers.get_all(name).iter().all(is_number) {
            return Err(invalid_argument(format!("{name} is not a number.")));
        }
    }
    let is_known = |value: &HeaderValue| {
        let trailer = value.to_str().unwrap_or_default().to_ascii_lowercase();
        Algorithm::of_header(&trailer).is_some()
    };
    if !headers.get_all("x-amz-trailer").iter().all(is_known) {
        let message = "The value specified in the x-amz-trailer header is not supported";
        return Err(refused(S3ErrorCode::InvalidRequest, message));
    }
    Ok(())
}
