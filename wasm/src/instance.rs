//! What a module keeps between two calls of its host.

use alloc::vec::Vec;

/// The buffers through which host and module exchange frames, and what else the module keeps. A module has one, in a
/// [`OneThread`](crate::OneThread). When a buffer is wiped is the module's own matter.
#[derive(Debug, Default)]
pub struct Instance<T> {
    /// What the module keeps besides.
    pub kept: T,
    /// What the host wrote.
    pub input: Vec<u8>,
    /// What the host reads.
    pub output: Vec<u8>,
}

impl<T> Instance<T> {
    /// An instance without frames.
    #[must_use]
    pub const fn new(kept: T) -> Self {
        Self {
            kept,
            input: Vec::new(),
            output: Vec::new(),
        }
    }

    /// The place where the host writes a frame of `length` bytes.
    pub fn place(&mut self, length: usize) -> *mut u8 {
        self.input.resize(length, 0);
        self.input.as_mut_ptr()
    }
}
