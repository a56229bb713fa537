//! Who reads, which decides about the keys that are tried.

use crate::publisher::Publisher;

/// Who reads, and so with which keys.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A viewer whom the edge sends: the system's keys.
    Viewer,
    /// A publisher: its own keys, then the system's.
    Publisher(&'a Publisher),
}
