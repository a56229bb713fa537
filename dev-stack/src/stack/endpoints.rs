//! `endpoints.json`, beside `dev.json`: what `keyfront doctor` needs to find besides it. `dev.json` is an interface with
//! fields of its own; this file is not.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::dev_json::write_whole;

const FILE: &str = "endpoints.json";

/// The document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Endpoints {
    /// The CloudFront API.
    pub cloudfront_url: String,
    /// Id of the distribution.
    pub distribution: String,
    /// ARN of the role the edge signs as.
    pub edge_role: String,
}

impl Endpoints {
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        write_whole(&folder.join(FILE), self)
    }

    /// What the stack whose `dev.json` this is has written.
    ///
    /// # Errors
    /// There is no such file beside it, or another's.
    pub fn beside(dev_json: &Path) -> anyhow::Result<Self> {
        let path = dev_json.with_file_name(FILE);
        let told = || format!("{} cannot be read", path.display());
        let document = std::fs::read(&path).with_context(told)?;
        serde_json::from_slice(&document).with_context(told)
    }
}
