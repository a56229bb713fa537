//! S3's error document: the few elements that explain a refusal. Pure.

use quick_xml::escape::unescape;
use serde::Serialize;

/// What S3 said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct S3Document {
    pub(crate) code: String,
    pub(crate) message: String,
    /// With `SignatureDoesNotMatch`: the request as S3 canonicalised it.
    #[serde(skip)]
    pub(crate) canonical_request: Option<String>,
    #[serde(skip)]
    pub(crate) string_to_sign: Option<String>,
}

impl S3Document {
    /// Reads a body; `None` if it is no such document.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let text = str::from_utf8(body).ok()?;
        let root = text
            .trim_start()
            .strip_prefix("<?xml")
            .map_or(text, |rest| {
                rest.split_once("?>").map_or("", |(_, root)| root)
            });
        if !root.trim_start().starts_with("<Error>") {
            return None;
        }
        Some(Self {
            code: element(root, "Code")?,
            message: element(root, "Message").unwrap_or_default(),
            canonical_request: element(root, "CanonicalRequest"),
            string_to_sign: element(root, "StringToSign"),
        })
    }
}

/// The text of the first element of this name; S3's documents have no attributes.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    // Line ends are significant in a canonical request, and may be written as references.
    Some(unescape(text).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_error_document_is_read_with_its_references() {
        let document = S3Document::read(
            b"<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>a &lt; b</Message>\
              <CanonicalRequest>GET\n/k\na=1&amp;b=2</CanonicalRequest></Error>",
        )
        .unwrap();
        assert_eq!(document.code, "SignatureDoesNotMatch");
        assert_eq!(document.message, "a < b");
        assert_eq!(document.canonical_request.unwrap(), "GET\n/k\na=1&b=2");
    }

    #[test]
    fn what_is_no_error_document_is_none() {
        for body in [
            &b"<html><Error><Code>x</Code></Error></html>"[..],
            b"{\"code\":\"x\"}",
            b"<Error></Error>",
            b"\xff\xfe",
            b"",
        ] {
            assert_eq!(S3Document::read(body), None);
        }
    }
}
