//! Data keys and master keys, and their commitment.

use keyfront_envelope::{DataKey, Error, Format, MasterKey};

use super::{DATA_KEY, MASTER_KEY, awaiting, by_master, from_kms, policy, sealed};

#[test]
fn a_master_key_wraps_and_unwraps_in_both_formats() {
    for format in [Format::V2, Format::V3] {
        let (envelope, mut body) = sealed(by_master(format), b"content", 3);
        let unlocked = awaiting(&envelope, policy(&[])).unwrap();
        let unlocked = unlocked
            .unlock_with_master(&MasterKey::new(MASTER_KEY))
            .unwrap();
        unlocked.open_verified(&mut body).unwrap();
        assert_eq!(body, b"content");
        let other = awaiting(&envelope, policy(&[])).unwrap();
        let refused = other.unlock_with_master(&MasterKey::new([0; 32])).err();
        assert_eq!(refused, Some(Error::UnwrapFailed));
    }
}

#[test]
fn a_data_key_is_unlocked_only_in_the_way_of_its_wrap() {
    let (by_master, _) = sealed(by_master(Format::V3), b"", 1);
    let (from_kms, _) = sealed(from_kms(Format::V3), b"", 1);
    let refused = awaiting(&by_master, policy(&[]))
        .unwrap()
        .unlock(&DataKey::new(DATA_KEY))
        .err();
    assert_eq!(refused, Some(Error::WrapMismatch));
    let awaiting = awaiting(&from_kms, policy(&[("tenant", "a")])).unwrap();
    let refused = awaiting
        .unlock_with_master(&MasterKey::new(MASTER_KEY))
        .err();
    assert_eq!(refused, Some(Error::WrapMismatch));
}

#[test]
fn another_data_key_is_refused_by_the_commitment_before_any_range_is_opened() {
    let (envelope, _) = sealed(from_kms(Format::V3), b"content", 7);
    let refused = awaiting(&envelope, policy(&[("tenant", "a")]))
        .unwrap()
        .unlock(&DataKey::new([0; 32]));
    assert_eq!(refused.err(), Some(Error::CommitmentMismatch));
}

#[test]
fn keys_of_another_length_are_refused() {
    for length in [0, 16, 31, 33] {
        assert_eq!(
            DataKey::from_slice(&vec![0; length]).err(),
            Some(Error::KeyLength(length))
        );
        assert_eq!(
            MasterKey::from_slice(&vec![0; length]).err(),
            Some(Error::KeyLength(length))
        );
    }
}
