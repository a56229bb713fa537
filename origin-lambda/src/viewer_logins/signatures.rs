//! Signatures that were made before. What is granted names a folder and a time and nobody, so that many sessions of a minute share one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use keyfront_origin_core::sharing::ViewersParameter;
use keyfront_viewers::{EpochSeconds, Grant};

use crate::{error::Error, sharing::LinkSigner};

/// Kept at most; each is some hundred bytes.
const KEPT: usize = 1_024;

/// The signatures, by the id of the key that signed and by what was signed.
#[derive(Debug, Default)]
pub(super) struct Signatures(Mutex<HashMap<Vec<u8>, Kept>>);

#[derive(Debug)]
struct Kept {
    signature: Vec<u8>,
    until: EpochSeconds,
}

impl Signatures {
    /// The signature over a grant that ends at `until`.
    ///
    /// # Errors
    /// What KMS returned.
    pub(super) async fn of(
        &self,
        grant: &Grant,
        until: EpochSeconds,
        (signer, parameter): (&LinkSigner, &ViewersParameter),
        now: EpochSeconds,
    ) -> Result<Vec<u8>, Error> {
        // Ids have no zero byte.
        let signed = [parameter.key_id().as_bytes(), &[0], grant.message()].concat();
        if let Some(known) = self.find(&signed) {
            return Ok(known);
        }
        let signature = signer.sign(parameter, grant).await?;
        self.keep(&signed, &signature, until, now);
        Ok(signature)
    }

    fn find(&self, signed: &[u8]) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(signed).map(|kept| kept.signature.clone())
    }

    fn keep(&self, signed: &[u8], signature: &[u8], until: EpochSeconds, now: EpochSeconds) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let signature = signature.to_vec();
        kept.insert(signed.to_vec(), Kept { signature, until });
    }
}

/// When a session of `seconds` that begins at `now` ends: a sixtieth of it earlier at most, so that those which begin at about the
/// same time end together.
pub(super) fn end_of(seconds: u32, now: EpochSeconds) -> EpochSeconds {
    let seconds = u64::from(seconds);
    let step = (seconds / 60).max(1);
    let end = now.saturating_add(seconds);
    end - end % step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_a_minute_end_together_and_none_lasts_longer_than_its_rule() {
        for seconds in [60, 61, 3_600, 86_400] {
            for now in [0, 1, 59, 1_800_000_000, 1_800_000_059] {
                let end = end_of(seconds, now);
                let lasts = end - now;
                assert!(
                    lasts <= u64::from(seconds) && lasts > u64::from(seconds) * 59 / 60,
                    "{seconds} {now}"
                );
            }
        }
        assert_eq!(end_of(3_600, 1_800_000_000), end_of(3_600, 1_800_000_059));
    }

    #[test]
    fn no_more_signatures_are_kept_than_the_capacity() {
        let signatures = Signatures::default();
        for number in 0_u64..3_000 {
            signatures.keep(&number.to_be_bytes(), b"signature", number, 0);
        }
        assert!(signatures.0.lock().unwrap().len() <= KEPT);
        assert!(signatures.find(&2_999_u64.to_be_bytes()).is_some());
        assert!(signatures.find(&0_u64.to_be_bytes()).is_none());
    }
}
