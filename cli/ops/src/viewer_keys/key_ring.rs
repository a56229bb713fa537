//! The keys of one system, each in its slot.

use keyfront_names::KeyArn;
use keyfront_viewers::{EpochSeconds, PublicKey};

/// What a key is for. The alias of a slot leads to its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySlot {
    /// The one that signs.
    Signing,
    /// The one that will sign, once the CDN trusts it.
    Next,
    /// The one that signed before: what it signed is still admitted.
    Previous,
}

impl KeySlot {
    pub(crate) const ALL: [Self; 3] = [Self::Signing, Self::Next, Self::Previous];

    /// The alias of a system's key in this slot.
    pub(crate) fn alias(self, stack: &str) -> String {
        let suffix = match self {
            Self::Signing => "",
            Self::Next => "-next",
            Self::Previous => "-previous",
        };
        format!("alias/keyfront/{stack}/viewers{suffix}")
    }
}

/// A key of a ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RingKey {
    pub(crate) arn: KeyArn,
    pub(crate) public: PublicKey,
    /// Since when nothing is signed with it, if a deployment has seen to that.
    pub(crate) unused_since: Option<EpochSeconds>,
}

/// The keys of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRing {
    pub(crate) signing: RingKey,
    pub(crate) next: Option<RingKey>,
    pub(crate) previous: Option<RingKey>,
}

/// Whose keys sign for viewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ViewerKeys {
    /// The document of sites names them, or nothing is protected.
    Document,
    /// These, which this program made.
    Own(Box<KeyRing>),
    /// This program's, and there is none yet.
    ToBeMade,
}

impl KeyRing {
    /// One key, which signs.
    pub(crate) const fn of(signing: RingKey) -> Self {
        Self {
            signing,
            next: None,
            previous: None,
        }
    }

    /// What the CDN trusts: the key that signs first, and none twice, as it may stand in two slots while one takes another's.
    pub(crate) fn trusted(&self) -> Vec<&RingKey> {
        let mut trusted = vec![&self.signing];
        for key in self.next.iter().chain(&self.previous) {
            if trusted.iter().all(|known| known.arn != key.arn) {
                trusted.push(key);
            }
        }
        trusted
    }

    /// Their public halves.
    pub(crate) fn public_keys(&self) -> Vec<PublicKey> {
        let trusted = self.trusted().into_iter();
        trusted.map(|key| key.public.clone()).collect()
    }
}
