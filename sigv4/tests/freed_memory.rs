//! What memory that was given back still holds: no secret, no token, no keyed state. An allocator of this test's own
//! looks at every block as it is freed, also at those a growing buffer leaves behind.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]
// An allocator is an unsafe trait; this one hands every call on to the system's.
#![allow(unsafe_code)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use hmac::{Hmac, KeyInit, Mac};
use keyfront_sigv4::{
    AmzDate, Credentials, Payload, Profile, Request, SecretAccessKey, SessionToken, Signer,
    SigningContext, SigningKeyCache,
};
use sha2::{Sha256, block_api::compress256};

/// Texts that a freed block may not hold.
static FORBIDDEN: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
static FOUND: AtomicUsize = AtomicUsize::new(0);

struct Inspector;

// SAFETY: every call is the system allocator's, with the caller's own arguments; a block is only read while it is
// still its owner's. `realloc` is the trait's own: a new block, a copy, and the old block freed here.
unsafe impl GlobalAlloc for Inspector {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that no byte of a block is uninitialised when it is read.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(forbidden) = FORBIDDEN.get() {
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            let holds = |text: &Vec<u8>| bytes.windows(text.len()).any(|place| place == text);
            FOUND.fetch_add(
                forbidden.iter().filter(|text| holds(text)).count(),
                Ordering::Relaxed,
            );
        }
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static INSPECTOR: Inspector = Inspector;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKENthatNobodyMayFindAgain";
const DAY: i64 = 86_400;
/// More than a cache keeps, so that some are evicted.
const DAYS: i64 = SigningKeyCache::CAPACITY as i64 + 3;

/// The two states of the key of a day, as they lie in memory.
fn keyed_states(date: &AmzDate) -> [Vec<u8>; 2] {
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for step in [date.day(), "eu-west-1", "s3", "aws4_request"] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(step.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
    }
    [0x36, 0x5c].map(|pad| {
        let mut state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        let mut block = [pad; 64];
        for (byte, key) in block.iter_mut().zip(&key) {
            *byte ^= key;
        }
        compress256(&mut state, &[block]);
        state
            .iter()
            .flat_map(|word: &u32| word.to_ne_bytes())
            .collect()
    })
}

fn dates() -> impl Iterator<Item = AmzDate> {
    (0..DAYS).map(|day| AmzDate::from_unix(day * DAY).unwrap())
}

fn sign_on_every_day(signer: &mut Signer) {
    let credentials = Credentials::new(
        "AKIAEXAMPLE",
        SecretAccessKey::new(SECRET).unwrap(),
        Some(SessionToken::new(TOKEN).unwrap()),
    )
    .unwrap();
    for (day, date) in dates().enumerate() {
        // Longer every day, so that the buffers grow.
        let path = format!("/{}", "a".repeat(day * 300));
        let request = Request {
            method: "GET",
            path: &path,
            query: "",
            headers: &[("host", "bucket.s3.eu-west-1.amazonaws.com")],
            payload: Payload::Bytes(b""),
        };
        let context = SigningContext {
            credentials: &credentials,
            region: "eu-west-1",
            service: "s3",
            profile: Profile::S3,
            date,
        };
        signer.sign(&request, &context).unwrap();
    }
}

/// One test, because there is one allocator: first that it finds what is there, then that nothing is.
#[test]
fn no_secret_token_or_evicted_key_is_left_in_freed_memory() {
    let mut forbidden = vec![SECRET.as_bytes().to_vec(), TOKEN.as_bytes().to_vec()];
    forbidden.extend(dates().flat_map(|date| keyed_states(&date)));
    FORBIDDEN.set(forbidden).unwrap();

    drop(String::from(SECRET));
    assert_eq!(
        FOUND.swap(0, Ordering::Relaxed),
        1,
        "the inspector is blind"
    );

    let mut signer = Signer::new();
    sign_on_every_day(&mut signer);
    assert_eq!(FOUND.load(Ordering::Relaxed), 0, "while keys were evicted");
    drop(signer);
    assert_eq!(FOUND.load(Ordering::Relaxed), 0, "with the signer's end");
}
