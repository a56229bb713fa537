//! What a WASM module with a raw memory interface needs: in place of the standard library a heap, a panic that traps
//! and a static for one thread (docs/decisions, 0005), the codec of what crosses the boundary and the buffers that
//! it crosses in.
//!
//! It has no ABI: each module exports its own functions.

#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]
// A heap is made of raw pointers, and a static of one thread is a promise; every place says what it relies on.
#![allow(unsafe_code)]

use core::cell::{RefCell, RefMut};

extern crate alloc;

pub mod frame;
mod heap;
mod instance;

#[cfg(target_arch = "wasm32")]
pub use heap::LinearMemory;
pub use heap::{Heap, Pages};
pub use instance::Instance;

/// A static that changes, in a module of one thread.
#[derive(Debug, Default)]
pub struct OneThread<T>(RefCell<T>);

// SAFETY: a WASM module without the `atomics` feature has one thread.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl<T> Sync for OneThread<T> {}

impl<T> OneThread<T> {
    /// Holds `value`.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// The value. Traps if it is borrowed already: the host called back into the module.
    pub fn borrow_mut(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

/// Makes this module's global allocator a [`Heap`] of its linear memory, and a panic a trap, after which the host
/// makes a new instance. Nobody reads the message of a panic, so the optimiser leaves its text out.
#[macro_export]
macro_rules! install {
    () => {
        #[global_allocator]
        static HEAP: $crate::Heap<$crate::LinearMemory> = $crate::Heap::new();

        #[panic_handler]
        fn trap(_: &core::panic::PanicInfo<'_>) -> ! {
            core::arch::wasm32::unreachable()
        }
    };
}
