//! One object of a release: what its upload is bound to, and whether S3 holds exactly what the manifest says.

use std::collections::HashMap;

use keyfront_names::KeyArn;
use keyfront_releases::{
    Sha256Digest, TreeObject,
    keys::{CSP_METADATA, SHA256_METADATA},
};

use crate::encryption::{ServerSide, SseApplied};

/// What S3 says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldObject {
    /// Entity tag with its quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// The values of [`CONTENT_HEADERS`](crate::object::CONTENT_HEADERS), in that order.
    pub content_headers: [Option<String>; 6],
    /// User metadata, named without `x-amz-meta-`.
    pub metadata: HashMap<String, String>,
    /// How S3 encrypted it.
    pub encryption: SseApplied,
    /// SHA-256 in base64, with `-PARTS` behind it where it is one of the parts' checksums.
    pub sha256: Option<String>,
}

impl HeldObject {
    /// What its metadata says of its bytes.
    pub fn named_sha256(&self) -> Option<Sha256Digest> {
        self.metadata.get(SHA256_METADATA)?.parse().ok()
    }

    /// The SHA-256 of the whole that S3 computed, in base64; it has none of what was sent in parts.
    fn vouched_sha256(&self) -> Option<&str> {
        self.sha256.as_deref().filter(|sum| !sum.contains('-'))
    }

    /// Whether its bytes can be those of an object of a manifest, whatever its headers: a copy of it is made under others.
    pub fn may_have_the_bytes_of(&self, object: &TreeObject<'_>) -> bool {
        let vouched = self.vouched_sha256();
        self.size == object.size
            && self.named_sha256() == Some(object.sha256)
            && vouched.is_none_or(|sum| sum == object.sha256.base64())
    }
}

/// What comparing an object with its manifest says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// S3 vouches for its bytes, and all else is as it should be.
    Same,
    /// All else is as it should be; S3 has no checksum of the whole: its bytes have to be read.
    Unhashed,
    /// What differs.
    Different(&'static str),
}

/// The user metadata an object is stored with.
pub fn metadata(object: &TreeObject<'_>) -> Vec<(&'static str, String)> {
    let csp = object.csp.map(|csp| (CSP_METADATA, csp.to_owned()));
    [(SHA256_METADATA, object.sha256.to_string())]
        .into_iter()
        .chain(csp)
        .collect()
}

/// The headers of its one presigned `PUT`. All that is stored is bound, and nothing is replaced.
pub fn put_headers(object: &TreeObject<'_>, key: &KeyArn) -> Vec<(String, String)> {
    let mut headers = vec![
        ("content-type".to_owned(), object.media_type.to_owned()),
        ("cache-control".to_owned(), object.cache.to_owned()),
    ];
    let coding = object.tree.content_encoding();
    headers.extend(coding.map(|coding| ("content-encoding".to_owned(), coding.to_owned())));
    let metadata = metadata(object).into_iter();
    headers.extend(metadata.map(|(name, value)| (format!("x-amz-meta-{name}"), value)));
    headers.extend(bound(key, &object.sha256, object.size));
    headers
}

/// The headers of the presigned `PUT` of a document of a release, whose name is its hash.
pub fn document_headers(key: &KeyArn, sha256: &Sha256Digest, size: u64) -> Vec<(String, String)> {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    headers.extend(bound(key, sha256, size));
    headers
}

/// What binds the bytes, the encryption, and that nothing is there yet.
fn bound(key: &KeyArn, sha256: &Sha256Digest, size: u64) -> impl Iterator<Item = (String, String)> {
    let sse = ServerSide::Kms.request(key).headers().into_iter();
    let others = [
        ("x-amz-checksum-sha256", sha256.base64()),
        ("content-length", size.to_string()),
        ("if-none-match", "*".to_owned()),
    ];
    sse.chain(others)
        .map(|(name, value)| (name.to_owned(), value))
}

/// Whether S3 holds this very object.
pub fn compare(object: &TreeObject<'_>, held: &HeldObject, key: &KeyArn) -> Comparison {
    use Comparison::Different;
    let [media_type, cache, coding, rest @ ..] = &held.content_headers;
    if held.size != object.size {
        return Different("size");
    }
    if !ServerSide::Kms.request(key).is_met_by(&held.encryption) {
        return Different("encryption");
    }
    if media_type.as_deref() != Some(object.media_type) {
        return Different("type");
    }
    if cache.as_deref() != Some(object.cache) {
        return Different("cache control");
    }
    if coding.as_deref() != object.tree.content_encoding() {
        return Different("content encoding");
    }
    // A client may add them to a presigned request, which does not bind what has no value.
    if rest.iter().any(Option::is_some) {
        return Different("content headers");
    }
    if held.metadata.get(CSP_METADATA).map(String::as_str) != object.csp {
        return Different("csp");
    }
    if held.named_sha256() != Some(object.sha256) {
        return Different("sha256 in its metadata");
    }
    match held.vouched_sha256() {
        None => Comparison::Unhashed,
        Some(sum) if sum == object.sha256.base64() => Comparison::Same,
        Some(_) => Different("sha256"),
    }
}
