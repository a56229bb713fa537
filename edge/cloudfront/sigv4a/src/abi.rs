//! The raw ABI: `input(n)` gives the place of an order of n bytes, `sign()` executes what was written there and gives
//! the place of the answer: a u32, little-endian, and as many bytes, hexadecimal digits of the signature's DER form; none
//! is a refusal. The order is wiped: it held a secret.

// The exports need `no_mangle`, which counts as unsafe: another symbol of the same name could be linked. No pointer is
// dereferenced here.
#![allow(unsafe_code)]

use std::cell::RefCell;

use keyfront_sigv4::EcdsaKeyCache;

use crate::order::{self, LONGEST_ORDER};

#[derive(Default)]
struct Instance {
    keys: EcdsaKeyCache,
    order: Vec<u8>,
    answer: Vec<u8>,
}

thread_local! {
    static INSTANCE: RefCell<Instance> = RefCell::default();
}

/// A buffer for an order of `length` bytes; null if that is more than an order may have.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn input(length: usize) -> *mut u8 {
    if length > LONGEST_ORDER {
        return std::ptr::null_mut();
    }
    INSTANCE.with_borrow_mut(|instance| {
        instance.order.resize(length, 0);
        instance.order.as_mut_ptr()
    })
}

/// Executes the order in the buffer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn sign() -> *const u8 {
    INSTANCE.with_borrow_mut(|instance| {
        let signature = order::execute(&mut instance.keys, &instance.order);
        // `fill`, not volatile writes: nothing can elide it, the host sees this memory.
        instance.order.fill(0);
        let digits = signature
            .as_ref()
            .map_or("", |signature| signature.as_str());
        instance.answer.clear();
        let length = digits.len() as u32;
        instance.answer.extend_from_slice(&length.to_le_bytes());
        instance.answer.extend_from_slice(digits.as_bytes());
        instance.answer.as_ptr()
    })
}
