//! The sites that one distribution serves below paths of its host, besides the template's own site: the document they are
//! written as, and what of it stands in the templates.
//!
//! ```json
//! {"v": 1, "sites": [{"path": "/docs/", "prefix": "handbook/", "index": "index.html"},
//!                    {"path": "/media/", "bucket": "media-archive", "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}]}
//! ```
//!
//! What the options of a site may be is the edge's to say, and asked of it here. Whether buckets and keys exist is not known.

mod all;
mod cache_policy;
mod cors_rule;
mod document;
mod entry;
mod error;
mod grants;
mod limits;
mod pieces;
mod response_headers;
mod site_document;

pub(crate) use self::pieces::pieces_at;
pub use self::{
    all::Sites,
    entry::{ExistingBucket, SiteEntry},
    error::SitesError,
    limits::MAX_BEHAVIOURS,
};

#[cfg(test)]
mod tests;
