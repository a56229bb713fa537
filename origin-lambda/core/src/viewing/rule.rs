//! One rule: who gets which folders, for how long, from where.

use keyfront_viewers::Network;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::folder::FolderPattern;
use crate::oidc::OidcIdentity;

/// Seconds of a session, unless a rule says otherwise.
pub const DEFAULT_SESSION: u32 = 3_600;
/// Seconds: a session cannot be taken back, so that a withdrawn rule goes on for as long.
pub const LONGEST_SESSION: u32 = 86_400;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewerRule {
    /// Its name, in answers and logs: 1 to 64 characters `A-Z a-z 0-9 . _ -`.
    pub id: String,
    /// Whom it is about.
    pub who: OidcIdentity,
    /// What it does.
    #[serde(default, skip_serializing_if = "Effect::is_allow")]
    pub effect: Effect,
    /// About which folders. At least one.
    pub folders: Vec<FolderPattern>,
    /// Seconds that a session lasts: 60 to [`LONGEST_SESSION`].
    #[serde(
        default = "default_session",
        skip_serializing_if = "is_default_session"
    )]
    pub session: u32,
    /// From where the folders can be read; from everywhere without it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "write_network",
        deserialize_with = "read_network"
    )]
    pub network: Option<Network>,
}

/// What a rule does with its folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// They are granted.
    #[default]
    Allow,
    /// They are not, whatever other rules say.
    Deny,
}

impl Effect {
    pub(super) fn allows(self) -> bool {
        self == Self::Allow
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_allow(&self) -> bool {
        self.allows()
    }
}

impl ViewerRule {
    /// What is wrong with it, besides what its types exclude.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=64).contains(&self.id.len()) || !self.id.bytes().all(plain) {
            return Some("has an id that is not 1 to 64 characters A-Z a-z 0-9 . _ -");
        }
        if self.folders.is_empty() {
            return Some("has no folders");
        }
        if !(60..=LONGEST_SESSION).contains(&self.session) {
            return Some("has a session that is not 60 to 86400 seconds");
        }
        None
    }
}

const fn default_session() -> u32 {
    DEFAULT_SESSION
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_default_session(seconds: &u32) -> bool {
    *seconds == DEFAULT_SESSION
}

#[allow(clippy::ref_option, reason = "serde's signature")]
fn write_network<S: Serializer>(
    network: &Option<Network>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match network {
        Some(network) => serializer.collect_str(network),
        None => serializer.serialize_none(),
    }
}

fn read_network<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Network>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(D::Error::custom))
        .transpose()
}
