//! Which bucket is audited, how it is reached, and the key its objects should have.

use std::path::PathBuf;

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Args;

use crate::{
    aws::{self, AwsArguments, told},
    deploy, publisher,
};

/// A bucket, with KMS beside it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    pub(super) bucket: String,
    pub(super) region: String,
    /// The key of the system the bucket belongs to, if it was named by its system.
    pub(super) own_key: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which bucket")]
pub(super) struct PlaceArguments {
    /// The bucket by its name
    #[arg(value_name = "BUCKET", conflicts_with_all = ["stack", "dev"], required_unless_present_any = ["stack", "dev"])]
    bucket: Option<String>,

    /// The bucket of a deployed stack, whose key is then the demanded one
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    stack: Option<String>,

    /// The bucket of a running `keyfront dev`, by its dev.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,

    #[command(flatten)]
    aws: AwsArguments,
}

impl PlaceArguments {
    /// # Errors
    /// There is no such stack, no dev stack, or no Region.
    pub(super) async fn find(&self) -> anyhow::Result<Place> {
        if let Some(file) = &self.dev {
            let dev = publisher::dev_json(file)?;
            let config = aws::of_dev_stack(&dev);
            let kms = aws_sdk_kms::config::Builder::from(&config).endpoint_url(&dev.kms_url);
            return Ok(Place {
                kms: aws_sdk_kms::Client::from_conf(kms.build()),
                ..Place::of(&config, dev.bucket, Some(dev.key_arn))?
            });
        }
        let config = self.aws.load().await?;
        match (&self.bucket, &self.stack) {
            (Some(bucket), _) => Place::of(&config, bucket.clone(), None),
            (None, Some(stack)) => {
                let (bucket, key) = deploy::store_of(&config, stack).await?;
                Place::of(&config, bucket, Some(key))
            }
            (None, None) => anyhow::bail!("name the bucket, or its system with --stack or --dev"),
        }
    }
}

impl Place {
    fn of(config: &SdkConfig, bucket: String, own_key: Option<String>) -> anyhow::Result<Self> {
        let region = config
            .region()
            .context("the configuration has no Region")?
            .as_ref()
            .to_owned();
        Ok(Self {
            s3: aws::s3(config),
            kms: aws_sdk_kms::Client::new(config),
            bucket,
            region,
            own_key,
        })
    }

    /// The ARN of a key given by ARN, id or alias.
    ///
    /// # Errors
    /// KMS does not know it, or may not be asked.
    pub(super) async fn key_arn(&self, key: &str) -> anyhow::Result<String> {
        if key.starts_with("arn:") && key.contains(":key/") {
            return Ok(key.to_owned());
        }
        let answer = self.kms.describe_key().key_id(key).send().await;
        let answer = answer.map_err(|error| {
            told(error).context(format!(
                "key {key} cannot be looked up in KMS; give its ARN, or the permission kms:DescribeKey"
            ))
        })?;
        let found = answer.key_metadata.and_then(|key| key.arn);
        found.with_context(|| format!("KMS tells no ARN for {key}"))
    }
}
