//! The parameter that says how the CDN admits viewers: its address, the id of the public key, and what is protected.
//!
//! Whoever deploys the distribution writes it, since the distribution names the origin and cannot exist before it.

use keyfront_names::{KeyArn, ObjectKey, host};
use serde::Deserialize;

/// A public key's id at CloudFront is 14 characters long; nothing else has 64.
const MAX_KEY_ID: usize = 64;

/// The parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewersParameter {
    pub(super) host: String,
    pub(super) prefixes: Vec<String>,
    pub(super) reader: Reader,
    key_id: String,
    signing_key: Option<KeyArn>,
}

/// Whether the CDN has a reader, which opens envelopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Enabled,
    Disabled,
}

/// Why a text is not the parameter.
#[derive(Debug, thiserror::Error)]
pub enum ViewersParameterError {
    /// Not the JSON document.
    #[error("it is not JSON with url, key_id and prefixes")]
    Json(#[source] serde_json::Error),
    /// Not the address of a host.
    #[error("invalid url {0:?}: write https://HOST, without a path")]
    Url(String),
    /// Not an id.
    #[error("invalid key_id {0:?}: write the id that CloudFront gave the public key")]
    KeyId(String),
    /// Not a key's ARN.
    #[error(
        "invalid signing_key_arn {0:?}: write the key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias"
    )]
    SigningKey(String),
    /// Not a beginning of keys that ends with a slash.
    #[error("invalid prefix {0:?}: write a folder of the bucket, with a slash at its end")]
    Prefix(String),
}

#[derive(Deserialize)]
struct Document {
    url: String,
    key_id: String,
    prefixes: Vec<String>,
    #[serde(default = "yes")]
    reader: bool,
    signing_key_arn: Option<String>,
}

const fn yes() -> bool {
    true
}

impl ViewersParameter {
    /// Reads `{"url":"https://www.example.com","key_id":"K2JCJMDEHXQW5F","prefixes":["members/"]}`. The prefixes are those of
    /// keys of the bucket. `"reader":false` says that nothing behind the CDN opens envelopes. `"signing_key_arn"` is the key in KMS
    /// that `key_id` is the public half of, so that the two change at the same moment.
    ///
    /// # Errors
    /// [`ViewersParameterError`].
    pub fn parse(text: &str) -> Result<Self, ViewersParameterError> {
        use ViewersParameterError as Wrong;
        let Document {
            url,
            key_id,
            prefixes,
            reader,
            signing_key_arn,
        } = serde_json::from_str(text).map_err(Wrong::Json)?;
        let host = url.strip_prefix("https://");
        let Some(host) = host.filter(|host| host::is_authority(host)) else {
            return Err(Wrong::Url(url));
        };
        let is_id = (1..=MAX_KEY_ID).contains(&key_id.len())
            && key_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id {
            return Err(Wrong::KeyId(key_id));
        }
        let signing_key = signing_key_arn.map(|arn| KeyArn::parse(&arn).map_err(|_| arn));
        let signing_key = signing_key.transpose().map_err(Wrong::SigningKey)?;
        let is_folder = |prefix: &&String| prefix.ends_with('/') && ObjectKey::new(*prefix).is_ok();
        if let Some(wrong) = prefixes.iter().find(|prefix| !is_folder(prefix)) {
            return Err(Wrong::Prefix(wrong.clone()));
        }
        Ok(Self {
            host: host.to_owned(),
            key_id,
            signing_key,
            prefixes,
            reader: match reader {
                true => Reader::Enabled,
                false => Reader::Disabled,
            },
        })
    }

    /// The host of the CDN's main site, with its port if it has one: `www.example.com`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The id of the public key that links are verified with.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The key in KMS that signs, if the parameter names it.
    #[must_use]
    pub const fn signing_key(&self) -> Option<&KeyArn> {
        self.signing_key.as_ref()
    }
}
