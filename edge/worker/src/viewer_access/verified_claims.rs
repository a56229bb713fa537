//! Signatures that were verified before: a viewer's cookies come with every request.
//!
//! What is remembered is that a signature is the key's over the message. Resource, time and network are asked each time.

use std::collections::VecDeque;

use keyfront_viewers::{Claim, Hash, PublicKey};
use sha2::{Digest as _, Sha256};

/// An isolate's, for all its sites. Whoever has no valid signature cannot push one out.
const CAPACITY: usize = 64;

/// The claims seen last, by their digests.
#[derive(Debug)]
pub(super) struct VerifiedClaims {
    /// The one seen last is at the end.
    digests: VecDeque<[u8; 32]>,
}

impl VerifiedClaims {
    pub(super) const fn new() -> Self {
        Self {
            digests: VecDeque::new(),
        }
    }

    /// Whether a claim was verified before.
    pub(super) fn knows(&mut self, digest: &[u8; 32]) -> bool {
        let place = self.digests.iter().position(|known| known == digest);
        let known = place.and_then(|place| self.digests.remove(place));
        self.digests.extend(known);
        known.is_some()
    }

    /// Keeps a claim that was verified.
    pub(super) fn keep(&mut self, digest: [u8; 32]) {
        // Another request may have kept it while this one's was verified.
        if self.knows(&digest) {
            return;
        }
        if self.digests.len() == CAPACITY {
            self.digests.pop_front();
        }
        self.digests.push_back(digest);
    }
}

/// A digest of all that a verification depends on. The key itself is in it: a document may give its id to another one.
pub(super) fn digest(key: &PublicKey, claim: &Claim) -> [u8; 32] {
    let hash: &[u8] = match claim.hash {
        Hash::Sha1 => b"SHA-1",
        Hash::Sha256 => b"SHA-256",
    };
    let mut sha256 = Sha256::new();
    for part in [key.info(), hash, &claim.message, &claim.signature] {
        // `usize` has at most 64 bits.
        sha256.update((part.len() as u64).to_be_bytes());
        sha256.update(part);
    }
    sha256.finalize().into()
}
