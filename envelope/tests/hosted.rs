//! A body authenticated by a one-shot AES-GCM that is only asked about segments, here by an independent one.
#![allow(clippy::unwrap_used, clippy::panic)]

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use keyfront_envelope::{
    Commitment, ContentKey, DataKey, Error, Format, KmsContext, OpenPolicy, Opening, Seed,
    TAG_LENGTH, Unlocked, WrappedDataKey, begin, seal,
};
use proptest::prelude::*;

fn sealed(format: Format, content: &[u8]) -> (Unlocked, Vec<u8>) {
    let context = KmsContext::new(format, Default::default()).unwrap();
    let key = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1], context).unwrap();
    let (mut sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
    let mut body = content.to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        ..OpenPolicy::default()
    };
    let Opening::NeedsKey(awaiting) = begin(envelope.metadata().unwrap(), policy).unwrap() else {
        panic!("the envelope is on the object");
    };
    (awaiting.unlock(&DataKey::new([7; 32])).unwrap(), body)
}

/// What the platform answers.
fn host_tag(key: &ContentKey, segment: &[u8]) -> [u8; TAG_LENGTH] {
    let cipher = Aes256Gcm::new(key.expose_key().into());
    let nonce = Nonce::from(key.nonce());
    let payload = Payload {
        msg: b"",
        aad: segment,
    };
    cipher.encrypt(&nonce, payload).unwrap().try_into().unwrap()
}

fn verdict(unlocked: &Unlocked, body: &[u8], segment: usize) -> Result<(), Error> {
    let mut guard = unlocked.hosted_guard(body.len() as u64)?;
    let (content, tag) = body.split_at(body.len() - TAG_LENGTH);
    for segment in content.chunks(segment) {
        guard.admit(
            segment.len() as u64,
            &host_tag(unlocked.content_key(), segment),
        )?;
    }
    guard.finish(tag.try_into().unwrap())
}

proptest! {
    #[test]
    fn a_body_verifies_by_its_segments_and_any_flipped_bit_is_refused(
        v3: bool,
        content in prop::collection::vec(any::<u8>(), 0..500),
        blocks in 1_usize..8,
        flipped: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let format = if v3 { Format::V3 } else { Format::V2 };
        let (unlocked, mut body) = sealed(format, &content);
        prop_assert_eq!(verdict(&unlocked, &body, blocks * 16), Ok(()));
        let at = flipped.index(body.len());
        body[at] ^= 1 << bit;
        prop_assert_eq!(verdict(&unlocked, &body, blocks * 16), Err(Error::TagMismatch));
    }
}

#[test]
fn segments_that_are_no_whole_blocks_never_verify() {
    let (unlocked, body) = sealed(Format::V3, &[5; 100]);
    assert_eq!(verdict(&unlocked, &body, 15), Err(Error::TagMismatch));
}

#[test]
fn a_body_that_ends_early_or_late_is_truncated() {
    let (unlocked, body) = sealed(Format::V3, &[5; 100]);
    let tag = host_tag(unlocked.content_key(), &body[..64]);
    let mut guard = unlocked.hosted_guard(body.len() as u64).unwrap();
    guard.admit(64, &tag).unwrap();
    assert!(matches!(
        guard.admit(64, &tag),
        Err(Error::Truncated { .. })
    ));
    assert!(matches!(guard.finish(&tag), Err(Error::Truncated { .. })));
}
