//! `endpoints.json`, beside `dev.json`: what `keyfront doctor` and `keyfront accept` need to find besides it. `dev.json` is an interface with
//! fields of its own; this file is not.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::private_file;

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
    /// Where the Function URL of the publishers' API is served.
    pub function_url: String,
    /// SQS; empty of a stack before it had one.
    #[serde(default)]
    pub sqs_url: String,
}

impl Endpoints {
    /// Replaces the file in the stack's state folder.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        private_file::replace(&folder.join(FILE), self)
    }

    /// What the stack whose `dev.json` this is has written.
    ///
    /// # Errors
    /// There is no such file beside it, or another's.
    pub fn beside(dev_json: &Path) -> anyhow::Result<Self> {
        let path = dev_json.with_file_name(FILE);
        private_file::read(&path).with_context(|| format!("{} cannot be read", path.display()))
    }
}
