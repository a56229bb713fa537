//! Why the configuration cannot be used.

use std::borrow::Cow;

/// A variable that keeps the origin from starting. Each message says what to set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A required variable is absent or empty.
    #[error("{0} is not set; set it to {1}")]
    Missing(&'static str, &'static str),
    /// A variable has a value that cannot be used.
    #[error("invalid {name}: {reason}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it must look like.
        reason: Cow<'static, str>,
    },
}

/// The error of a variable whose value cannot be used.
pub(super) fn invalid(name: &'static str, reason: impl Into<Cow<'static, str>>) -> ConfigError {
    ConfigError::Invalid {
        name,
        reason: reason.into(),
    }
}
