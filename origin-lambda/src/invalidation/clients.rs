//! Makes the clients of CloudFront and SSM: few attempts, bounded waiting.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudfront::config::{
    BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig,
};

use crate::{
    config::{CdnSettings, Config},
    store,
};

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(store::CONNECT)
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(6))
        .build()
}

pub(super) fn cloudfront(
    config: &Config,
    settings: &CdnSettings,
    credentials: SharedCredentialsProvider,
) -> aws_sdk_cloudfront::Client {
    // A global service, with one Region a partition to sign for.
    let region = if config.region.starts_with("cn-") {
        "cn-northwest-1"
    } else {
        "us-east-1"
    };
    let mut client = aws_sdk_cloudfront::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .http_client(store::http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts());
    client.set_endpoint_url(settings.cloudfront_endpoint.clone());
    aws_sdk_cloudfront::Client::from_conf(client.build())
}

pub(super) fn ssm(
    settings: &CdnSettings,
    credentials: SharedCredentialsProvider,
) -> aws_sdk_ssm::Client {
    let mut client = aws_sdk_ssm::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(
            settings.distribution_parameter.region().to_owned(),
        ))
        .credentials_provider(credentials)
        .http_client(store::http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts());
    client.set_endpoint_url(settings.ssm_endpoint.clone());
    aws_sdk_ssm::Client::from_conf(client.build())
}
