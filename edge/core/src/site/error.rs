//! Why a site is refused.
//!
//! One variant for each thing an operator can correct; which rules a field has to obey is for those who read it.

use alloc::string::String;
use core::fmt;

use keyfront_contract::header;
use keyfront_names::KeyError;

use super::limit::MAX_SITE_CHARS;
use crate::text::{append, append_decimal};

/// Why a site document was refused. The operator corrects the `x-keyfront-site` header.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The origin carries no site: attach the custom header `x-keyfront-site`.
    Missing,
    /// The document does not fit into a CloudFront header value.
    TooLong(usize),
    /// Escape other characters as `\uXXXX`.
    NotAscii,
    /// Not the JSON a site is written in.
    Json(&'static str),
    /// A field this version does not know: a typing error, or a site written for a later one.
    UnknownField {
        /// Where: `document`, `cors`, `reader` or `publish`.
        object: &'static str,
        /// The field.
        field: String,
    },
    /// Written for another version of the edge.
    Version(u32),
    /// A field is missing, of another type or outside its syntax; the text says which.
    Field {
        /// The field, as written in the document.
        field: &'static str,
        /// What the field has to obey.
        rule: &'static str,
    },
    /// A prefix or document name that no object key may have.
    Key {
        /// The field, as written in the document.
        field: &'static str,
        /// The rule the key breaks.
        #[source]
        source: KeyError,
    },
    /// This host makes no SigV4A signatures, and a site that asks for them must not be signed otherwise.
    SigningUnsupported,
}

impl SiteError {
    /// What `Display` says.
    pub(crate) fn append_message(&self, out: &mut String) {
        match self {
            Self::Missing => append(out, &["the origin has no ", header::SITE, " header"]),
            Self::TooLong(characters) => {
                append(out, &["the site has "]);
                append_decimal(out, u32::try_from(*characters).unwrap_or(u32::MAX));
                append(out, &[" characters, more than "]);
                append_decimal(out, MAX_SITE_CHARS as u32);
            }
            Self::NotAscii => append(out, &["the site holds a character outside printable ASCII"]),
            Self::Json(rule) => append(out, &["the site's text ", rule]),
            Self::UnknownField { object, field } => {
                append(
                    out,
                    &[
                        "the site's ",
                        object,
                        " has an unknown field \"",
                        field,
                        "\"",
                    ],
                );
            }
            Self::Version(version) => {
                append(out, &["the site is version "]);
                append_decimal(out, *version);
                append(out, &[", this edge knows version 1"]);
            }
            Self::Field { field, rule } => append(out, &["the site's ", field, " ", rule]),
            Self::Key { field, .. } => {
                append(out, &["the site's ", field, " is not an object key"]);
            }
            Self::SigningUnsupported => {
                append(
                    out,
                    &["the site requires sigv4a, which this host cannot sign"],
                );
            }
        }
    }

    /// The rule of object keys that a [`SiteError::Key`] breaks, behind a colon; nothing for others.
    pub(crate) fn broken_key_rule(&self) -> [&'static str; 2] {
        let Self::Key { source, .. } = self else {
            return [""; 2];
        };
        let rule = match source {
            KeyError::Empty => "it is empty",
            KeyError::TooLong { .. } => "it has more than 1024 bytes",
            KeyError::ControlCharacter { .. } => "it holds a control character",
            KeyError::DotSegment => "it has a dot segment",
            KeyError::PercentSequence { .. } => "it has an invalid percent sequence",
            KeyError::Utf8 { .. } => "it is not UTF-8",
            KeyError::Reserved => "it is reserved",
        };
        [": ", rule]
    }
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = String::new();
        self.append_message(&mut message);
        f.write_str(&message)
    }
}

/// The refusal of a field.
pub(super) fn field(field: &'static str, rule: &'static str) -> SiteError {
    SiteError::Field { field, rule }
}

/// Refuses a field unless its rule holds.
pub(super) fn demand(holds: bool, name: &'static str, rule: &'static str) -> Result<(), SiteError> {
    if holds {
        Ok(())
    } else {
        Err(field(name, rule))
    }
}
