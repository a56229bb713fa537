//! The module's exports: two calls and the memory.
//!
//! The host asks for room, writes a frame there, calls [`sign`], and reads the frame that comes back before its
//! next call. What passed is wiped: the input by [`sign`], the output by the host.

// `no_mangle` counts as unsafe: another symbol of the same name could be linked. No pointer is dereferenced.
#![allow(unsafe_code)]

use alloc::vec::Vec;

use keyfront_sigv4::{Signer, wipe};
use keyfront_wasm_module::{Instance, OneThread};

/// Bytes of an input buffer that is used again.
const LARGEST_KEPT: usize = 64 << 10;

keyfront_wasm_module::install!();

static INSTANCE: OneThread<Instance<Signer>> = OneThread::new(Instance::new(Signer::new()));

/// The place of `length` bytes for a frame.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    INSTANCE.borrow_mut().place(length)
}

/// Signs the frame of the first `length` bytes of the input; the place of the frame that answers.
#[unsafe(no_mangle)]
pub extern "C" fn sign(length: usize) -> *const u8 {
    let Instance {
        kept: signer,
        input,
        output,
    } = &mut *INSTANCE.borrow_mut();
    let frame = input.get(..length).unwrap_or_default();
    crate::answer(signer, frame, output);
    wipe::bytes(input);
    // Wiping costs its whole capacity with every call; one enormous request must not slow all that follow.
    if input.capacity() > LARGEST_KEPT {
        *input = Vec::new();
    }
    output.as_ptr()
}
