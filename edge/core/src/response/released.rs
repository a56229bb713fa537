//! Answers from a release: the validator that its objects have in every copy, and the conditions compared with it.
//!
//! The bucket's own tag and date are of one copy of an object; the hash is the content's. It never decides what is read.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use keyfront_contract::header;

use super::answered::OriginResponse;
use crate::header::Header;
use crate::release::facts::{Part, ReleaseFacts};
use crate::text::{append_base64_of_hex, append_decimal, is_sha256_hex, joined};

/// Whether `If-Match` names the object. What has no hash is named by no tag.
pub(super) fn matches(release: &ReleaseFacts, response: &OriginResponse<'_>) -> bool {
    // Neither has the hash: the bucket compared by itself, or says only that nothing changed.
    if release.part == Part::Document || response.status == 304 {
        return true;
    }
    let tags = release.if_match.as_ref();
    tags.is_none_or(|tags| tags.name(sha256(response)))
}

/// The `Cache-Control` that an answer gets in place of its object's, if it gets one.
pub(super) fn lifetime(release: &ReleaseFacts) -> Option<&'static str> {
    match (release.stale, release.part) {
        (Some(_), _) => Some("no-store"),
        (None, Part::Document) => Some("max-age=5, stale-if-error=0"),
        (None, Part::File | Part::Variant) => None,
    }
}

/// Adds what an answer says of its release. A header without a value leaves out the bucket's.
pub(super) fn append_headers(
    headers: &mut Vec<Header>,
    release: &ReleaseFacts,
    response: &OriginResponse<'_>,
) {
    if !release.release.is_empty() {
        headers.push(Header::new(header::RELEASE, release.release.clone()));
    }
    if let Some(age) = release.stale {
        let mut digits = String::new();
        append_decimal(&mut digits, age);
        headers.push(Header::new(header::RELEASE_AGE, digits));
    }
    if release.part == Part::Document {
        return;
    }
    let hash = sha256(response);
    let mut digest = String::new();
    let tag = if hash.is_empty() {
        String::new()
    } else {
        digest.push_str("sha-256=:");
        append_base64_of_hex(&mut digest, hash);
        digest.push(':');
        joined(&["\"", hash, "\""])
    };
    headers.push(Header::new("etag", tag));
    headers.push(Header::new("repr-digest", digest));
    // The date is the copy's: after a rollback it would say of other content that it had not changed.
    headers.push(Header::new("last-modified", ""));
    if let Some(policy) = response.header(header::RELEASE_CSP) {
        headers.push(Header::new("content-security-policy", policy.to_owned()));
    }
}

fn sha256<'r>(response: &OriginResponse<'r>) -> &'r str {
    let hash = response.header(header::RELEASE_SHA256);
    hash.filter(|hash| is_sha256_hex(hash)).unwrap_or_default()
}
