//! What one check came to.

/// A finding about what a parameter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    Good,
    /// Why nothing may be deployed, with the remedy.
    Bad(String),
    /// What works less well than it could, with the remedy.
    Warning(String),
    /// What could not be looked at or decided, and why.
    Unknown(String),
}
