//! A bucket named by an option, for commands whose argument is something else.

use clap::Args;

use crate::{
    bucket_target::{BucketTarget, OwnerArguments, OwningSystem},
    system::outputs::Purpose,
};

/// The bucket a command works on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which bucket")]
pub(crate) struct NamedBucketArguments {
    /// The bucket by its name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["stack", "dev"], required_unless_present_any = ["stack", "dev"])]
    bucket: Option<String>,

    #[command(flatten)]
    owner: OwnerArguments,
}

impl NamedBucketArguments {
    /// The bucket.
    ///
    /// # Errors
    /// There is no such stack, no dev stack, or no Region; the stack is another's, and its bucket is to be changed.
    pub(crate) async fn find(&self, purpose: Purpose) -> anyhow::Result<BucketTarget> {
        self.owner.find(self.bucket.as_deref(), purpose).await
    }

    /// The system that the bucket belongs to, as far as the arguments name it.
    ///
    /// # Errors
    /// There is no such system, or CloudFormation cannot be asked.
    pub(crate) async fn system(&self) -> anyhow::Result<OwningSystem> {
        self.owner.system().await
    }
}
