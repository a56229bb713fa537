//! How one key takes the place of another: it is made, trusted, signs, and the former goes when nothing it signed counts any more.
//!
//! Between the steps lies a deployment, since the CDN has to trust a key before it signs, and as long as what it signed is admitted.

use keyfront_cloudformation::viewer_key_digest;
use keyfront_viewers::EpochSeconds;

use super::key_ring::{KeyRing, RingKey};
use crate::system::outputs::Outputs;

/// Seconds that a link or a session may last at most.
pub(crate) const LONGEST_GRANT: u64 = 7 * 86_400;

/// The origin's instances learn of another key within a minute, and later where SSM does not answer.
const SETTLING: u64 = 3_600;

/// Until when what a key signed may count that was replaced at some time.
pub(crate) fn end_of_use(replaced: EpochSeconds) -> EpochSeconds {
    replaced.saturating_add(LONGEST_GRANT + SETTLING)
}

/// What the system's stacks have, as their outputs say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deployed {
    /// The digests of the public keys that the CDN trusts, the signing one's first.
    pub(crate) trusted: Vec<String>,
    /// The ARN of the key that the origin signs with.
    pub(crate) signing: Option<String>,
}

impl Deployed {
    /// What the outputs say.
    pub(crate) fn of(outputs: &Outputs) -> Self {
        let digests = outputs.get("ViewerKeyDigests").map_or("", String::as_str);
        let digests = digests.split(',').filter(|digest| !digest.is_empty());
        Self {
            trusted: digests.map(str::to_owned).collect(),
            signing: outputs.get("ViewerSigningKeyArn").cloned(),
        }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// `keyfront deploy`: the stacks do not have the keys as they are.
    Deploy,
    /// Another key is made, which will sign.
    Make,
    /// The next key becomes the one that signs.
    Promote,
    /// The time is noted since which the former key signs nothing.
    Note,
    /// What the former key signed may count until then.
    Wait(EpochSeconds),
    /// The former key goes.
    Retire,
}

/// What comes next for the keys of a system, at a time.
pub(crate) fn next_step(ring: &KeyRing, deployed: &Deployed, now: EpochSeconds) -> Step {
    let takes_place = |key: &Option<RingKey>| {
        let arn = key.as_ref().map(|key| &key.arn);
        arn == Some(&ring.signing.arn)
    };
    // A promotion that was interrupted: the key stands in two places.
    if ring.next.is_some() && (takes_place(&ring.next) || takes_place(&ring.previous)) {
        return Step::Promote;
    }
    let trusted: Vec<String> = ring.public_keys().iter().map(viewer_key_digest).collect();
    if deployed.trusted != trusted || deployed.signing.as_deref() != Some(ring.signing.arn.as_str())
    {
        return Step::Deploy;
    }
    match (&ring.next, &ring.previous) {
        // The former key has to go first: there are three places.
        (_, Some(previous)) => match previous.unused_since {
            None => Step::Note,
            Some(since) if now < end_of_use(since) => Step::Wait(end_of_use(since)),
            Some(_) => Step::Retire,
        },
        (Some(_), None) => Step::Promote,
        (None, None) => Step::Make,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use keyfront_names::KeyArn;
    use keyfront_viewers::PublicKey;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn key(number: u8) -> RingKey {
        let head = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
        let mut der = STANDARD.decode(head).unwrap();
        der.extend([number; 64]);
        RingKey {
            arn: KeyArn::parse(&format!("arn:aws:kms:eu-west-1:111122223333:key/{number}"))
                .unwrap(),
            public: PublicKey::from_der(&der).unwrap(),
            unused_since: None,
        }
    }

    fn ring(signing: u8, next: Option<u8>, previous: Option<u8>) -> KeyRing {
        KeyRing {
            signing: key(signing),
            next: next.map(key),
            previous: previous.map(key),
        }
    }

    fn deployed(ring: &KeyRing) -> Deployed {
        Deployed {
            trusted: ring.public_keys().iter().map(viewer_key_digest).collect(),
            signing: Some(ring.signing.arn.to_string()),
        }
    }

    #[test]
    fn each_step_waits_for_the_deployment_of_the_one_before() {
        let mut stable = ring(1, None, None);
        assert_eq!(next_step(&stable, &Deployed::default(), NOW), Step::Deploy);
        assert_eq!(next_step(&stable, &deployed(&stable), NOW), Step::Make);
        let two = ring(1, Some(2), None);
        assert_eq!(next_step(&two, &deployed(&stable), NOW), Step::Deploy);
        assert_eq!(next_step(&two, &deployed(&two), NOW), Step::Promote);
        let promoted = ring(2, None, Some(1));
        assert_eq!(next_step(&promoted, &deployed(&two), NOW), Step::Deploy);
        assert_eq!(next_step(&promoted, &deployed(&promoted), NOW), Step::Note);
        stable = ring(2, None, None);
        assert_eq!(next_step(&stable, &deployed(&promoted), NOW), Step::Deploy);
        assert_eq!(next_step(&stable, &deployed(&stable), NOW), Step::Make);
    }

    #[test]
    fn a_former_key_stays_for_as_long_as_what_it_signed_may_count() {
        let mut ring = ring(2, None, Some(1));
        let deployed = deployed(&ring);
        let mut at = |since: u64| {
            ring.previous.as_mut().unwrap().unused_since = Some(since);
            next_step(&ring, &deployed, NOW)
        };
        let counts = 7 * 86_400 + 3_600;
        assert_eq!(at(NOW), Step::Wait(NOW + counts));
        assert_eq!(at(NOW - counts + 1), Step::Wait(NOW + 1));
        assert_eq!(at(NOW - counts), Step::Retire);
        assert_eq!(at(u64::MAX), Step::Wait(u64::MAX));
    }

    #[test]
    fn a_promotion_that_was_interrupted_goes_on() {
        for interrupted in [ring(1, Some(2), Some(1)), ring(2, Some(2), Some(1))] {
            let before = deployed(&ring(1, Some(2), None));
            assert_eq!(next_step(&interrupted, &before, NOW), Step::Promote);
            assert_eq!(interrupted.trusted().len(), 2);
        }
    }
}
