//! Signatures that a host verified before: a viewer's cookies come with every request.
//!
//! What is remembered is that a signature is the key's over the message. Resource, time and network are asked each time.

use std::collections::VecDeque;

use sha2::{Digest as _, Sha256};

use crate::{Claim, Hash, PublicKey};

/// The claims seen last. Whoever has no valid signature cannot push one out.
#[derive(Debug)]
pub struct VerifiedClaims {
    capacity: usize,
    /// The one seen last is at the end.
    digests: VecDeque<ClaimDigest>,
}

impl VerifiedClaims {
    /// None yet, and at most so many; they are looked through one by one.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            digests: VecDeque::new(),
        }
    }

    /// Whether a claim was verified before.
    pub fn knows(&mut self, digest: &ClaimDigest) -> bool {
        let place = self.digests.iter().position(|known| known == digest);
        let known = place.and_then(|place| self.digests.remove(place));
        self.digests.extend(known);
        known.is_some()
    }

    /// Keeps a claim that was verified.
    pub fn keep(&mut self, digest: ClaimDigest) {
        // Another request may have kept it while this one's was verified.
        if self.knows(&digest) {
            return;
        }
        if self.digests.len() >= self.capacity {
            self.digests.pop_front();
        }
        self.digests.push_back(digest);
    }
}

/// What tells a claim and its key from all others: a SHA-256 of all that a verification depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimDigest([u8; 32]);

impl ClaimDigest {
    /// That of a claim, verified with this key: a configuration may give a key's id to another one.
    #[must_use]
    pub fn of(key: &PublicKey, claim: &Claim) -> Self {
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
        Self(sha256.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claims_seen_last_are_known_and_no_more_than_the_capacity() {
        let mut claims = VerifiedClaims::new(64);
        let digest = |number: u8| ClaimDigest([number; 32]);
        assert!(!claims.knows(&digest(0)));
        for number in 0..64 {
            claims.keep(digest(number));
            claims.keep(digest(number));
        }
        // Seen again: another one goes first.
        assert!(claims.knows(&digest(0)));
        claims.keep(digest(64));
        assert!(claims.knows(&digest(0)) && claims.knows(&digest(2)) && claims.knows(&digest(64)));
        assert!(!claims.knows(&digest(1)));
    }
}
