//! What the doctor may look at besides the URL: a deployed system's outputs, things named one by one, or the dev stack
//! on this machine. Nothing is asked of AWS unless one of them is given.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use aws_config::{SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_s3::config::{Credentials, ProvideCredentials as _};
use clap::Args;
use keyfront_dev_json::{DevJson, Endpoints};
use keyfront_names::KeyArn;

use super::evidence::Gathered;
use crate::{
    aws::{self, AwsArguments},
    system::{
        layout::EDGE_REGION,
        outputs::{self, Outputs, Purpose},
    },
};

/// A diagnosis must not wait for what does not answer.
const MAX_ATTEMPTS: u32 = 2;

/// Where to look.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to check (without any, only the URL)")]
pub(super) struct Sources {
    /// A deployed system: its bucket, key, distribution and function
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    stack: Option<String>,

    /// A running `keyfront dev`, by its dev.json; its CA is trusted
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,

    /// The bucket
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,

    /// The distribution's id
    #[arg(long, value_name = "ID")]
    distribution: Option<String>,

    /// ARN of the key that objects must be encrypted with
    #[arg(long, value_name = "ARN")]
    key: Option<String>,

    /// ARN of the edge's role [default: that of the distribution's function]
    #[arg(long, value_name = "ARN")]
    edge_role: Option<String>,

    #[command(flatten)]
    aws: AwsArguments,
}

/// What can be looked at, and how.
pub(super) struct Access {
    pub(super) bucket: Option<String>,
    pub(super) distribution: Option<String>,
    pub(super) key: Option<String>,
    pub(super) edge_role: Option<String>,
    /// ARN of the version at the edge that the stack made.
    pub(super) edge_function: Option<String>,
    /// The operator's; the Region is the bucket's.
    pub(super) config: SdkConfig,
    pub(super) endpoints: EndpointUrls,
}

/// Endpoints in place of AWS's own.
#[derive(Debug, Clone, Default)]
pub(super) struct EndpointUrls {
    pub(super) s3: Option<String>,
    pub(super) kms: Option<String>,
    pub(super) cloudfront: Option<String>,
}

impl Sources {
    /// The CA of the dev stack.
    pub(super) fn ca(&self) -> anyhow::Result<Option<PathBuf>> {
        Ok(self.dev_json()?.map(|(dev, _)| dev.ca_cert))
    }

    /// What the arguments give access to. AWS that cannot be asked is no error: the URL still can.
    ///
    /// # Errors
    /// The dev stack's files cannot be read.
    pub(super) async fn access(&self, timeout: Duration) -> anyhow::Result<Gathered<Access>> {
        if let Some((dev, path)) = self.dev_json()? {
            return Ok(Gathered::Found(self.of_dev_stack(dev, &path)));
        }
        let named = [
            &self.stack,
            &self.bucket,
            &self.distribution,
            &self.key,
            &self.edge_role,
        ];
        if named.iter().all(|source| source.is_none()) {
            return Ok(Gathered::not_checked(
                "AWS was not checked; give --stack, --distribution, --bucket or --dev",
            ));
        }
        Ok(self.of_aws(timeout).await.into())
    }

    async fn of_aws(&self, timeout: Duration) -> anyhow::Result<Access> {
        let loaded = self.aws.load().await?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(timeout)
            .operation_timeout(timeout)
            .build();
        let config = loaded
            .to_builder()
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(timeouts)
            .build();
        let mut outputs = match &self.stack {
            Some(stack) => outputs::of_system(&config, stack, Purpose::Read)
                .await?
                .with_context(|| format!("there is no stack {stack}; is --region its bucket's?"))?,
            None => Outputs::new(),
        };
        let edge_function = outputs.remove("EdgeFunctionArn");
        let mut named =
            |given: &Option<String>, output: &str| given.clone().or_else(|| outputs.remove(output));
        Ok(Access {
            bucket: named(&self.bucket, "BucketName"),
            distribution: named(&self.distribution, "DistributionId"),
            key: named(&self.key, "KeyArn"),
            edge_role: self.edge_role.clone(),
            edge_function,
            endpoints: EndpointUrls {
                s3: std::env::var("AWS_ENDPOINT_URL_S3")
                    .ok()
                    .or_else(|| config.endpoint_url().map(str::to_owned)),
                ..EndpointUrls::default()
            },
            config,
        })
    }

    fn dev_json(&self) -> anyhow::Result<Option<(DevJson, PathBuf)>> {
        let Some(path) = &self.dev else {
            return Ok(None);
        };
        let dev = DevJson::read(path)?;
        Ok(Some((dev, path.clone())))
    }

    /// As its administrator: the dev stack's owner is whoever can read dev.json.
    fn of_dev_stack(&self, dev: DevJson, path: &std::path::Path) -> Access {
        let mut config = aws::of_dev_stack(&dev).to_builder();
        config.set_endpoint_url(None);
        config.set_retry_config(Some(
            RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS),
        ));
        let config = config.build();
        // A dev.json that was copied elsewhere has no such file beside it: then the CDN is not looked at.
        let beside = Endpoints::beside(path).ok();
        let from_file = |field: fn(&Endpoints) -> &String| beside.as_ref().map(field).cloned();
        Access {
            bucket: Some(self.bucket.clone().unwrap_or(dev.bucket)),
            distribution: (self.distribution.clone())
                .or_else(|| from_file(|found| &found.distribution)),
            key: Some(self.key.clone().unwrap_or(dev.key_arn)),
            edge_role: (self.edge_role.clone()).or_else(|| from_file(|found| &found.edge_role)),
            edge_function: None,
            config,
            endpoints: EndpointUrls {
                s3: Some(dev.s3_url),
                kms: Some(dev.kms_url),
                cloudfront: from_file(|found| &found.cloudfront_url),
            },
        }
    }
}

impl Access {
    pub(super) fn region(&self) -> &str {
        self.config
            .region()
            .map_or(EDGE_REGION, |region| region.as_ref())
    }

    /// The operator's own credentials.
    pub(super) async fn credentials(&self) -> anyhow::Result<Credentials> {
        let provider = self
            .config
            .credentials_provider()
            .context("no AWS credentials")?;
        provider
            .provide_credentials()
            .await
            .context("no AWS credentials")
    }

    pub(super) fn s3(&self) -> aws_sdk_s3::Client {
        let mut settings = aws_sdk_s3::config::Builder::from(&self.config);
        if let Some(url) = &self.endpoints.s3 {
            settings = settings.endpoint_url(url).force_path_style(true);
        }
        aws_sdk_s3::Client::from_conf(settings.build())
    }

    /// KMS in the Region a key's ARN names.
    pub(super) fn kms(&self, key: &str) -> aws_sdk_kms::Client {
        let key = KeyArn::parse(key).ok();
        let config = aws::in_region(
            &self.config,
            key.as_ref().map_or(self.region(), KeyArn::region),
        );
        let mut settings = aws_sdk_kms::config::Builder::from(&config);
        if let Some(url) = &self.endpoints.kms {
            settings = settings.endpoint_url(url);
        }
        aws_sdk_kms::Client::from_conf(settings.build())
    }

    /// CloudFront and its functions are in us-east-1.
    pub(super) fn cloudfront(&self) -> aws_sdk_cloudfront::Client {
        let config = aws::in_region(&self.config, EDGE_REGION);
        let mut settings = aws_sdk_cloudfront::config::Builder::from(&config);
        if let Some(url) = &self.endpoints.cloudfront {
            settings = settings.endpoint_url(url);
        }
        aws_sdk_cloudfront::Client::from_conf(settings.build())
    }

    /// `None` on the dev stack, which has no such API.
    pub(super) fn lambda(&self) -> Option<aws_sdk_lambda::Client> {
        let is_aws = self.endpoints.kms.is_none();
        is_aws.then(|| aws_sdk_lambda::Client::new(&aws::in_region(&self.config, EDGE_REGION)))
    }
}
