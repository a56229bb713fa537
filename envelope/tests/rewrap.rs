//! The laws of re-wrapping, through the public interface only; an independent AES-GCM is the oracle of what master keys wrap.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use keyfront_envelope::{
    Commitment, DataKey, Description, Envelope, Error, Format, KeyNeed, KmsContext, MasterKey,
    OpenPolicy, Opening, Rewrapping, Seed, UnwrappedKey, WrappedDataKey, WrappedEnvelope, begin,
    begin_rewrap, seal,
};
use proptest::prelude::*;

const DATA_KEY: [u8; 32] = [7; 32];
const OLD_MASTER: [u8; 32] = [8; 32];
const NEW_MASTER: [u8; 32] = [9; 32];
const NEW_BLOB: &[u8] = b"by the new key";

type Fields = BTreeMap<String, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Kms,
    Master,
}

fn tenant() -> Description {
    Description::from([("tenant".into(), "a \"b\" \\ \u{e9}".into())])
}

fn cipher(format: Format) -> &'static str {
    match format {
        Format::V2 => "AES/GCM/NoPadding",
        Format::V3 => "115",
    }
}

fn sealed(format: Format, by: By, plaintext: &[u8]) -> (Envelope, Vec<u8>) {
    let data_key = DataKey::new(DATA_KEY);
    let key = match by {
        By::Kms => {
            let context = KmsContext::new(format, tenant()).unwrap();
            WrappedDataKey::from_kms(data_key, b"by the old key".to_vec(), context).unwrap()
        }
        By::Master => {
            let master = MasterKey::new(OLD_MASTER);
            WrappedDataKey::by_master_key(format, data_key, &master, [5; 12], tenant())
        }
    };
    let length = Some(plaintext.len() as u64);
    let (mut sealer, envelope) = seal(key, Seed::from_random([3; 28]), length).unwrap();
    let mut body = plaintext.to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    (envelope, body)
}

fn fields(envelope: &Envelope) -> Fields {
    let own = envelope.metadata().unwrap().into_iter();
    own.map(|(name, value)| (name.to_owned(), value))
        .chain([("colour".to_owned(), "blue".to_owned())])
        .collect()
}

fn wrapped(metadata: &Fields) -> WrappedEnvelope {
    match begin_rewrap(metadata).unwrap() {
        Rewrapping::NeedsKey(envelope) => envelope,
        Rewrapping::NeedsInstructionFile(split) => panic!("{split:?}"),
    }
}

fn unwrapped(envelope: &WrappedEnvelope, master: [u8; 32]) -> UnwrappedKey {
    match envelope.need() {
        KeyNeed::KmsDecrypt { .. } => envelope.unwrapped(DataKey::new(DATA_KEY)).unwrap(),
        KeyNeed::MasterKey { .. } => envelope
            .unwrap_with_master(&MasterKey::new(master))
            .unwrap(),
    }
}

fn wrapped_anew(key: &UnwrappedKey, to: By) -> WrappedDataKey {
    match to {
        By::Kms => {
            let context = key.kms_context(tenant()).unwrap();
            key.wrapped_by_kms(NEW_BLOB.to_vec(), context).unwrap()
        }
        By::Master => {
            key.wrapped_by_master_key(&MasterKey::new(NEW_MASTER), [6; 12], Description::new())
        }
    }
}

fn rewrapped(metadata: &Fields, to: By) -> Fields {
    let key = unwrapped(&wrapped(metadata), OLD_MASTER);
    let changed = wrapped_anew(&key, to).replace_in(metadata.clone()).unwrap();
    let count = changed.len();
    let changed: Fields = changed.into_iter().collect();
    assert_eq!(changed.len(), count, "no entry is written twice");
    changed
}

fn open(metadata: &Fields, to: By, mut body: Vec<u8>) -> Vec<u8> {
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        context: match to {
            By::Kms => tenant(),
            By::Master => Description::new(),
        },
        ..OpenPolicy::default()
    };
    let Opening::NeedsKey(awaiting) = begin(metadata, policy).unwrap() else {
        panic!("the envelope is on the object");
    };
    let unlocked = match to {
        By::Kms => awaiting.unlock(&DataKey::new(DATA_KEY)),
        By::Master => awaiting.unlock_with_master(&MasterKey::new(NEW_MASTER)),
    };
    unlocked.unwrap().open_verified(&mut body).unwrap();
    body
}

/// The entries that say how the data key is wrapped.
const OF_THE_KEY: [&str; 7] = [
    "x-amz-key-v2",
    "x-amz-wrap-alg",
    "x-amz-matdesc",
    "x-amz-3",
    "x-amz-w",
    "x-amz-t",
    "x-amz-m",
];

fn others(metadata: &Fields) -> Fields {
    let mut others = metadata.clone();
    others.retain(|name, _| !OF_THE_KEY.contains(&name.as_str()));
    others
}

proptest! {
    #[test]
    fn a_rewrapped_object_opens_with_the_new_key_and_nothing_else_of_it_has_changed(
        format in prop_oneof![Just(Format::V2), Just(Format::V3)],
        from in prop_oneof![Just(By::Kms), Just(By::Master)],
        to in prop_oneof![Just(By::Kms), Just(By::Master)],
        plaintext in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let (envelope, body) = sealed(format, from, &plaintext);
        let old = fields(&envelope);
        let new = rewrapped(&old, to);
        prop_assert_eq!(others(&new), others(&old));
        prop_assert_ne!(&new, &old);
        prop_assert_eq!(open(&new, to, body), plaintext);
        let read_again = unwrapped(&wrapped(&new), NEW_MASTER);
        prop_assert!(read_again.is_same_as(&unwrapped(&wrapped(&old), OLD_MASTER)));
        if (from, to) == (By::Kms, By::Kms) {
            // The context is what the old wrap was bound to, the format's own entry included.
            let field = if format == Format::V2 { "x-amz-matdesc" } else { "x-amz-t" };
            prop_assert_eq!(&new[field], &old[field]);
        }
    }

    #[test]
    fn what_a_master_key_wraps_anew_an_independent_cipher_unwraps(
        format in prop_oneof![Just(Format::V2), Just(Format::V3)],
        from in prop_oneof![Just(By::Kms), Just(By::Master)],
    ) {
        let new = rewrapped(&fields(&sealed(format, from, b"text").0), By::Master);
        let (key, wrap, names) = match format {
            Format::V2 => ("x-amz-key-v2", "x-amz-wrap-alg", "AES/GCM"),
            Format::V3 => ("x-amz-3", "x-amz-w", "02"),
        };
        prop_assert_eq!(new[wrap].as_str(), names);
        let bytes = BASE64_STANDARD.decode(&new[key]).unwrap();
        let (nonce, ciphertext) = bytes.split_first_chunk::<12>().unwrap();
        let oracle = Aes256Gcm::new(&NEW_MASTER.into());
        let sealed = Payload { msg: ciphertext, aad: cipher(format).as_bytes() };
        prop_assert_eq!(oracle.decrypt(&Nonce::from(*nonce), sealed).unwrap(), DATA_KEY);
    }

    #[test]
    fn no_metadata_makes_rewrapping_panic(
        entries in prop::collection::btree_map(
            prop::sample::select(&OF_THE_KEY[..]).prop_map(str::to_owned), ".{0,40}", 0..7),
        file in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Ok(Rewrapping::NeedsInstructionFile(split)) = begin_rewrap(&entries) {
            let _ = split.supply(&file);
        }
    }
}

#[test]
fn an_instruction_file_is_rewrapped_alone() {
    for format in [Format::V2, Format::V3] {
        for (from, to) in [
            (By::Kms, By::Kms),
            (By::Master, By::Kms),
            (By::Kms, By::Master),
        ] {
            let (envelope, body) = sealed(format, from, b"text");
            let (object, file) = envelope.with_instruction_file().unwrap();
            let split = || match begin_rewrap(object.clone()).unwrap() {
                Rewrapping::NeedsInstructionFile(split) => split,
                Rewrapping::NeedsKey(envelope) => panic!("{envelope:?}"),
            };
            assert_eq!(split().is_certain(), format == Format::V3);
            let key = unwrapped(&split().supply(file.as_bytes()).unwrap(), OLD_MASTER);
            let new = wrapped_anew(&key, to);
            let new = new.replace_in_instruction_file(file.as_bytes()).unwrap();
            assert_ne!(new, file);
            let mut whole: Fields = serde_json::from_str(&new).unwrap();
            whole.extend(
                object
                    .clone()
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
            assert_eq!(open(&whole, to, body), b"text");
            let again = split().supply(new.as_bytes()).unwrap();
            assert!(unwrapped(&again, NEW_MASTER).is_same_as(&key));
        }
    }
}

#[test]
fn a_data_key_the_object_does_not_commit_to_is_never_wrapped_anew() {
    let metadata = fields(&sealed(Format::V3, By::Kms, b"text").0);
    let refused = wrapped(&metadata).unwrapped(DataKey::new([1; 32]));
    assert_eq!(refused.err(), Some(Error::CommitmentMismatch));
    // V2 commits to none: the wrong key is told by comparison.
    let metadata = fields(&sealed(Format::V2, By::Kms, b"text").0);
    let wrong = wrapped(&metadata).unwrapped(DataKey::new([1; 32])).unwrap();
    assert!(!wrong.is_same_as(&unwrapped(&wrapped(&metadata), OLD_MASTER)));
}

#[test]
fn what_readers_refuse_is_not_rewrapped() {
    let refusal = |change: &[(&str, &str)]| {
        let mut metadata = fields(&sealed(Format::V2, By::Kms, b"text").0);
        for (name, value) in change {
            metadata.insert((*name).to_owned(), (*value).to_owned());
        }
        begin_rewrap(&metadata).err()
    };
    assert_eq!(refusal(&[]), None);
    assert_eq!(
        refusal(&[("x-amz-wrap-alg", "kms")]),
        Some(Error::LegacyWrap("kms"))
    );
    let v3_context = [("x-amz-matdesc", r#"{"aws:x-amz-cek-alg":"115"}"#)];
    assert_eq!(refusal(&v3_context), Some(Error::ContextMismatch));
    for wrap in ["AESWrap", "RSA-OAEP-SHA1"] {
        let unsupported = Error::WrapUnsupported(wrap.to_owned());
        assert_eq!(refusal(&[("x-amz-wrap-alg", wrap)]), Some(unsupported));
    }
    let v1 = BTreeMap::from([("x-amz-key", "AA=="), ("x-amz-iv", "AA==")]);
    assert_eq!(begin_rewrap(v1).err(), Some(Error::V1Unsupported));
    let refused = wrapped(&fields(&sealed(Format::V3, By::Master, b"").0))
        .unwrap_with_master(&MasterKey::new(NEW_MASTER));
    assert_eq!(refused.err(), Some(Error::UnwrapFailed));
}

#[test]
fn a_wrap_that_does_not_fit_the_metadata_or_the_format_is_refused() {
    let metadata = fields(&sealed(Format::V3, By::Kms, b"text").0);
    let key = unwrapped(&wrapped(&metadata), OLD_MASTER);
    let context = key.kms_context(Description::new()).unwrap();
    let large = key.wrapped_by_kms(vec![1; 2000], context).unwrap();
    let refused = large.replace_in(metadata).unwrap_err();
    assert!(matches!(refused, Error::MetadataTooLarge(size) if size > 2048));
    let other = KmsContext::new(Format::V2, tenant()).unwrap();
    let refused = key.wrapped_by_kms(vec![1], other).err();
    assert_eq!(refused, Some(Error::WrapMismatch));
}

#[test]
fn an_unwrapped_key_is_not_printed() {
    let metadata = fields(&sealed(Format::V3, By::Kms, b"text").0);
    let shown = format!("{:?}", unwrapped(&wrapped(&metadata), OLD_MASTER));
    assert!(!shown.contains("7, 7"), "{shown}");
}
