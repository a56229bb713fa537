//! One change of the viewers' policy: shown, then made.

use clap::Args;
use keyfront_cli::report;
use keyfront_origin_core::viewing::{POLICY_KEY, ViewersPolicy};
use serde::Serialize;

use super::policy;
use crate::{
    bucket_target::BucketTarget, difference::difference, named_bucket::NamedBucketArguments,
    policy_document, system::outputs::Purpose,
};

/// How a change is made, and where.
#[derive(Debug, Args)]
pub(super) struct ChangeArguments {
    /// Show what would change, without changing it
    #[arg(long)]
    dry_run: bool,

    /// Print the outcome as JSON
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) bucket: NamedBucketArguments,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It is stored.
    Changed,
    /// The policy is so already.
    Unchanged,
    /// It would be stored, but for --dry-run.
    WouldChange,
}

impl ChangeArguments {
    /// The bucket.
    ///
    /// # Errors
    /// There is none, or its system is another's.
    pub(super) async fn find(&self) -> anyhow::Result<BucketTarget> {
        let purpose = match self.dry_run {
            true => Purpose::Read,
            false => Purpose::Change,
        };
        self.bucket.find(purpose).await
    }

    /// Shows what `edit` changes and stores it, unless nothing changes or nothing shall.
    ///
    /// # Errors
    /// What `edit` refused, or the bucket.
    pub(super) async fn make(
        &self,
        target: &BucketTarget,
        edit: impl Fn(ViewersPolicy) -> anyhow::Result<ViewersPolicy>,
    ) -> anyhow::Result<Outcome> {
        let stored = policy::read(target).await?;
        let before = match stored.exists() {
            true => policy::text(&stored.policy)?,
            false => String::new(),
        };
        let after = policy::text(&edit(stored.policy)?)?;
        let Some(difference) = difference(&before, &after, POLICY_KEY) else {
            return Ok(Outcome::Unchanged);
        };
        if !self.json {
            report::line(difference.trim_end());
        }
        if self.dry_run {
            return Ok(Outcome::WouldChange);
        }
        policy_document::change(target, |policy| Ok((edit(policy)?, ()))).await?;
        Ok(Outcome::Changed)
    }
}
