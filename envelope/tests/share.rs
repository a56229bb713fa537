//! Shares: what opens one object for whoever is given it.
#![allow(clippy::unwrap_used, clippy::panic)]

use keyfront_envelope::{
    AwaitingKey, Commitment, DataKey, Description, Error, Format, KmsContext, MAX_CONTENT_LENGTH,
    MasterKey, ObjectShare, OpenPolicy, Opening, SHARE_LENGTH, Seed, WrappedDataKey, begin, seal,
};

fn sealed(key: WrappedDataKey) -> (AwaitingKey, Vec<u8>) {
    let (mut sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
    let mut body = b"content".to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        ..OpenPolicy::default()
    };
    match begin(envelope.metadata().unwrap(), policy).unwrap() {
        Opening::NeedsKey(awaiting) => (awaiting, body),
        Opening::NeedsInstructionFile(_) => panic!("the envelope is on the object"),
    }
}

fn by_master(format: Format) -> WrappedDataKey {
    let (data_key, master) = (DataKey::new([7; 32]), MasterKey::new([1; 32]));
    WrappedDataKey::by_master_key(format, data_key, &master, [2; 12], Description::new())
}

fn shared() -> (ObjectShare, Vec<u8>) {
    let (awaiting, body) = sealed(by_master(Format::V3));
    let share = awaiting.share_with_master(&MasterKey::new([1; 32]));
    (share.unwrap(), body)
}

#[test]
fn a_share_opens_its_object() {
    let (share, mut body) = shared();
    let share = ObjectShare::from_bytes(&share.expose_bytes());
    share.unlock(7).unwrap().open_verified(&mut body).unwrap();
    assert_eq!(body, b"content");
}

#[test]
fn a_share_with_any_flipped_bit_is_refused() {
    let (share, _) = shared();
    for bit in 0..SHARE_LENGTH * 8 {
        let mut bytes = share.expose_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let refused = ObjectShare::from_bytes(&bytes).unlock(7).err();
        assert_eq!(refused, Some(Error::CommitmentMismatch), "bit {bit}");
    }
}

#[test]
fn a_share_opens_content_of_its_length_only() {
    let (share, mut body) = shared();
    let bytes = share.expose_bytes();
    let shorter = ObjectShare::from_bytes(&bytes).unlock(6).unwrap();
    assert_eq!(shorter.open_verified(&mut body), Err(Error::BodyLength(23)));
    let longest = ObjectShare::from_bytes(&bytes).unlock(MAX_CONTENT_LENGTH + 1);
    assert_eq!(longest.err(), Some(Error::ContentTooLong));
}

#[test]
fn only_the_master_key_of_a_committed_object_shares_it() {
    let (awaiting, _) = sealed(by_master(Format::V3));
    let refused = awaiting.share_with_master(&MasterKey::new([3; 32])).err();
    assert_eq!(refused, Some(Error::UnwrapFailed));
    let (awaiting, _) = sealed(by_master(Format::V2));
    let refused = awaiting.share_with_master(&MasterKey::new([1; 32])).err();
    assert_eq!(refused, Some(Error::CommitmentRequired));
    let context = KmsContext::new(Format::V3, Description::new()).unwrap();
    let by_kms = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1], context).unwrap();
    let refused = sealed(by_kms).0.share_with_master(&MasterKey::new([1; 32]));
    assert_eq!(refused.err(), Some(Error::WrapMismatch));
}

#[test]
fn a_share_is_never_printed() {
    let (share, _) = shared();
    assert_eq!(format!("{share:?}"), "ObjectShare(redacted)");
}
