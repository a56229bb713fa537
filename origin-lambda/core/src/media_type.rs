//! Media types as publishers declare them and rules list them (RFC 9110, section 8.3.1).
//!
//! A type is parsed strictly and written again in one form, so that a browser cannot read another
//! type into a stored header than the one that was checked. Bodies are never sniffed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Types that browsers show, play or download, and never run script of: all others are kept from being opened in the CDN's
/// origin. A list of what is known to be harmless, since browsers have more types that run script than anyone can list
/// (any XML, multipart wrappings, archives of pages).
pub const INERT: &[&str] = &[
    "application/font-sfnt",
    "application/font-woff",
    "application/geo+json",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/octet-stream",
    "application/pdf",
    "application/vnd.apple.mpegurl",
    "application/x-ndjson",
    "audio/aac",
    "audio/flac",
    "audio/midi",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/webm",
    "audio/x-m4a",
    "audio/x-wav",
    "font/collection",
    "font/otf",
    "font/sfnt",
    "font/ttf",
    "font/woff",
    "font/woff2",
    "image/apng",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/jpeg",
    "image/jxl",
    "image/png",
    "image/tiff",
    "image/vnd.microsoft.icon",
    "image/webp",
    "image/x-icon",
    "text/css",
    "text/csv",
    "text/markdown",
    "text/plain",
    "text/tab-separated-values",
    "text/vtt",
    "video/3gpp",
    "video/mp2t",
    "video/mp4",
    "video/mpeg",
    "video/ogg",
    "video/quicktime",
    "video/webm",
    "video/x-m4v",
    "video/x-matroska",
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

    /// Whether a browser that opens it is known to run no script of it ([`INERT`]).
    pub fn is_inert(&self) -> bool {
        INERT.binary_search(&self.essence()).is_ok()
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
    fn the_inert_types_are_in_order_and_in_their_one_form() {
        assert!(INERT.is_sorted());
        for text in INERT {
            let parsed = MediaType::parse(text).unwrap();
            assert_eq!((parsed.essence(), parsed.is_inert()), (*text, true));
        }
    }

    #[test]
    fn what_is_not_known_to_be_inert_is_not() {
        for text in [
            "TEXT/HTML",
            "application/xhtml+xml",
            "image/svg+xml;x=y",
            "application/atom+xml",
            "application/dash+xml",
            "application/xslt+xml",
            "text/javascript",
            "text/xml",
            "text/xsl",
            "text/rdf",
            "text/x-component",
            "text/cache-manifest",
            "multipart/mixed",
            "multipart/byteranges",
            "multipart/x-mixed-replace",
            "multipart/related",
            "message/rfc822",
            "application/x-mimearchive",
            "application/x-shockwave-flash",
            "application/vnd.mozilla.xul+xml",
            "application/hta",
            "application/zip",
            "application/x-unheard-of",
            "unknown/unknown",
        ] {
            assert!(!MediaType::parse(text).unwrap().is_inert(), "{text}");
        }
        for text in ["Text/Plain; charset=UTF-8", "image/png;a=b"] {
            assert!(MediaType::parse(text).unwrap().is_inert(), "{text}");
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
