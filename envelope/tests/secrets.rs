//! Secrets are never printed and leave nothing behind where they were kept.
//!
//! What is looked at is the memory of the value itself after it was dropped in place. Copies the
//! compiler may have spilled to the stack or kept in registers are out of reach of any such test.
#![allow(clippy::unwrap_used, missing_docs)]
#![allow(
    unsafe_code,
    reason = "reads the bytes of a value after its destructor ran"
)]

use std::mem::MaybeUninit;

use keyfront_envelope::{
    DataKey, Description, Format, KmsContext, MasterKey, OpenPolicy, Opening, RequestedRange, Seed,
    WrappedDataKey, begin, seal,
};

const SECRET: [u8; 32] = *b"a secret that must not stay here";

/// Drops the value where it lies and returns the bytes left there.
fn left_behind<T>(value: T) -> Vec<u8> {
    let mut place = Box::new(MaybeUninit::new(value));
    // SAFETY: the value was just written and is dropped once; the box frees memory only.
    unsafe { place.assume_init_drop() };
    let start = place.as_ptr().cast::<u8>();
    (0..size_of::<T>())
        // SAFETY: within the box's allocation; volatile, so that the wiped bytes are really read.
        .map(|offset| unsafe { start.add(offset).read_volatile() })
        .collect()
}

fn contains_secret(bytes: &[u8], secret: &[u8]) -> bool {
    bytes
        .windows(8)
        .any(|window| secret.windows(8).any(|piece| piece == window))
}

fn wrapped() -> WrappedDataKey {
    let context = KmsContext::new(Format::V3, Description::new()).unwrap();
    WrappedDataKey::from_kms(DataKey::new(SECRET), vec![1], context).unwrap()
}

#[test]
fn the_test_itself_would_see_a_secret_that_stays() {
    assert!(contains_secret(&left_behind(SECRET), &SECRET));
}

#[test]
fn dropped_keys_are_wiped() {
    assert!(!contains_secret(
        &left_behind(DataKey::new(SECRET)),
        &SECRET
    ));
    assert!(!contains_secret(
        &left_behind(MasterKey::new(SECRET)),
        &SECRET
    ));
    assert!(!contains_secret(&left_behind(wrapped()), &SECRET));
}

#[test]
fn dropped_cipher_states_are_wiped() {
    let (sealer, envelope) = seal(wrapped(), Seed::from_random([1; 28]), None).unwrap();
    let metadata = envelope.metadata().unwrap();
    let Opening::NeedsKey(awaiting) = begin(metadata, OpenPolicy::default()).unwrap() else {
        unreachable!("the envelope is on the object")
    };
    let unlocked = awaiting.unlock(&DataKey::new(SECRET)).unwrap();
    let key = *unlocked.content_key().expose_key();
    // An expanded AES key begins with the key itself.
    assert!(!contains_secret(&left_behind(sealer), &key));
    assert!(!contains_secret(
        &left_behind(unlocked.stream(16).unwrap()),
        &key
    ));
    assert!(!contains_secret(
        &left_behind(unlocked.guard(16).unwrap()),
        &key
    ));
    let range = RequestedRange::From { first: 0 };
    let planned = unlocked.plan_range(range, 17).unwrap();
    assert!(!contains_secret(
        &left_behind(unlocked.range(&planned)),
        &key
    ));
    assert!(!contains_secret(&left_behind(unlocked), &key));
}

#[test]
fn nothing_prints_a_secret() {
    let (sealer, _) = seal(wrapped(), Seed::from_random([0x5a; 28]), None).unwrap();
    let printed = [
        format!("{:?}", DataKey::new(SECRET)),
        format!("{:?}", MasterKey::new(SECRET)),
        format!("{:?}", Seed::from_random([0x5a; 28])),
        format!("{:?}", wrapped()),
        format!("{sealer:?}"),
    ];
    let hex: String = SECRET.iter().map(|byte| format!("{byte:02x}")).collect();
    for printed in printed {
        assert!(
            !printed.contains("97, 32") && !printed.contains(&hex[..8]),
            "{printed}"
        );
        assert!(!printed.contains("90, 90"), "{printed}");
    }
}
