//! A Worker in front of the same bucket: where it is, and which site it has.

use std::path::Path;

use anyhow::Context as _;
use keyfront_edge::Site;

use super::client::Client;

/// Where a Worker is deployed.
#[derive(Debug, Clone, Copy)]
pub(super) struct WorkerAddress<'a> {
    pub(super) url: &'a str,
    /// A file with its site document; without one it has the system's.
    pub(super) site: Option<&'a Path>,
}

/// A Worker as it is reached.
pub(super) struct DeployedWorker {
    pub(super) client: Client,
    /// `None` if it is the system's.
    pub(super) site: Option<Site>,
}

impl WorkerAddress<'_> {
    /// Reads the Worker's site; `client` makes a client of a URL.
    ///
    /// # Errors
    /// The URL is none, or the file is no site.
    pub(super) fn reach(
        self,
        client: impl Fn(&str) -> anyhow::Result<Client>,
    ) -> anyhow::Result<DeployedWorker> {
        Ok(DeployedWorker {
            client: client(self.url)?,
            site: self.site.map(site_in).transpose()?,
        })
    }
}

/// The site document in a file.
fn site_in(file: &Path) -> anyhow::Result<Site> {
    let document =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Site::parse(document.trim_ascii())
        .with_context(|| format!("{} is not a valid site", file.display()))
}
