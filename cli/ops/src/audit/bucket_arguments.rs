//! Which bucket is audited.

use clap::Args;

use crate::{
    bucket_target::{BucketTarget, OwnerArguments},
    system::outputs::Purpose,
};

/// The bucket; named by its system, the system's key is the required one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which bucket")]
pub(super) struct BucketArguments {
    /// The bucket by its name
    #[arg(value_name = "BUCKET", conflicts_with_all = ["stack", "dev"], required_unless_present_any = ["stack", "dev"])]
    bucket: Option<String>,

    #[command(flatten)]
    owner: OwnerArguments,
}

impl BucketArguments {
    /// The bucket.
    ///
    /// # Errors
    /// There is no such stack, no dev stack, or no Region; the stack is another's, and its bucket is to be changed.
    pub(super) async fn find(&self, purpose: Purpose) -> anyhow::Result<BucketTarget> {
        self.owner.find(self.bucket.as_deref(), purpose).await
    }
}
