//! The sites that one distribution serves below paths of its host, besides the template's own site: the document they are
//! written as, and what of it stands in the templates.
//!
//! ```json
//! {"v": 1, "sites": [{"path": "/docs/", "prefix": "handbook/", "index": "index.html"},
//!                    {"path": "/media/", "bucket": "media-archive", "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}]}
//! ```
//!
//! Besides, it may say what of the template's own site only admitted viewers read:
//!
//! ```json
//! {"v": 1, "sites": [], "viewers": {"prefixes": ["members/"], "public_keys": ["-----BEGIN PUBLIC KEY-----\n..."]}}
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
mod path_rules;
mod piece;
mod pieces;
mod protected;
mod response_headers;
mod site_document;
mod viewers;

pub(crate) use self::pieces::pieces_at;
pub use self::{
    all::Sites,
    entry::{ExistingBucket, SiteEntry},
    error::SitesError,
    limits::MAX_BEHAVIOURS,
    viewers::viewer_key_digest,
};

/// Whether a resource is one that sites add to a template.
#[must_use]
pub fn is_resource_of_sites(logical_id: &str, kind: &str) -> bool {
    match logical_id {
        viewers::KEY_GROUP => return kind == "AWS::CloudFront::KeyGroup",
        viewers::PARAMETER => return kind == "AWS::SSM::Parameter",
        _ => {}
    }
    if viewers::USER_POOL.contains(&(logical_id, kind)) {
        return true;
    }
    let prefix = match kind {
        "AWS::CloudFront::PublicKey" => viewers::PUBLIC_KEYS,
        "AWS::CloudFront::CachePolicy" => cache_policy::CACHE_POLICIES,
        "AWS::CloudFront::ResponseHeadersPolicy" => response_headers::HEADER_POLICIES,
        _ => return false,
    };
    let digest = logical_id.strip_prefix(prefix).unwrap_or_default();
    digest.len() == 8
        && digest
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
