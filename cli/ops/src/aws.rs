//! How the commands reach AWS: the SDK's own chain (environment, profiles, SSO, assume-role, credential processes,
//! instance and container roles), the Region, `AWS_ENDPOINT_URL`, patient retries.
//!
//! It makes no call by itself except those the chain needs, and knows no command.

mod caller;
mod connections;
mod json_service;

use std::time::Duration;

use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_config::{profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig};
use aws_sdk_s3::config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use clap::Args;
use keyfront_aws_call::AwsError;
use keyfront_dev_json::DevJson;

use self::connections::no_answer;
pub(crate) use self::{
    caller::{Caller, Source},
    connections::http_client,
    json_service::{Api, CallError, JsonService},
};

/// Throttled calls are the rule while a stack is watched: about half a minute of patience.
const ATTEMPTS: u32 = 7;
/// A stack on this machine is there or it is not.
const ATTEMPTS_NEARBY: u32 = 3;
const CONNECT: Duration = Duration::from_secs(10);
/// Between two bytes of an answer.
const READ: Duration = Duration::from_secs(60);

/// Who calls AWS, and where.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AwsArguments {
    /// Profile of ~/.aws/config, whatever credentials the environment has [default: AWS_PROFILE, or the SDK's chain]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// AWS Region [default: AWS_REGION, or the profile's]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

impl AwsArguments {
    /// The SDK's configuration with a Region.
    ///
    /// # Errors
    /// Neither the arguments, the environment nor the profile name a Region; the profile given has no credentials.
    pub(crate) async fn load(&self) -> anyhow::Result<SdkConfig> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let mut config = loader.load().await;
        if let Some(profile) = &self.profile {
            // The SDK's chain looks at the environment first, whatever profile it is told.
            config = with_profile(&config, profile).await?;
        }
        config.region().context(
            "no AWS Region; give --region, set AWS_REGION, or put a region in the profile",
        )?;
        Ok(config)
    }

    /// Who calls with what [`Self::load`] returned. Commands print it before they write.
    pub(crate) async fn caller(&self, config: &SdkConfig) -> anyhow::Result<Caller> {
        Caller::of(config, Source::of(self.profile.as_deref())).await
    }

    /// Prints who is about to write. A store without STS knows no accounts: this is then said, and nothing else changes.
    pub(crate) async fn announce(&self, config: &SdkConfig) {
        let source = Source::of(self.profile.as_deref());
        caller::announce(config, source).await;
    }
}

async fn with_profile(config: &SdkConfig, profile: &str) -> anyhow::Result<SdkConfig> {
    let settings = ProviderConfig::default()
        .with_http_client(http_client())
        .with_region(config.region().cloned());
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&settings)
        .profile_name(profile)
        .build();
    let found = provider.provide_credentials().await;
    found.with_context(|| {
        format!("profile {profile} gives no credentials; `aws configure list-profiles` lists those there are")
    })?;
    let provider = SharedCredentialsProvider::new(provider);
    Ok(config.to_builder().credentials_provider(provider).build())
}

/// The dev stack as its administrator: its owner is whoever can read dev.json. The endpoint is that of its S3.
pub(crate) fn of_dev_stack(dev: &DevJson) -> SdkConfig {
    let admin = &dev.credentials.admin;
    let credentials = Credentials::new(
        admin.access_key_id.clone(),
        admin.secret_access_key.clone(),
        admin.session_token.clone(),
        None,
        "dev.json",
    );
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(dev.region.clone()))
        .endpoint_url(&dev.s3_url)
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_NEARBY))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// The Region of a configuration.
///
/// # Errors
/// It has none.
pub(crate) fn region_of(config: &SdkConfig) -> anyhow::Result<&str> {
    let region = config.region().context("the configuration has no Region")?;
    Ok(region.as_ref())
}

/// An error of a call that no SDK makes, as [`call_error`] writes one.
pub(crate) fn service_error(error: AwsError) -> anyhow::Error {
    CallError::from(error).into()
}

/// The same identity in another Region.
pub(crate) fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    let mut builder = config.to_builder();
    builder.set_region(Region::new(region.to_owned()));
    builder.build()
}

/// An S3 client: path style where an endpoint is given, since only AWS resolves a host per bucket.
pub(crate) fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let elsewhere =
        config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let settings = aws_sdk_s3::config::Builder::from(config).force_path_style(elsewhere);
    aws_sdk_s3::Client::from_conf(settings.build())
}

/// An error of a call as one line: what the service said, with its code; else the causes, since the SDK's own
/// `Display` says only "service error".
pub(crate) fn call_error<E>(error: SdkError<E>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    match (error.code(), error.message(), error.raw_response()) {
        (Some(code), Some(message), _) => anyhow::anyhow!("{code}: {message}"),
        (Some(code), None, _) => anyhow::anyhow!("{code}"),
        // An answer to HEAD has no body that says more.
        (None, _, Some(answer)) => anyhow::anyhow!("HTTP status {}", answer.status()),
        (None, _, None) => match no_answer(&error) {
            Some(told) => anyhow::anyhow!("{told}"),
            None => anyhow::Error::new(error),
        },
    }
}
