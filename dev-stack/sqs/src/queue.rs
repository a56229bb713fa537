//! What a queue is configured with.

/// A standard queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Its name.
    pub name: String,
    /// Seconds that a message is held back unless it says so itself.
    pub delay: u32,
    /// Seconds that a received message stays hidden unless its receiver says so.
    pub visibility: u32,
    /// Where messages go that are received too often.
    pub dead_letters: Option<DeadLetters>,
}

/// A redrive policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// The queue's name.
    pub queue: String,
    /// How often a message is received before it is moved there.
    pub max_receive_count: u32,
}
