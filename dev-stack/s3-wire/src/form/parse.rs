//! A form as `multipart/form-data` (RFC 7578): fields first, the file last.

use bytes::Bytes;
use http::{header, request::Parts};

use crate::error_response::Refusal;

/// Fields of a form at most.
const MAX_FIELDS: usize = 100;
/// Bytes of all fields at most; S3's own limit.
const MAX_FIELD: usize = 20 * 1024;

/// A parsed form.
pub(super) struct Form {
    /// Names in lower case.
    fields: Vec<(String, String)>,
    file: Bytes,
}

impl Form {
    pub(super) fn parse(parts: &Parts, body: &Bytes) -> Result<Self, Refusal> {
        let malformed = || {
            Refusal::bad_request(
                "MalformedPOSTRequest",
                "The body of your POST request is not well-formed multipart/form-data.",
            )
        };
        let boundary = boundary(parts).ok_or_else(malformed)?;
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        let mut at = delimiter.len() - 2;
        if !body.starts_with(&delimiter[2..]) {
            return Err(malformed());
        }
        let mut fields = Vec::new();
        while fields.len() < MAX_FIELDS {
            let rest = body.get(at..).ok_or_else(malformed)?;
            let head_end = find(rest, b"\r\n\r\n").ok_or_else(malformed)?;
            let head = &rest[..head_end];
            let name = field_name(head).ok_or_else(malformed)?;
            let start = at + head_end + 4;
            if name == "file" {
                let length = find(&body[start..], &delimiter).ok_or_else(malformed)?;
                let file = body.slice(start..start + length);
                substitute(&mut fields, &file_name(head).unwrap_or_default());
                return Ok(Self { fields, file });
            }
            let near = &body[start..body.len().min(start + MAX_FIELD)];
            let length = find(near, &delimiter).ok_or_else(malformed)?;
            let value = std::str::from_utf8(&near[..length]).map_err(|_| malformed())?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(invalid("A field of the form is sent twice."));
            }
            fields.push((name, value.to_owned()));
            at = start + length + delimiter.len();
        }
        Err(malformed())
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.field(name)
            .ok_or_else(|| Refusal::forbidden("AccessDenied", "A required form field is missing."))
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(super) fn file(&self) -> &Bytes {
        &self.file
    }
}

fn boundary(parts: &Parts) -> Option<String> {
    let content_type = parts.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (_, boundary) = content_type.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    (!boundary.is_empty()).then(|| boundary.to_owned())
}

/// S3 puts the file's name in the place of this, in every field, before it reads the policy.
const FILE_NAME: &str = "${filename}";

fn substitute(fields: &mut [(String, String)], file_name: &str) {
    for (_, value) in fields {
        if value.contains(FILE_NAME) {
            *value = value.replace(FILE_NAME, file_name);
        }
    }
}

fn field_name(head: &[u8]) -> Option<String> {
    Some(parameter(head, "name")?.to_ascii_lowercase())
}

/// The name of the file that a browser says; of a path only what is behind the last slash or backslash.
fn file_name(head: &[u8]) -> Option<String> {
    let name = parameter(head, "filename")?;
    name.rsplit(['/', '\\']).next().map(str::to_owned)
}

fn parameter<'h>(head: &'h [u8], name: &str) -> Option<&'h str> {
    let head = std::str::from_utf8(head).ok()?;
    let disposition = head.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    let (_, value) = disposition.split_once(&format!("; {name}=\""))?;
    Some(value.split_once('"')?.0)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// A form that cannot be what it says.
pub(super) fn invalid(message: &'static str) -> Refusal {
    Refusal::bad_request("InvalidArgument", message)
}
