//! Why a site is refused.
//!
//! One variant for each thing an operator can correct; nothing here judges.

use alloc::string::String;

use keyfront_object_key::KeyError;

use super::MAX_SITE_CHARS;

/// Why a site document was refused. The operator corrects the `x-keyfront-site` header.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The origin carries no site: attach the custom header `x-keyfront-site`.
    #[error("the origin has no x-keyfront-site header")]
    Missing,
    /// The document does not fit into a CloudFront header value.
    #[error("the site has {0} characters, more than {MAX_SITE_CHARS}")]
    TooLong(usize),
    /// Escape other characters as `\uXXXX`.
    #[error("the site holds a character outside printable ASCII")]
    NotAscii,
    /// Not the JSON a site is written in.
    #[error("the site's text {0}")]
    Json(&'static str),
    /// A field this version does not know: a typing error, or a site written for a later one.
    #[error("the site's {object} has an unknown field \"{}\"", field.escape_default())]
    UnknownField {
        /// Where: `document`, `cors`, `reader` or `publish`.
        object: &'static str,
        /// The field.
        field: String,
    },
    /// Written for another version of the edge.
    #[error("the site is version {0}, this edge knows version 1")]
    Version(u32),
    /// A field is missing, of another type or outside its syntax; the text says which.
    #[error("the site's {field} {rule}")]
    Field {
        /// The field, as written in the document.
        field: &'static str,
        /// What the field has to obey.
        rule: &'static str,
    },
    /// A prefix or document name that no object key may have.
    #[error("the site's {field} is not an object key")]
    Key {
        /// The field, as written in the document.
        field: &'static str,
        /// The rule the key breaks.
        #[source]
        source: KeyError,
    },
    /// This host makes no SigV4A signatures, and a site that asks for them must not be signed otherwise.
    #[error("the site asks for sigv4a, which this host does not sign")]
    SigningUnsupported,
}
