//! Why a probe says nothing on a system.

/// What a probe needs and this system does not have: it says nothing here.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unavailable(pub(super) &'static str);
