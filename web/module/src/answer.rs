//! The frame that answers a call: `u32` 0 and what the call returns, or 1 and the texts code and reason; its length
//! stands before, so that the host knows what to read and wipe.

use alloc::string::ToString;
use alloc::vec::Vec;

use keyfront_wasm_module::frame::{put_number, put_texts};

use crate::refused::Refused;

const DONE: usize = 0;
const REFUSED: usize = 1;

/// Runs a call, which appends what it returns, and writes the frame in place of what `out` holds.
pub fn answer(out: &mut Vec<u8>, call: impl FnOnce(&mut Vec<u8>) -> Result<(), Refused>) {
    begin(out, DONE);
    if let Err(refused) = call(out) {
        begin(out, REFUSED);
        put_texts(out, &[refused.code(), &refused.to_string()]);
    }
    // The module's memory has 32-bit addresses.
    let length = u32::try_from(out.len() - 4).unwrap_or(0);
    out[..4].copy_from_slice(&length.to_le_bytes());
}

fn begin(out: &mut Vec<u8>, status: usize) {
    out.clear();
    put_number(out, 0);
    put_number(out, status);
}
