//! What a quota leaves.

/// How many there are, and may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) used: u64,
    pub(super) limit: u64,
}
