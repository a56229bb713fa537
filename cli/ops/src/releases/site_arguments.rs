//! Which site a command is about, and where its API is.

use clap::Args;
use keyfront_releases::SiteName;

use crate::{publish_api::PublishApiArguments, release_api::ReleaseApi};

/// Which site, where.
#[derive(Debug, Args)]
pub(super) struct SiteArguments {
    /// The site
    #[arg(long, value_name = "SITE")]
    site: SiteName,

    #[command(flatten)]
    api: PublishApiArguments,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl SiteArguments {
    pub(super) fn api(&self) -> anyhow::Result<ReleaseApi> {
        ReleaseApi::new(&self.api.find()?, self.site.clone())
    }
}
