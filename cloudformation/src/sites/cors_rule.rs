//! A cross-origin rule of a site, as a site document has it.

use serde::Deserialize;

/// The rule as written; what its parts may be is the edge's to say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorsRule {
    pub(super) origins: Vec<String>,
    #[serde(default)]
    pub(super) headers: Vec<String>,
    pub(super) max_age: Option<u32>,
}
