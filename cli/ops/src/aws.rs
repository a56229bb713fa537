//! How the commands reach AWS: the SDK's own chain (environment, profiles, SSO, assume-role, credential processes,
//! instance and container roles), the Region, `AWS_ENDPOINT_URL`, patient retries.
//!
//! It makes no call by itself except those the chain needs, and knows no command.

mod call_error;
mod caller;
mod connections;
mod json_service;
mod no_credentials;
mod region;

use std::time::Duration;

use anyhow::Context as _;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_config::{profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig};
use aws_sdk_s3::config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider};
use clap::Args;
use keyfront_dev_json::DevJson;

use self::caller::{Caller, Source};
pub(crate) use self::{
    call_error::{call_error, is_overtaken, service_error},
    connections::http_client,
    json_service::{Api, CallError, JsonService},
    region::{in_region, region_of},
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
    /// Profile of ~/.aws/config, used instead of credentials in the environment [default: AWS_PROFILE, or the SDK's chain]
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
        format!(
            "profile {profile} has no credentials; `aws configure list-profiles` lists the profiles"
        )
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

/// An S3 client: path style where an endpoint is given, since only AWS resolves a host per bucket.
pub(crate) fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let elsewhere =
        config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let settings = aws_sdk_s3::config::Builder::from(config).force_path_style(elsewhere);
    aws_sdk_s3::Client::from_conf(settings.build())
}
