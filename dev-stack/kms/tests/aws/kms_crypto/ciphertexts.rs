//! Data keys and blobs: their contexts and sizes, and that altered ones are refused.

use keyfront_dev_kms::{DataKeySize, EncryptionContext, NewKey};
use proptest::prelude::*;

use super::{bucket, code, data_key, none, with_key};

#[test]
fn a_data_key_decrypts_only_in_its_context() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let made = stack
        .kms
        .generate_data_key(&admin, &key.arn, &bucket(), DataKeySize::Aes256)
        .unwrap();
    assert_eq!(made.plaintext.len(), 32);
    assert_eq!(made.key_arn, key.arn);
    let opened = stack
        .kms
        .decrypt(&admin, None, &bucket(), &made.ciphertext)
        .unwrap();
    assert_eq!(opened.plaintext, made.plaintext);
    assert_eq!(opened.key_arn, key.arn);
    for other in [
        none(),
        EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::c")]),
        EncryptionContext::from_pairs([("aws:s3:ar", "narn:aws:s3:::b")]),
        EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::b"), ("more", "")]),
    ] {
        let refused = stack.kms.decrypt(&admin, None, &other, &made.ciphertext);
        assert_eq!(code(refused), "InvalidCiphertextException", "{other:?}");
    }
}

#[test]
fn the_order_of_a_context_does_not_matter_and_case_does() {
    let (stack, key) = with_key();
    let context = EncryptionContext::from_pairs([("a", "1"), ("b", "2")]);
    let reordered = EncryptionContext::from_pairs([("b", "2"), ("a", "1")]);
    let other_case = EncryptionContext::from_pairs([("A", "1"), ("b", "2")]);
    let made = stack
        .kms
        .encrypt(&stack.admin(), &key.arn, &context, b"x")
        .unwrap();
    let decrypt = |context| {
        stack
            .kms
            .decrypt(&stack.admin(), None, context, &made.ciphertext)
    };
    assert!(decrypt(&reordered).is_ok());
    assert_eq!(code(decrypt(&other_case)), "InvalidCiphertextException");
}

#[test]
fn context_names_that_differ_only_in_case_are_refused() {
    let (stack, key) = with_key();
    let context = EncryptionContext::from_pairs([("a", "1"), ("A", "2")]);
    let refused = stack.kms.encrypt(&stack.admin(), &key.arn, &context, b"x");
    assert_eq!(code(refused), "ValidationException");
}

#[test]
fn sizes_are_those_of_the_key_specs() {
    let (stack, key) = with_key();
    for (size, bytes) in [
        (DataKeySize::Aes256, 32),
        (DataKeySize::Aes128, 16),
        (DataKeySize::Bytes(1), 1),
        (DataKeySize::Bytes(1024), 1024),
    ] {
        let made = stack
            .kms
            .generate_data_key(&stack.admin(), &key.arn, &none(), size);
        assert_eq!(made.unwrap().plaintext.len(), bytes);
    }
    for size in [DataKeySize::Bytes(0), DataKeySize::Bytes(1025)] {
        let refused = stack
            .kms
            .generate_data_key(&stack.admin(), &key.arn, &none(), size);
        assert_eq!(code(refused), "ValidationException");
    }
    let encrypt = |length| {
        stack
            .kms
            .encrypt(&stack.admin(), &key.arn, &none(), &vec![0; length])
    };
    assert!(encrypt(1).is_ok() && encrypt(4096).is_ok());
    assert_eq!(code(encrypt(0)), "ValidationException");
    assert_eq!(code(encrypt(4097)), "ValidationException");
    let decrypt = |blob: &[u8]| stack.kms.decrypt(&stack.admin(), None, &none(), blob);
    assert_eq!(code(decrypt(&[])), "ValidationException");
    assert_eq!(code(decrypt(&[0; 6145])), "ValidationException");
    assert_eq!(code(decrypt(&[0; 6144])), "InvalidCiphertextException");
}

#[test]
fn a_blob_of_another_key_is_incorrect_and_of_no_key_invalid() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let other = stack.kms.create_key(&admin, NewKey::default()).unwrap();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    let decrypt = |key: Option<&str>, blob: &[u8]| stack.kms.decrypt(&admin, key, &none(), blob);
    assert!(decrypt(Some(&key.arn), &blob).is_ok());
    assert_eq!(
        code(decrypt(Some(&other.arn), &blob)),
        "IncorrectKeyException"
    );
    let foreign = with_key();
    let foreign_blob = data_key(&foreign.0.kms, &foreign.0.admin(), &foreign.1.arn).unwrap();
    assert_eq!(
        code(decrypt(None, &foreign_blob)),
        "InvalidCiphertextException"
    );
}

#[test]
fn any_flipped_bit_or_cut_of_a_blob_is_refused() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    let decrypt = |blob: &[u8]| stack.kms.decrypt(&admin, None, &none(), blob);
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut flipped = blob.clone();
            flipped[at] ^= 1 << bit;
            assert_eq!(
                code(decrypt(&flipped)),
                "InvalidCiphertextException",
                "{at}.{bit}"
            );
        }
        if at > 0 {
            assert_eq!(
                code(decrypt(&blob[..at])),
                "InvalidCiphertextException",
                "cut {at}"
            );
        }
    }
}

#[test]
fn secrets_do_not_print() {
    let (stack, key) = with_key();
    let made = stack
        .kms
        .generate_data_key(&stack.admin(), &key.arn, &none(), DataKeySize::Bytes(8))
        .unwrap();
    let shown = format!("{made:?} {:?}", stack.kms);
    assert!(
        !shown.contains(&format!("{:?}", made.plaintext.as_slice())),
        "{shown}"
    );
    assert!(shown.contains("DataKey(redacted"), "{shown}");
    assert!(shown.contains("KeyMaterial(redacted)"), "{shown}");
}

proptest! {
    #[test]
    fn encrypting_and_decrypting_round_trip(
        plaintext in proptest::collection::vec(any::<u8>(), 1..=4096),
        pairs in proptest::collection::btree_map("[a-z]{1,8}", ".{0,20}", 0..4),
    ) {
        let (stack, key) = with_key();
        let admin = stack.admin();
        let context = EncryptionContext::from_pairs(pairs);
        let made = stack.kms.encrypt(&admin, &key.arn, &context, &plaintext).unwrap();
        let opened = stack.kms.decrypt(&admin, Some(&key.arn), &context, &made.ciphertext).unwrap();
        prop_assert_eq!(opened.plaintext.as_slice(), plaintext.as_slice());
    }

    #[test]
    fn hostile_blobs_are_refused_without_panic(
        blob in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (stack, key) = with_key();
        let prefixed = [b"KFK\x01".as_slice(), key.id.as_bytes(), &blob].concat();
        for blob in [blob, prefixed] {
            prop_assert!(stack.kms.decrypt(&stack.admin(), None, &none(), &blob).is_err());
        }
    }
}
