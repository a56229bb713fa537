//! Which bucket's publishers: by name, by stack, or of the dev stack on this machine.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;
use clap::Args;
use keyfront_dev_stack::stack::DevJson;

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
            return of_dev_stack(file);
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

/// As its administrator: the dev stack's owner is whoever can read dev.json.
fn of_dev_stack(file: &Path) -> anyhow::Result<Bucket> {
    let told = || {
        format!(
            "{} cannot be read; start `keyfront dev` first",
            file.display()
        )
    };
    let document = std::fs::read(file).with_context(told)?;
    let dev: DevJson = serde_json::from_slice(&document).with_context(told)?;
    let admin = dev.credentials.admin;
    let credentials = Credentials::new(
        admin.access_key_id,
        admin.secret_access_key,
        admin.session_token,
        None,
        "dev.json",
    );
    let settings = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(dev.region))
        .endpoint_url(dev.s3_url)
        .force_path_style(true)
        .http_client(aws::http_client())
        .credentials_provider(credentials);
    Ok(Bucket {
        s3: aws_sdk_s3::Client::from_conf(settings.build()),
        name: dev.bucket,
    })
}
