//! The modes by name.

use std::fmt;

use keyfront_envelope::{Envelope, Format, Wrap};
use serde::{Deserialize, Serialize};

use super::ServerSide;

/// How one object is encrypted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptionMode {
    /// S3 encrypts with the configured KMS key, through a bucket key.
    SseKms,
    /// S3 encrypts twice with the configured KMS key.
    DsseKms,
    /// S3 encrypts with a key of its own.
    SseS3,
    /// S3 encrypts with a key that the origin sends along and S3 does not keep.
    SseC,
    /// An envelope of format V3 under a KMS data key, in an object encrypted as by [`Self::SseKms`].
    EnvelopeKms,
    /// As [`Self::EnvelopeKms`] in format V2, for readers that know no V3.
    EnvelopeKmsV2,
    /// An envelope of format V3 under the configured master key, in an object encrypted as by
    /// [`Self::SseKms`].
    EnvelopeKey,
    /// As [`Self::EnvelopeKey`] in format V2.
    EnvelopeKeyV2,
}

/// What an envelope's data key is wrapped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeWrap {
    /// The configured KMS key.
    Kms,
    /// The configured client-side master key.
    MasterKey,
}

impl EncryptionMode {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SseKms,
        Self::DsseKms,
        Self::SseS3,
        Self::SseC,
        Self::EnvelopeKms,
        Self::EnvelopeKmsV2,
        Self::EnvelopeKey,
        Self::EnvelopeKeyV2,
    ];

    /// The name in requests and rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SseKms => "sse-kms",
            Self::DsseKms => "dsse-kms",
            Self::SseS3 => "sse-s3",
            Self::SseC => "sse-c",
            Self::EnvelopeKms => "envelope-kms",
            Self::EnvelopeKmsV2 => "envelope-kms-v2",
            Self::EnvelopeKey => "envelope-key",
            Self::EnvelopeKeyV2 => "envelope-key-v2",
        }
    }

    /// The mode of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// What S3 is asked to apply to the stored bytes, whether they are sealed or not.
    pub const fn server_side(self) -> ServerSide {
        match self {
            Self::DsseKms => ServerSide::DsseKms,
            Self::SseS3 => ServerSide::S3,
            Self::SseC => ServerSide::Customer,
            Self::SseKms
            | Self::EnvelopeKms
            | Self::EnvelopeKmsV2
            | Self::EnvelopeKey
            | Self::EnvelopeKeyV2 => ServerSide::Kms,
        }
    }

    /// The mode that an object was stored under, by what S3 applied and by its envelope. What its publisher sealed counts as
    /// what S3 applied, as it does when it is uploaded.
    pub fn of_stored(server_side: ServerSide, envelope: Option<&Envelope>) -> Self {
        let ours = envelope.filter(|envelope| envelope.publisher_key().is_none());
        let sealed = ours.and_then(|envelope| {
            let wrap = match envelope.wrap() {
                Wrap::KmsContext => EnvelopeWrap::Kms,
                Wrap::AesGcm => EnvelopeWrap::MasterKey,
                Wrap::Kms => return None,
            };
            Some((wrap, envelope.format()))
        });
        let is_stored_so =
            |mode: &Self| mode.server_side() == server_side && mode.envelope() == sealed;
        // Another writer may combine what no mode does.
        let found = Self::ALL.into_iter().find(is_stored_so);
        found.unwrap_or_else(|| Self::plain(server_side))
    }

    /// The mode without an envelope.
    const fn plain(server_side: ServerSide) -> Self {
        match server_side {
            ServerSide::Kms => Self::SseKms,
            ServerSide::DsseKms => Self::DsseKms,
            ServerSide::S3 => Self::SseS3,
            ServerSide::Customer => Self::SseC,
        }
    }

    /// The envelope the body is sealed into before it leaves for S3.
    pub const fn envelope(self) -> Option<(EnvelopeWrap, Format)> {
        match self {
            Self::SseKms | Self::DsseKms | Self::SseS3 | Self::SseC => None,
            Self::EnvelopeKms => Some((EnvelopeWrap::Kms, Format::V3)),
            Self::EnvelopeKmsV2 => Some((EnvelopeWrap::Kms, Format::V2)),
            Self::EnvelopeKey => Some((EnvelopeWrap::MasterKey, Format::V3)),
            Self::EnvelopeKeyV2 => Some((EnvelopeWrap::MasterKey, Format::V2)),
        }
    }
}

impl fmt::Display for EncryptionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The modes a rule allows. The first serves uploads that name none; there is always one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<EncryptionMode>", into = "Vec<EncryptionMode>")]
pub struct EncryptionModes(Vec<EncryptionMode>);

impl EncryptionModes {
    /// The mode for an upload that asks for `requested`; `None` if the rule does not allow it.
    pub fn choose(&self, requested: Option<EncryptionMode>) -> Option<EncryptionMode> {
        match requested {
            None => self.0.first().copied(),
            Some(mode) => self.0.contains(&mode).then_some(mode),
        }
    }
}

impl EncryptionModes {
    /// Every allowed mode, the one for uploads that name none first.
    pub fn iter(&self) -> impl Iterator<Item = EncryptionMode> {
        self.0.iter().copied()
    }
}

impl Default for EncryptionModes {
    fn default() -> Self {
        Self(vec![EncryptionMode::SseKms])
    }
}

impl TryFrom<Vec<EncryptionMode>> for EncryptionModes {
    type Error = &'static str;

    fn try_from(modes: Vec<EncryptionMode>) -> Result<Self, &'static str> {
        let repeated = (1..modes.len()).any(|at| modes[..at].contains(&modes[at]));
        if modes.is_empty() || repeated {
            Err("encryption must list at least one mode, and none twice")
        } else {
            Ok(Self(modes))
        }
    }
}

impl From<EncryptionModes> for Vec<EncryptionMode> {
    fn from(modes: EncryptionModes) -> Self {
        modes.0
    }
}

#[cfg(test)]
mod tests {
    use keyfront_envelope::{
        DataKey, Description, KmsContext, MasterKey, Seed, WrappedDataKey, seal,
    };

    use super::*;

    /// What an object says of the envelope that it was sealed into.
    fn envelope((wrap, format): (EnvelopeWrap, Format), description: Description) -> Envelope {
        let key = DataKey::new([7; 32]);
        let wrapped = match wrap {
            EnvelopeWrap::Kms => {
                let context = KmsContext::new(format, description).unwrap();
                WrappedDataKey::from_kms(key, vec![1], context).unwrap()
            }
            EnvelopeWrap::MasterKey => {
                let master = MasterKey::new([3; 32]);
                WrappedDataKey::by_master_key(format, key, &master, [1; 12], description)
            }
        };
        seal(wrapped, Seed::from_random([9; 28]), Some(5))
            .unwrap()
            .1
    }

    #[test]
    fn the_mode_of_a_stored_object_is_the_one_that_it_was_asked_for() {
        for mode in EncryptionMode::ALL {
            let sealed = mode
                .envelope()
                .map(|kind| envelope(kind, Description::new()));
            let found = EncryptionMode::of_stored(mode.server_side(), sealed.as_ref());
            assert_eq!(found, mode);
        }
        // A publisher's own envelope is none of the origin's, and others combine what no mode does.
        let own = (
            "keyfront-key".to_owned(),
            "0123456789abcdef01234567".to_owned(),
        );
        let kind = (EnvelopeWrap::MasterKey, Format::V3);
        let own = envelope(kind, Description::from([own]));
        assert!(own.publisher_key().is_some());
        for server_side in ServerSide::ALL {
            let found = EncryptionMode::of_stored(server_side, Some(&own));
            assert_eq!(found.server_side(), server_side);
            assert_eq!(found.envelope(), None);
        }
        let foreign = envelope(kind, Description::new());
        let found = EncryptionMode::of_stored(ServerSide::DsseKms, Some(&foreign));
        assert_eq!(found, EncryptionMode::DsseKms);
    }

    #[test]
    fn every_mode_has_one_name_in_rules_and_requests() {
        for mode in EncryptionMode::ALL {
            assert_eq!(EncryptionMode::parse(mode.name()), Some(mode));
            assert_eq!(
                serde_json::to_value(mode).unwrap(),
                serde_json::json!(mode.name())
            );
        }
        assert_eq!(EncryptionMode::parse("SSE-KMS"), None);
        assert_eq!(EncryptionMode::parse("none"), None);
    }

    #[test]
    fn a_rule_without_modes_allows_sse_kms_alone() {
        let modes = EncryptionModes::default();
        assert_eq!(modes.choose(None), Some(EncryptionMode::SseKms));
        for mode in EncryptionMode::ALL {
            let chosen = modes.choose(Some(mode));
            assert_eq!(chosen.is_some(), mode == EncryptionMode::SseKms, "{mode}");
        }
    }

    #[test]
    fn the_first_listed_mode_serves_uploads_that_name_none() {
        let modes: EncryptionModes = serde_json::from_str(r#"["envelope-kms","sse-kms"]"#).unwrap();
        assert_eq!(modes.choose(None), Some(EncryptionMode::EnvelopeKms));
        assert_eq!(
            modes.choose(Some(EncryptionMode::SseKms)),
            Some(EncryptionMode::SseKms)
        );
        assert_eq!(modes.choose(Some(EncryptionMode::SseS3)), None);
        for document in [
            "[]",
            r#"["sse-kms","sse-kms"]"#,
            r#"["none"]"#,
            "\"sse-kms\"",
        ] {
            assert!(
                serde_json::from_str::<EncryptionModes>(document).is_err(),
                "{document}"
            );
        }
    }
}
