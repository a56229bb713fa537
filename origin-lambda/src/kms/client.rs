//! Makes the KMS client: bounded waiting, and attempts that outlast throttling.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::{
    Client,
    config::{
        BehaviorVersion, Config as KmsConfig, Region, retry::RetryConfig, timeout::TimeoutConfig,
    },
};

use crate::{config::Config, operate::ThrottleCount, store};

/// Attempts of one call: throttling passes within the backoff of a few.
const ATTEMPTS: u32 = 4;

/// A client for the keys of a Region, which retries throttled and failed calls with backoff.
pub(super) fn client(
    config: &Config,
    region: &str,
    credentials: SharedCredentialsProvider,
) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(store::CONNECT)
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(12))
        .build();
    let mut settings = KmsConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .http_client(store::http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .interceptor(ThrottleCount::Kms);
    settings.set_endpoint_url(config.kms_endpoint.clone());
    Client::from_conf(settings.build())
}
