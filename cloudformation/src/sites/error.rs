//! Why a document of sites is refused. Each reason names the site, the field and what to do.

use super::limits::MAX_BEHAVIOURS;

/// The first thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum SitesError {
    /// Not the JSON of this document: the field is named with its line.
    #[error("invalid sites document: {0}")]
    Json(#[from] serde_json::Error),
    /// Written for another version.
    #[error("unsupported version {0} in field v: this program supports version 1")]
    Version(u32),
    /// There is nothing to serve.
    #[error("field sites is empty, and there are no viewers; add a site, or remove the document")]
    Empty,
    /// A field of one site.
    #[error("site {number} ({path:?}): {field} {rule}")]
    Entry {
        /// Its place in the document, from 1.
        number: usize,
        /// Its path as written.
        path: String,
        /// The field.
        field: &'static str,
        /// The rule it breaks, and what to do.
        rule: &'static str,
    },
    /// The edge would refuse the site these options make.
    #[error("site {number} ({path:?}): {why}")]
    Options {
        /// Its place in the document, from 1.
        number: usize,
        /// Its path as written.
        path: String,
        /// In the edge's words, which name the field.
        why: String,
    },
    /// Two sites that cannot be beside each other.
    #[error("sites {first} and {second}: {field} {rule}")]
    Pair {
        /// Place of the one in the document, from 1.
        first: usize,
        /// Place of the other.
        second: usize,
        /// The field of both.
        field: &'static str,
        /// The rule they break, and what to do.
        rule: &'static str,
    },
    /// A field of `viewers`.
    #[error("viewers: {field} {rule}")]
    Viewers {
        /// The field.
        field: &'static str,
        /// The rule it breaks, and what to do.
        rule: &'static str,
    },
    /// A public key that CloudFront would not take.
    #[error("viewers: public_keys holds a text that is {0}")]
    PublicKey(keyfront_viewers::PublicKeyError),
    /// More than a distribution has.
    #[error(
        "the distribution would have {0} cache behaviours, more than CloudFront's {MAX_BEHAVIOURS}: one for each site and protected folder, one more for each site with trailing_slash, and two for shared links; merge sites under one path, or move some into another stack"
    )]
    TooMany(usize),
}
