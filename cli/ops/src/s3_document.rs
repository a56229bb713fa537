//! S3's error document: the few elements that explain a refusal. Pure.

use serde::{Deserialize, Serialize};

/// What S3 said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"))]
pub(crate) struct S3Document {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
    /// With `SignatureDoesNotMatch`: the request as S3 canonicalised it. Line ends are significant.
    #[serde(default, skip_serializing)]
    pub(crate) canonical_request: Option<String>,
    #[serde(default, skip_serializing)]
    pub(crate) string_to_sign: Option<String>,
}

/// The document by the name of its root.
#[derive(Deserialize)]
enum Root {
    Error(S3Document),
}

impl S3Document {
    /// Reads a body; `None` if it is no such document.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let text = str::from_utf8(body).ok()?;
        let Root::Error(document) = quick_xml::de::from_str(text).ok()?;
        Some(document)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_error_document_is_read_with_its_references() {
        let document = S3Document::read(
            b"<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>a &lt; b</Message>\
              <CanonicalRequest>GET\n/k\na=1&amp;b=2&#10;\nhost</CanonicalRequest><HostId>h</HostId></Error>",
        )
        .unwrap();
        assert_eq!(document.code, "SignatureDoesNotMatch");
        assert_eq!(document.message, "a < b");
        assert_eq!(
            document.canonical_request.unwrap(),
            "GET\n/k\na=1&b=2\n\nhost"
        );
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
