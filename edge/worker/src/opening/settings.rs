//! What the Worker's document says about opening a site's envelopes.
//!
//! It validates settings; what an object must be is decided by [`keyfront_envelope::reader`].

use std::{borrow::Cow, collections::BTreeMap};

use keyfront_envelope::Commitment;
use keyfront_envelope::reader::{
    AcceptedWraps, CacheLimits, DEFAULT_VERIFY_LIMIT, OverLimit, ReaderPolicy,
    check_foreign_context,
};
use keyfront_names::KeyArn;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use crate::aws_call::Endpoint;

/// Asked of the bucket where an object has a `Content-Encoding`: the runtime would decode the ciphertext by it.
pub(crate) const ENCODING_PARAMETER: &str = "response-content-encoding";
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
    #[serde(default, deserialize_with = "commitment")]
    commitment: Commitment,
    context: Option<BTreeMap<String, String>>,
    verify_limit: Option<u64>,
    #[serde(default)]
    larger: Larger,
    cached_keys: Option<u16>,
    cached_seconds: Option<u16>,
}

fn commitment<'de, D: Deserializer<'de>>(field: D) -> Result<Commitment, D::Error> {
    let name = Cow::<str>::deserialize(field)?;
    let setting = Commitment::from_name(&name);
    setting.ok_or_else(|| D::Error::unknown_variant(&name, Commitment::NAMES))
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

impl From<Larger> for OverLimit {
    fn from(larger: Larger) -> Self {
        match larger {
            Larger::Stream => Self::Stream,
            Larger::Ranges => Self::RangesOnly,
            Larger::Reader => Self::Elsewhere,
        }
    }
}

/// Validated settings.
#[derive(Debug)]
pub(crate) struct OpenSettings {
    /// The one key that data keys are unwrapped with, whatever key a ciphertext names.
    pub(crate) key_arn: KeyArn,
    pub(crate) kms: Endpoint,
    pub(crate) policy: ReaderPolicy,
    /// Of opened data keys.
    pub(crate) cache: CacheLimits,
    /// The site's bucket alone, as a site: what the Worker asks it for is named by keys.
    pub(crate) bucket_site: Box<[u8]>,
}

impl OpenSettings {
    /// Validates a document beside its site's.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(crate) fn validate(document: OpenDocument, site: &str) -> Result<Self, &'static str> {
        let key_arn = KeyArn::parse(&document.kms_key)
            .map_err(|_| "has a kms_key that is not the ARN of a key")?;
        let region = key_arn.region().to_owned();
        let kms = Endpoint::validate("kms", region, document.kms_endpoint.as_deref())?;
        let foreign_context = document.context;
        if let Some(context) = &foreign_context {
            check_foreign_context(context).map_err(|_| "has a context with a reserved entry")?;
        }
        let verify_limit = document.verify_limit.unwrap_or(DEFAULT_VERIFY_LIMIT);
        if !(1..=MAX_VERIFY_LIMIT).contains(&verify_limit) {
            return Err("has a verify_limit outside 1 to 25165824");
        }
        let keys = document.cached_keys.unwrap_or(DEFAULT_CACHED_KEYS);
        let life = document.cached_seconds.unwrap_or(DEFAULT_CACHED_SECONDS);
        if keys > 1024 || life > 300 {
            return Err("has over 1024 cached_keys or 300 cached_seconds");
        }
        let BucketAlone { bucket, site } =
            bucket_alone(site).ok_or("needs a site with a bucket")?;
        Ok(Self {
            key_arn,
            kms,
            policy: ReaderPolicy {
                bucket,
                commitment: document.commitment,
                foreign_context,
                // A Worker has no master key.
                wraps: AcceptedWraps::Kms,
                verify_limit,
                over_limit: document.larger.into(),
            },
            cache: CacheLimits {
                keys: keys.into(),
                life: life.into(),
            },
            bucket_site: site,
        })
    }
}

/// A site's bucket.
struct BucketAlone {
    bucket: String,
    /// A site document of nothing else.
    site: Box<[u8]>,
}

/// What of a site says where its bucket is and how requests to it are signed. The runtime decodes bodies by their
/// `Content-Encoding`, which would break a ciphertext, so the request overrides it.
fn bucket_alone(site: &str) -> Option<BucketAlone> {
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
    fields.insert("query".to_owned(), Value::from(vec![ENCODING_PARAMETER]));
    // Its paths are keys as they are signed.
    fields.insert("spelling".to_owned(), Value::from("accept"));
    let bucket = fields.get("bucket")?.as_str()?.to_owned();
    let site = serde_json::to_vec(&fields).ok()?.into();
    Some(BucketAlone { bucket, site })
}
