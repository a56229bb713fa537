//! The kinds of policy.

/// What a policy hangs on, which decides the elements its statements have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// On a user or role: no `Principal`.
    Identity,
    /// On a bucket, key or function: `Principal` and `Resource`.
    Resource,
    /// On a role, saying who may assume it: `Principal` and no `Resource`.
    Trust,
}
