//! Which bucket's publishers: by name, by stack, or of the dev stack on this machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use keyfront_dev_json::DevJson;

use crate::aws::{self, AwsArguments};

/// A bucket and how it is reached.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) name: String,
}

/// Where the policy lies.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which bucket")]
pub(super) struct Location {
    /// The bucket by its name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["stack", "dev"], required_unless_present_any = ["stack", "dev"])]
    bucket: Option<String>,

    /// The bucket of a deployed stack
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    stack: Option<String>,

    /// The bucket of a running `keyfront dev`, by its dev.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,

    #[command(flatten)]
    aws: AwsArguments,
}

impl Location {
    /// The bucket.
    ///
    /// # Errors
    /// There is no such stack, no dev stack, or no Region.
    pub(super) async fn find(&self) -> anyhow::Result<Bucket> {
        if let Some(file) = &self.dev {
            let dev = dev_json(file)?;
            return Ok(Bucket {
                s3: aws::s3(&aws::of_dev_stack(&dev)),
                name: dev.bucket,
            });
        }
        let config = self.aws.load().await?;
        let name = match (&self.bucket, &self.stack) {
            (Some(bucket), _) => bucket.clone(),
            (None, Some(stack)) => crate::deploy::bucket_of(&config, stack).await?,
            (None, None) => anyhow::bail!("name the bucket with --bucket, --stack or --dev"),
        };
        Ok(Bucket {
            s3: aws::s3(&config),
            name,
        })
    }
}

/// What a running `keyfront dev` tells of itself.
///
/// # Errors
/// The file cannot be read, or is another.
pub(crate) fn dev_json(file: &Path) -> anyhow::Result<DevJson> {
    let told = || {
        format!(
            "{} cannot be read; start `keyfront dev` first",
            file.display()
        )
    };
    let document = std::fs::read(file).with_context(told)?;
    serde_json::from_slice(&document).with_context(told)
}
