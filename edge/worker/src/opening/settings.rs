//! What the Worker's document says about opening a site's envelopes.
//!
//! It judges; what an object must be is `keyfront-envelope`'s.

use std::collections::BTreeMap;

use keyfront_envelope::{Commitment, Description, Format, KmsContext};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::aws_call::Endpoint;

/// Bytes of plaintext.
const DEFAULT_VERIFY_LIMIT: u64 = 8 << 20;
/// A Worker has 128 MiB for all it serves at one time, and an object is there twice: sealed and opened.
const MAX_VERIFY_LIMIT: u64 = 24 << 20;
const DEFAULT_CACHED_KEYS: u16 = 64;
const DEFAULT_CACHED_SECONDS: u16 = 60;

/// The field `open` of an entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenDocument {
    kms_key: String,
    kms_endpoint: Option<String>,
    #[serde(default)]
    commitment: CommitmentDocument,
    context: Option<BTreeMap<String, String>>,
    verify_limit: Option<u64>,
    #[serde(default)]
    larger: Larger,
    cached_keys: Option<u16>,
    cached_seconds: Option<u16>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CommitmentDocument {
    #[default]
    Required,
    Optional,
}

/// What becomes of an object that is too large to be verified whole.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Larger {
    /// It streams, for no cache to keep, and breaks off if it does not verify; ranges are not authenticated.
    #[default]
    Stream,
    /// Ranges of it are served as with `stream`, the whole is 413 `use-range`.
    Ranges,
    /// The reader's Function URL serves it.
    Reader,
}

/// Judged settings.
#[derive(Debug)]
pub(crate) struct OpenSettings {
    /// The one key that data keys are unwrapped with, whatever key a ciphertext names.
    pub(crate) key_arn: String,
    pub(crate) kms: Endpoint,
    pub(crate) commitment: Commitment,
    /// Accepted besides Keyfront's own.
    pub(crate) foreign_context: Option<Description>,
    /// Bytes of plaintext up to which an object is verified before its first byte leaves.
    pub(crate) verify_limit: u64,
    pub(crate) larger: Larger,
    pub(crate) cached_keys: usize,
    /// Seconds.
    pub(crate) key_life: i64,
    pub(crate) bucket: String,
    /// The site's bucket alone, as a site: what the Worker asks it for is named by keys.
    pub(crate) bucket_site: Box<[u8]>,
}

impl OpenSettings {
    /// Judges a document beside its site's.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(crate) fn judge(document: OpenDocument, site: &str) -> Result<Self, &'static str> {
        let key_arn = document.kms_key;
        let region = match key_arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "kms", region, _, key] if key.starts_with("key/") => region.to_owned(),
            _ => return Err("has a kms_key that is not a key's ARN"),
        };
        let kms = Endpoint::judge("kms", region, document.kms_endpoint.as_deref())?;
        let foreign_context = document.context;
        if let Some(context) = &foreign_context
            && KmsContext::new(Format::V3, context.clone()).is_err()
        {
            return Err("has a context with an entry that is the format's own");
        }
        let verify_limit = document.verify_limit.unwrap_or(DEFAULT_VERIFY_LIMIT);
        if !(1..=MAX_VERIFY_LIMIT).contains(&verify_limit) {
            return Err("has a verify_limit out of 1 to 25165824");
        }
        let cached_keys = document.cached_keys.unwrap_or(DEFAULT_CACHED_KEYS);
        let key_life = document.cached_seconds.unwrap_or(DEFAULT_CACHED_SECONDS);
        if cached_keys > 1024 || key_life > 300 {
            return Err("has over 1024 cached_keys or 300 cached_seconds");
        }
        let (bucket, bucket_site) = bucket_alone(site).ok_or("needs a site with a bucket")?;
        Ok(Self {
            key_arn,
            kms,
            commitment: match document.commitment {
                CommitmentDocument::Required => Commitment::Required,
                CommitmentDocument::Optional => Commitment::Optional,
            },
            foreign_context,
            verify_limit,
            larger: document.larger,
            cached_keys: cached_keys.into(),
            key_life: key_life.into(),
            bucket,
            bucket_site,
        })
    }

    /// Whether an object with this many bytes of plaintext is verified before its first byte leaves. An empty one
    /// always is: it has no byte that could be held back.
    pub(crate) fn verifies(&self, length: u64) -> bool {
        length <= self.verify_limit
    }
}

/// What of a site says where its bucket is and how requests to it are signed. The runtime decodes bodies by their
/// `Content-Encoding`, which would break a ciphertext, so S3 must be asked to leave it out.
fn bucket_alone(site: &str) -> Option<(String, Box<[u8]>)> {
    const KEPT: [&str; 7] = [
        "v",
        "bucket",
        "region",
        "endpoint",
        "style",
        "signing",
        "region_set",
    ];
    let mut fields: Map<String, Value> = serde_json::from_str(site).ok()?;
    fields.retain(|name, _| KEPT.contains(&name.as_str()));
    fields.insert(
        "query".to_owned(),
        Value::from(vec![super::object::ENCODING_PARAMETER]),
    );
    let bucket = fields.get("bucket")?.as_str()?.to_owned();
    let document = serde_json::to_vec(&fields).ok()?;
    Some((bucket, document.into()))
}
