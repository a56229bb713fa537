//! A bucket and how it is reached: by its name, by the stack it belongs to, or as that of a running dev stack.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_s3::config::SharedCredentialsProvider;
use clap::Args;
use keyfront_dev_json::DevJson;
use keyfront_names::{BucketName, KeyArn, host};

use crate::{
    aws::{self, AwsArguments, call_error},
    system::outputs::{self, Outputs, Purpose},
};

/// A bucket, with S3 and KMS where it is.
#[derive(Debug, Clone)]
pub(crate) struct BucketTarget {
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) bucket: BucketName,
    pub(crate) region: String,
    config: SdkConfig,
    /// Whether it is the bucket of a `keyfront dev`.
    pub(crate) is_of_dev_stack: bool,
    /// ARN of the key of the system that the bucket belongs to, if it was named by its system.
    pub(crate) system_key: Option<String>,
}

/// How else a bucket is named than by itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which bucket")]
pub(crate) struct OwnerArguments {
    /// The bucket of a deployed stack, with the stack's key
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    stack: Option<String>,

    /// The bucket of a running `keyfront dev`, by its dev.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,

    #[command(flatten)]
    aws: AwsArguments,
}

/// What is known of the system that a bucket belongs to.
#[derive(Debug)]
pub(crate) enum OwningSystem {
    /// A running `keyfront dev`.
    DevStack(Box<DevJson>),
    /// The outputs of all its stacks.
    Stacks(Outputs),
    /// Nothing: the bucket was named by itself.
    Unknown,
}

impl OwnerArguments {
    /// The bucket: `name`, or the stack's or dev stack's.
    ///
    /// # Errors
    /// There is no such stack, no dev stack, or no Region; the stack is another's, and its bucket is to be changed.
    pub(crate) async fn find(
        &self,
        name: Option<&str>,
        purpose: Purpose,
    ) -> anyhow::Result<BucketTarget> {
        if let Some(file) = &self.dev {
            return BucketTarget::of_dev_stack(file);
        }
        let config = self.aws.load().await?;
        if purpose == Purpose::Change {
            self.aws.announce(&config).await;
        }
        match (name, &self.stack) {
            (Some(name), _) => BucketTarget::new(&config, name.to_owned()),
            (None, Some(stack)) => {
                let [bucket, key] =
                    outputs::named(&config, stack, purpose, ["BucketName", "KeyArn"]).await?;
                Ok(BucketTarget {
                    system_key: Some(key),
                    ..BucketTarget::new(&config, bucket)?
                })
            }
            (None, None) => {
                anyhow::bail!("no bucket given; name it, or give its system with --stack or --dev")
            }
        }
    }

    /// The system, as far as the arguments name it.
    ///
    /// # Errors
    /// There is no dev stack, no such stack, or CloudFormation cannot be asked.
    pub(crate) async fn system(&self) -> anyhow::Result<OwningSystem> {
        match (&self.dev, &self.stack) {
            (Some(file), _) => Ok(OwningSystem::DevStack(Box::new(DevJson::read(file)?))),
            (None, None) => Ok(OwningSystem::Unknown),
            (None, Some(stack)) => {
                let config = self.aws.load().await?;
                let outputs = outputs::of_system(&config, stack, Purpose::Read).await?;
                let outputs = outputs.with_context(|| {
                    format!("there is no stack {stack} in this Region; give the Region of its bucket with --region")
                })?;
                Ok(OwningSystem::Stacks(outputs))
            }
        }
    }
}

impl BucketTarget {
    /// The bucket `bucket` in the configuration's Region.
    ///
    /// # Errors
    /// No bucket can have this name; the configuration has no Region.
    pub(crate) fn new(config: &SdkConfig, bucket: String) -> anyhow::Result<Self> {
        let invalid = format!("{bucket:?} is not a name of a bucket");
        let bucket = BucketName::new(bucket).context(invalid)?;
        Ok(Self {
            s3: aws::s3(config),
            kms: aws_sdk_kms::Client::new(config),
            bucket,
            region: aws::region_of(config)?.to_owned(),
            config: config.clone(),
            is_of_dev_stack: false,
            system_key: None,
        })
    }

    fn of_dev_stack(file: &Path) -> anyhow::Result<Self> {
        let dev = DevJson::read(file)?;
        let config = aws::of_dev_stack(&dev);
        let kms = aws_sdk_kms::config::Builder::from(&config).endpoint_url(&dev.kms_url);
        Ok(Self {
            kms: aws_sdk_kms::Client::from_conf(kms.build()),
            system_key: Some(dev.key_arn),
            is_of_dev_stack: true,
            ..Self::new(&config, dev.bucket)?
        })
    }

    /// Who calls.
    ///
    /// # Errors
    /// Nobody.
    pub(crate) fn credentials(&self) -> anyhow::Result<SharedCredentialsProvider> {
        let credentials = self.config.credentials_provider();
        credentials.context("there are no AWS credentials")
    }

    /// Where S3 Control of an account is: `AWS_ENDPOINT_URL_S3_CONTROL`, the configuration's endpoint, or AWS.
    pub(crate) fn s3_control_endpoint(&self, account: &str) -> String {
        let named = std::env::var("AWS_ENDPOINT_URL_S3_CONTROL").ok();
        let named = named.filter(|url| !url.is_empty());
        let named = named.or_else(|| self.config.endpoint_url().map(str::to_owned));
        named.unwrap_or_else(|| {
            let service = format!("{account}.s3-control");
            format!("https://{}", host::of_service(&service, &self.region))
        })
    }

    /// KMS in the Region of a key.
    pub(crate) fn kms_of(&self, key_arn: &str) -> aws_sdk_kms::Client {
        match KeyArn::parse(key_arn) {
            Ok(arn) if arn.region() != self.region => {
                aws_sdk_kms::Client::new(&aws::in_region(&self.config, arn.region()))
            }
            _ => self.kms.clone(),
        }
    }

    /// The ARN of a key given by ARN, id or alias.
    ///
    /// # Errors
    /// KMS does not know it, or may not be asked.
    pub(crate) async fn key_arn(&self, key: &str) -> anyhow::Result<String> {
        if KeyArn::parse(key).is_ok() {
            return Ok(key.to_owned());
        }
        let answer = self.kms.describe_key().key_id(key).send().await;
        let answer = answer.map_err(|error| {
            call_error(error).context(format!(
                "key {key} cannot be looked up in KMS; give its ARN, or the permission kms:DescribeKey"
            ))
        })?;
        let found = answer.key_metadata.and_then(|key| key.arn);
        found.with_context(|| format!("KMS returned no ARN for {key}"))
    }
}
