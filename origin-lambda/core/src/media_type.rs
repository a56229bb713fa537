//! Media types as publishers declare them and rules list them (RFC 9110, section 8.3.1).
//!
//! A type is parsed strictly and written again in one form, so that a browser cannot read another
//! type into a stored header than the one that was checked. Bodies are never sniffed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Types a browser runs script from when it opens them, besides every `+xml` type.
const ACTIVE: &[&str] = &[
    "text/html",
    "text/xml",
    "text/xsl",
    "application/xml",
    "application/ecmascript",
    "application/javascript",
    "application/x-ecmascript",
    "application/x-javascript",
    "text/ecmascript",
    "text/javascript",
    "text/javascript1.0",
    "text/javascript1.1",
    "text/javascript1.2",
    "text/javascript1.3",
    "text/javascript1.4",
    "text/javascript1.5",
    "text/jscript",
    "text/livescript",
    "text/x-ecmascript",
    "text/x-javascript",
    "multipart/x-mixed-replace",
    "message/rfc822",
    "multipart/related",
];

/// A text that is not a media type, or not a range of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a media type")]
pub struct NotAMediaType(String);

/// One media type with its parameters, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    text: String,
    essence_len: usize,
}

impl MediaType {
    /// What a body is taken for when nothing was declared.
    pub fn unknown() -> Self {
        let text = "application/octet-stream".to_owned();
        Self {
            essence_len: text.len(),
            text,
        }
    }

    /// Parses `type/subtype; name=value...`. Type and parameter names become lower-case.
    ///
    /// # Errors
    /// Anything the grammar does not allow: lists, wildcards, repeated parameters, control characters.
    pub fn parse(text: &str) -> Result<Self, NotAMediaType> {
        let reject = || NotAMediaType(text.to_owned());
        let (essence, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        let essence = essence.trim_matches([' ', '\t']).to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/').ok_or_else(reject)?;
        if !is_token(kind) || !is_token(subtype) || essence.contains('*') {
            return Err(reject());
        }
        let essence_len = essence.len();
        let mut canonical = essence;
        let mut names = Vec::new();
        while let Some(parameter) = rest.strip_prefix(';') {
            let parameter = parameter.trim_start_matches([' ', '\t']);
            let (name, value, after) = split_parameter(parameter).ok_or_else(reject)?;
            let name = name.to_ascii_lowercase();
            if names.contains(&name) {
                return Err(reject());
            }
            canonical.push_str("; ");
            canonical.push_str(&name);
            canonical.push('=');
            canonical.push_str(value);
            names.push(name);
            rest = after.trim_start_matches([' ', '\t']);
        }
        if rest.is_empty() {
            Ok(Self {
                text: canonical,
                essence_len,
            })
        } else {
            Err(reject())
        }
    }

    /// The canonical text, fit for a `Content-Type` header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `type/subtype`, lower-case, without parameters.
    pub fn essence(&self) -> &str {
        &self.text[..self.essence_len]
    }

    /// Whether a browser that opens it may run script.
    pub fn is_active(&self) -> bool {
        let essence = self.essence();
        essence.ends_with("+xml") || ACTIVE.contains(&essence)
    }
}

/// Splits `name=value` off the front; the value is a token or a quoted string (quotes kept).
fn split_parameter(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    if !is_token(name) {
        return None;
    }
    let end = if let Some(quoted) = rest.strip_prefix('"') {
        let legal = |byte: u8| matches!(byte, b'\t' | b' ' | b'!' | 0x23..=0x5b | 0x5d..=0x7e);
        let inner = quoted.find('"')?;
        quoted.as_bytes()[..inner]
            .iter()
            .all(|byte| legal(*byte))
            .then_some(inner + 2)?
    } else {
        let end = rest.find([';', ' ', '\t']).unwrap_or(rest.len());
        is_token(&rest[..end]).then_some(end)?
    };
    Some((name, &rest[..end], &rest[end..]))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(legal)
}

/// A type, `type/*` or `*/*`, as rules list them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaRange(String);

impl MediaRange {
    /// Whether the range has the type in it; parameters do not count.
    pub fn contains(&self, media_type: &MediaType) -> bool {
        match self.0.strip_suffix('*') {
            None => self.0 == media_type.essence(),
            Some("*/") => true,
            Some(kind) => media_type.essence().starts_with(kind),
        }
    }

    /// Whether the range is one type.
    pub fn is_exact(&self) -> bool {
        !self.0.ends_with('*')
    }
}

impl TryFrom<String> for MediaRange {
    type Error = NotAMediaType;

    fn try_from(text: String) -> Result<Self, NotAMediaType> {
        let legal = match text.split_once('/') {
            Some(("*", subtype)) => subtype == "*",
            Some((kind, "*")) => is_token(kind) && !kind.contains('*'),
            _ => MediaType::parse(&text)
                .is_ok_and(|parsed| parsed.as_str() == text && !text.contains(';')),
        };
        if legal && text == text.to_ascii_lowercase() {
            Ok(Self(text))
        } else {
            Err(NotAMediaType(text))
        }
    }
}

impl From<MediaRange> for String {
    fn from(range: MediaRange) -> Self {
        range.0
    }
}

impl fmt::Display for MediaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_in_one_form() {
        for (given, canonical) in [
            ("text/plain", "text/plain"),
            ("Text/HTML;Charset=UTF-8", "text/html; charset=UTF-8"),
            (
                "image/svg+xml ; a=b;\tc=\"d e\"",
                "image/svg+xml; a=b; c=\"d e\"",
            ),
        ] {
            assert_eq!(MediaType::parse(given).unwrap().as_str(), canonical);
        }
    }

    #[test]
    fn a_text_that_browsers_could_read_as_another_type_is_refused() {
        for text in [
            "",
            "text",
            "text/",
            "/html",
            "text/*",
            "*/*",
            "text/plain, text/html",
            "text/plain;,text/html",
            "text/plain; a=b, text/html",
            "text/plain; a=\"b, text/html",
            "text/plain; a=\"\\\"\"",
            "text/plain; a",
            "text/plain;",
            "text/plain; a=1; A=2",
            "text/pl\u{e4}in",
            "text/plain\r\nx: y",
            "text/plain; a=\"\u{7f}\"",
            "text /html",
        ] {
            assert!(MediaType::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn active_types_are_known_whatever_their_spelling() {
        for text in [
            "TEXT/HTML",
            "image/svg+xml;x=y",
            "application/atom+xml",
            "text/javascript",
            "text/xml",
        ] {
            assert!(MediaType::parse(text).unwrap().is_active(), "{text}");
        }
        for text in [
            "text/plain",
            "application/json",
            "image/png",
            "text/css",
            "application/octet-stream",
        ] {
            assert!(!MediaType::parse(text).unwrap().is_active(), "{text}");
        }
    }

    #[test]
    fn ranges_contain_by_essence_only() {
        let range = |text: &str| MediaRange::try_from(text.to_owned());
        let png = MediaType::parse("image/png; q=1").unwrap();
        for (text, contains) in [
            ("image/png", true),
            ("image/*", true),
            ("*/*", true),
            ("image/pn", false),
            ("text/*", false),
        ] {
            assert_eq!(range(text).unwrap().contains(&png), contains, "{text}");
        }
        for text in [
            "*",
            "*/png",
            "image*",
            "im*/x",
            "Image/png",
            "image/png; q=1",
            "image/p*",
            "",
            "a/b/*",
        ] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
