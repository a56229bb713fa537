//! Something that differs from what was published.

use serde::Serialize;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Finding {
    /// The path that was read.
    pub(super) path: String,
    /// What differs: `bytes`, `status`, a header's name, or a document's.
    pub(super) what: String,
    /// What was published.
    pub(super) expected: String,
    /// What was read.
    pub(super) found: String,
}

impl Finding {
    pub(super) fn new(
        path: &str,
        what: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            what: what.to_owned(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}
