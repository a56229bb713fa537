//! Objects sealed by a one-shot AES-GCM that is only asked about segments, here by an independent one.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashSet;

use aes_gcm::aead::consts::U16;
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, KeyInit as _, Nonce, aead::Aead as _};
use keyfront_envelope::{
    Commitment, ContentKey, DataKey, Error, Format, HostedSealer, HostedSegment, KmsContext,
    MAX_CONTENT_LENGTH, Metadata, OpenPolicy, Opening, Seed, TAG_LENGTH, WrappedDataKey, begin,
    seal, seal_hosted,
};
use proptest::prelude::*;

fn key(format: Format) -> WrappedDataKey {
    let context = KmsContext::new(format, Default::default()).unwrap();
    WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1], context).unwrap()
}

fn format(v3: bool) -> Format {
    if v3 { Format::V3 } else { Format::V2 }
}

/// What the platform answers: ciphertext and tag.
fn host(key: &ContentKey, segment: &HostedSegment, plaintext: &[u8]) -> Vec<u8> {
    let cipher = AesGcm::<Aes256, U16>::new(key.expose_key().into());
    cipher.encrypt(&Nonce::from(segment.iv), plaintext).unwrap()
}

fn seal_segment(sealer: &mut HostedSealer, index: u32, content: &[u8]) -> Result<Vec<u8>, Error> {
    let segment = sealer.segment(index)?;
    let start = usize::try_from(segment.offset).unwrap();
    let plaintext = &content[start..start + segment.length as usize];
    let mut ciphertext = host(sealer.content_key(), &segment, plaintext);
    let tag = ciphertext.split_off(plaintext.len()).try_into().unwrap();
    sealer.admit(index, &tag)?;
    Ok(ciphertext)
}

fn sealed_in_one(format: Format, content: &[u8]) -> (Vec<u8>, Metadata) {
    let length = Some(content.len() as u64);
    let (mut sealer, envelope) = seal(key(format), Seed::from_random([9; 28]), length).unwrap();
    let mut body = content.to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    (body, envelope.metadata().unwrap())
}

fn begin_hosted(format: Format, length: u64, segment: u32) -> (HostedSealer, Metadata) {
    let (sealer, envelope) =
        seal_hosted(key(format), Seed::from_random([9; 28]), length, segment).unwrap();
    (sealer, envelope.metadata().unwrap())
}

proptest! {
    #[test]
    fn segments_sealed_by_the_host_in_any_order_are_the_object_that_seal_makes(
        v3: bool,
        content in prop::collection::vec(any::<u8>(), 0..500),
        blocks in 1_u32..8,
        order in any::<prop::sample::Index>(),
        again in any::<prop::sample::Index>(),
    ) {
        let length = content.len() as u64;
        let (mut sealer, metadata) = begin_hosted(format(v3), length, blocks * 16);
        let count = sealer.segments();
        let mut pieces = vec![Vec::new(); count as usize];
        let first = if count == 0 { 0 } else { order.index(count as usize) as u32 };
        for index in (first..count).chain(0..first) {
            prop_assert!(sealer.tag().is_err());
            pieces[index as usize] = seal_segment(&mut sealer, index, &content).unwrap();
        }
        prop_assert_eq!(sealer.first_missing(), None);
        if count > 0 {
            let index = again.index(count as usize);
            let resent = seal_segment(&mut sealer, index as u32, &content).unwrap();
            prop_assert_eq!(&resent, &pieces[index]);
        }
        let mut body = pieces.concat();
        body.extend(sealer.tag().unwrap());
        let (expected, expected_metadata) = sealed_in_one(format(v3), &content);
        prop_assert_eq!(body, expected);
        prop_assert_eq!(metadata, expected_metadata);
    }

    #[test]
    fn content_that_changed_by_any_bit_is_refused_and_so_is_all_that_follows(
        content in prop::collection::vec(any::<u8>(), 1..300),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let (mut sealer, _) = begin_hosted(Format::V3, content.len() as u64, 64);
        for index in 0..sealer.segments() {
            seal_segment(&mut sealer, index, &content).unwrap();
        }
        let mut altered = content.clone();
        let at = at.index(content.len());
        altered[at] ^= 1 << bit;
        let index = (at / 64) as u32;
        prop_assert_eq!(seal_segment(&mut sealer, index, &altered), Err(Error::ContentChanged));
        prop_assert_eq!(seal_segment(&mut sealer, index, &content), Err(Error::ContentChanged));
        prop_assert_eq!(sealer.tag(), Err(Error::ContentChanged));
    }
}

#[test]
fn what_the_host_sealed_is_opened() {
    let content = [5; 100];
    let (mut sealer, metadata) = begin_hosted(Format::V3, 100, 48);
    let mut body = Vec::new();
    for index in 0..sealer.segments() {
        body.extend(seal_segment(&mut sealer, index, &content).unwrap());
    }
    body.extend(sealer.tag().unwrap());
    let policy = OpenPolicy {
        commitment: Commitment::Required,
        ..OpenPolicy::default()
    };
    let Opening::NeedsKey(awaiting) = begin(metadata, policy).unwrap() else {
        panic!("the envelope is on the object");
    };
    let unlocked = awaiting.unlock(&DataKey::new([7; 32])).unwrap();
    unlocked.open_verified(&mut body).unwrap();
    assert_eq!(body, content);
}

#[test]
fn no_two_segments_are_given_the_same_vector() {
    let (sealer, _) = begin_hosted(Format::V3, 64 << 20, 64 << 10);
    let vectors = (0..sealer.segments()).map(|index| sealer.segment(index).unwrap().iv);
    assert_eq!(vectors.collect::<HashSet<_>>().len(), 1024);
}

#[test]
fn the_last_segment_of_the_longest_object_begins_at_its_own_counter() {
    let segment = 1 << 20;
    let (sealer, _) = begin_hosted(Format::V2, MAX_CONTENT_LENGTH, segment);
    let last = sealer.segments() - 1;
    let HostedSegment { offset, length, .. } = sealer.segment(last).unwrap();
    assert_eq!(offset + u64::from(length), MAX_CONTENT_LENGTH);
    // Its ciphertext is what AES-CTR makes of it from that block on.
    let plaintext = vec![3; 64];
    let sealed = host(
        sealer.content_key(),
        &sealer.segment(last).unwrap(),
        &plaintext,
    );
    let block = sealer
        .content_key()
        .counter_block(u32::try_from(offset / 16).unwrap());
    let mut expected = plaintext;
    ctr_encrypt(sealer.content_key().expose_key(), block, &mut expected);
    assert_eq!(sealed[..sealed.len() - TAG_LENGTH], expected);
}

fn ctr_encrypt(key: &[u8; 32], mut counter: [u8; 16], content: &mut [u8]) {
    use aes_gcm::aes::cipher::BlockCipherEncrypt as _;
    let aes = Aes256::new(key.into());
    for block in content.chunks_mut(16) {
        let mut keystream = counter.into();
        aes.encrypt_block(&mut keystream);
        block
            .iter_mut()
            .zip(keystream)
            .for_each(|(byte, key)| *byte ^= key);
        let number = u32::from_be_bytes(counter[12..].try_into().unwrap());
        counter[12..].copy_from_slice(&number.wrapping_add(1).to_be_bytes());
    }
}

#[test]
fn an_object_without_content_has_its_tag_at_once() {
    let (sealer, _) = begin_hosted(Format::V3, 0, 16);
    assert_eq!(sealer.segments(), 0);
    let (body, _) = sealed_in_one(Format::V3, &[]);
    assert_eq!(sealer.tag().unwrap().to_vec(), body);
}

#[test]
fn lengths_that_cannot_be_sealed_are_refused() {
    let begin = |length, segment| {
        let seed = Seed::from_random([9; 28]);
        seal_hosted(key(Format::V3), seed, length, segment).map(|_| ())
    };
    assert_eq!(begin(1, 0), Err(Error::SegmentLength(0)));
    assert_eq!(begin(1, 17), Err(Error::SegmentLength(17)));
    assert_eq!(begin(MAX_CONTENT_LENGTH, 16), Err(Error::SegmentLength(16)));
    assert_eq!(
        begin(MAX_CONTENT_LENGTH + 1, 1 << 20),
        Err(Error::ContentTooLong)
    );
    let (mut sealer, _) = begin_hosted(Format::V3, 20, 16);
    assert_eq!(sealer.segment(2), Err(Error::SegmentOutOfRange(2)));
    assert_eq!(sealer.admit(2, &[0; 16]), Err(Error::SegmentOutOfRange(2)));
}
