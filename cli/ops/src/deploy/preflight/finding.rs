//! What one check came to.

/// A finding about what a parameter names.
pub(super) enum Finding {
    Good,
    /// Why nothing may be deployed, with the remedy.
    Bad(String),
    /// What could not be looked at, and why.
    Unknown(String),
}
