//! What the configuration says about envelopes: the client-side master key and the reader's policy.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
pub use keyfront_envelope::Commitment;
use keyfront_envelope::{
    Description, MasterKey,
    reader::{DEFAULT_VERIFY_LIMIT, check_foreign_context},
};
use zeroize::Zeroizing;

use super::error::{ConfigError, invalid};

/// Client-side master key: 32 bytes in base64 (optional).
pub const MASTER_KEY: &str = "KEYFRONT_MASTER_KEY";
/// Name of the master key, stored in clear with each object it wraps for (optional; `1`).
pub const MASTER_KEY_ID: &str = "KEYFRONT_MASTER_KEY_ID";
/// Bytes up to which the reader verifies an object entirely before its first byte leaves
/// (optional; 8 MiB, at most 64 MiB).
pub const READER_VERIFY_LIMIT: &str = "KEYFRONT_READER_VERIFY_LIMIT";
/// `optional`: the reader opens format V2 as well, which does not commit to its key (optional;
/// `required`).
pub const READER_COMMITMENT: &str = "KEYFRONT_READER_COMMITMENT";
/// Encryption context of objects that other writers sealed, as a JSON object of strings: exactly
/// this one is accepted besides Keyfront's own, which names the object (optional; none is).
pub const READER_FOREIGN_CONTEXT: &str = "KEYFRONT_READER_FOREIGN_CONTEXT";

const MAX_VERIFY_LIMIT: u64 = 64 << 20;

/// The client-side master key and its name.
#[derive(Clone)]
pub struct MasterKeySetting {
    /// By which readers know the key that wrapped; not secret.
    pub id: String,
    /// The key.
    pub key: Arc<MasterKey>,
}

impl fmt::Debug for MasterKeySetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKeySetting({:?}, redacted)", self.id)
    }
}

impl MasterKeySetting {
    /// Names a key.
    pub fn new(id: &str, key: [u8; 32]) -> Self {
        Self {
            id: id.to_owned(),
            key: Arc::new(MasterKey::new(key)),
        }
    }

    pub(super) fn read(
        optional: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let id = optional(MASTER_KEY_ID);
        let Some(text) = optional(MASTER_KEY).map(Zeroizing::new) else {
            return match id {
                None => Ok(None),
                Some(_) => Err(invalid(
                    MASTER_KEY_ID,
                    "the key it names is not set; set KEYFRONT_MASTER_KEY too",
                )),
            };
        };
        let key = STANDARD
            .decode(text.trim())
            .map(Zeroizing::new)
            .ok()
            .and_then(|bytes| MasterKey::from_slice(&bytes).ok())
            .ok_or(invalid(MASTER_KEY, "expected 32 random bytes in base64"))?;
        let id = id.unwrap_or_else(|| "1".to_owned());
        if id.len() > 64 || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(invalid(
                MASTER_KEY_ID,
                "expected up to 64 printable ASCII characters without spaces",
            ));
        }
        Ok(Some(Self {
            id,
            key: Arc::new(key),
        }))
    }
}

/// What the reader opens, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderSettings {
    /// Bytes of plaintext up to which an object is verified entirely before its first byte leaves.
    pub verify_limit: u64,
    /// Whether objects must commit to their key.
    pub commitment: Commitment,
    /// The one context accepted besides Keyfront's own.
    pub foreign_context: Option<Description>,
}

impl Default for ReaderSettings {
    fn default() -> Self {
        Self {
            verify_limit: DEFAULT_VERIFY_LIMIT,
            commitment: Commitment::Required,
            foreign_context: None,
        }
    }
}

impl ReaderSettings {
    pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let defaults = Self::default();
        Ok(Self {
            verify_limit: match optional(READER_VERIFY_LIMIT) {
                None => defaults.verify_limit,
                Some(text) => verify_limit(&text)?,
            },
            commitment: match optional(READER_COMMITMENT) {
                None => defaults.commitment,
                Some(name) => Commitment::from_name(&name).ok_or_else(|| {
                    let names = Commitment::NAMES.join(" or ");
                    invalid(READER_COMMITMENT, format!("expected {names}"))
                })?,
            },
            foreign_context: optional(READER_FOREIGN_CONTEXT)
                .map(|text| foreign_context(&text))
                .transpose()?,
        })
    }
}

fn verify_limit(text: &str) -> Result<u64, ConfigError> {
    match text.parse() {
        Ok(limit @ 1..=MAX_VERIFY_LIMIT) => Ok(limit),
        _ => Err(invalid(
            READER_VERIFY_LIMIT,
            format!("expected a number of bytes from 1 to {MAX_VERIFY_LIMIT}"),
        )),
    }
}

fn foreign_context(text: &str) -> Result<Description, ConfigError> {
    let reason = "expected a JSON object of strings, without reserved entries";
    let context: Description =
        serde_json::from_str(text).map_err(|_| invalid(READER_FOREIGN_CONTEXT, reason))?;
    check_foreign_context(&context).map_err(|_| invalid(READER_FOREIGN_CONTEXT, reason))?;
    Ok(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_32_bytes_named_and_redacted() {
        let encoded = STANDARD.encode([0xab; 32]);
        let read = |key: &str, id: Option<&str>| {
            MasterKeySetting::read(|name| match name {
                MASTER_KEY => Some(key.to_owned()),
                MASTER_KEY_ID => id.map(str::to_owned),
                _ => None,
            })
        };
        let setting = read(&encoded, None).unwrap().unwrap();
        assert_eq!(format!("{setting:?}"), "MasterKeySetting(\"1\", redacted)");
        assert_eq!(read(&encoded, Some("2026")).unwrap().unwrap().id, "2026");
        assert!(read(&STANDARD.encode([0xab; 16]), None).is_err());
        assert!(read(&encoded, Some("with space")).is_err());
    }

    #[test]
    fn what_the_reader_does_not_take_is_refused_with_what_it_takes() {
        for (name, value, reason) in [
            (READER_COMMITMENT, "never", "expected required or optional"),
            (READER_VERIFY_LIMIT, "67108865", "from 1 to 67108864"),
        ] {
            let refused = ReaderSettings::read(|read| (read == name).then(|| value.to_owned()));
            let refused = refused.unwrap_err().to_string();
            assert!(refused.ends_with(reason), "{refused}");
        }
    }

    #[test]
    fn the_reader_is_strict_by_default() {
        let strict = ReaderSettings::read(|_| None).unwrap();
        assert_eq!(strict, ReaderSettings::default());
        assert_eq!(strict.commitment, Commitment::Required);
        assert_eq!(strict.foreign_context, None);
        let settings = ReaderSettings::read(|name| {
            Some(
                match name {
                    READER_COMMITMENT => "optional",
                    READER_VERIFY_LIMIT => "1048576",
                    _ => r#"{"tenant":"a"}"#,
                }
                .to_owned(),
            )
        })
        .unwrap();
        assert_eq!(settings.verify_limit, 1 << 20);
        assert_eq!(settings.commitment, Commitment::Optional);
        assert_eq!(settings.foreign_context.unwrap()["tenant"], "a");
    }
}
