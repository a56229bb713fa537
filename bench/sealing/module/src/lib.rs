//! What the page's module does not do: AES-GCM, or GHASH alone, over content in WASM. To be timed; not shipped.
#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

use alloc::vec::Vec;

use keyfront_envelope::{
    CiphertextGuard, DataKey, Description, Format, MasterKey, OpenPolicy, Opening, Sealer, Seed,
    WrappedDataKey, begin, seal,
};
use keyfront_wasm_module::OneThread;

keyfront_wasm_module::install!();

struct Instance {
    sealer: Option<Sealer>,
    guard: Option<CiphertextGuard>,
    content: Vec<u8>,
}

static INSTANCE: OneThread<Instance> = OneThread::new(Instance {
    sealer: None,
    guard: None,
    content: Vec::new(),
});

/// Begins a sealer and a guard of a body of this length, and gives room for pieces.
#[unsafe(no_mangle)]
pub extern "C" fn start(piece: usize, length: u64) -> *mut u8 {
    let master = MasterKey::new([1; 32]);
    let key = WrappedDataKey::by_master_key(
        Format::V3,
        DataKey::new([7; 32]),
        &master,
        [2; 12],
        Description::new(),
    );
    let (sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
    let metadata = envelope.metadata().unwrap();
    let Ok(Opening::NeedsKey(awaiting)) = begin(metadata, OpenPolicy::default()) else {
        unreachable!()
    };
    let unlocked = awaiting.unlock_with_master(&master).unwrap();
    let instance = &mut *INSTANCE.borrow_mut();
    instance.sealer = Some(sealer);
    instance.guard = Some(unlocked.guard(length + 16).unwrap());
    instance.content.resize(piece, 0);
    instance.content.as_mut_ptr()
}

/// AES-GCM over the piece.
#[unsafe(no_mangle)]
pub extern "C" fn seal_piece() {
    let Instance { sealer, content, .. } = &mut *INSTANCE.borrow_mut();
    sealer.as_mut().unwrap().seal(content).unwrap();
}

/// GHASH over the piece.
#[unsafe(no_mangle)]
pub extern "C" fn hash_piece() {
    let Instance { guard, content, .. } = &mut *INSTANCE.borrow_mut();
    guard.as_mut().unwrap().admit(content).unwrap();
}
