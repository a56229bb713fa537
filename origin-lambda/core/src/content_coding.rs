//! Content codings (RFC 9110, section 8.4.1) that an object may be stored with.
//!
//! The one place where they are read, whatever way an upload takes. `aws-chunked` is refused with the rest: it frames a
//! body in transit, and stored with an object it would make every browser fail.

use serde::{Deserialize, Serialize};

/// A coding, or a list of them, that is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of gzip, br, zstd, deflate can be stored")]
pub struct UnsupportedCoding;

/// A coding that browsers undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentCoding {
    /// RFC 1952
    Gzip,
    /// RFC 7932
    Br,
    /// RFC 8878
    Zstd,
    /// RFC 1950
    Deflate,
}

impl ContentCoding {
    /// Every coding.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Br, Self::Zstd, Self::Deflate];

    /// The coding that a text names, in any case; `None` for `identity`, which is no coding.
    ///
    /// # Errors
    /// Anything else, lists included.
    pub fn parse(text: &str) -> Result<Option<Self>, UnsupportedCoding> {
        let text = text.trim_matches([' ', '\t']);
        if text.eq_ignore_ascii_case("identity") {
            return Ok(None);
        }
        let named = |coding: &Self| text.eq_ignore_ascii_case(coding.as_str());
        match Self::ALL.into_iter().find(named) {
            Some(coding) => Ok(Some(coding)),
            None => Err(UnsupportedCoding),
        }
    }

    /// The value of `Content-Encoding`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_read_in_any_case_and_written_in_one() {
        for (text, coding) in [
            ("gzip", Some(ContentCoding::Gzip)),
            ("GZIP", Some(ContentCoding::Gzip)),
            (" br ", Some(ContentCoding::Br)),
            ("identity", None),
            ("Identity", None),
        ] {
            assert_eq!(ContentCoding::parse(text), Ok(coding), "{text}");
        }
        for coding in ContentCoding::ALL {
            assert_eq!(ContentCoding::parse(coding.as_str()), Ok(Some(coding)));
            assert_eq!(
                serde_json::to_value(coding).unwrap(),
                serde_json::json!(coding.as_str())
            );
        }
    }

    #[test]
    fn what_browsers_do_not_undo_is_refused() {
        for text in [
            "",
            "aws-chunked",
            "gzip, br",
            "aws-chunked,gzip",
            "x-gzip",
            "compress",
        ] {
            assert_eq!(ContentCoding::parse(text), Err(UnsupportedCoding), "{text}");
        }
    }
}
