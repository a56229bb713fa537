//! Makes the S3 client: TLS by rustls with ring, bounded waiting, few retries.

use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Config as S3Config, Region, RequestChecksumCalculation,
        StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::{
    config::{Config, S3Style},
    operate::ThrottleCount,
};

/// How long connecting to AWS may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(3);

/// Makes the S3 client. Retries apply to calls whose body can be sent again; a streamed upload is
/// sent once.
pub fn client(config: &Config, credentials: SharedCredentialsProvider) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(Duration::from_secs(6))
        .operation_timeout(Duration::from_secs(15))
        .build();
    let mut settings = S3Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region.to_string()))
        .credentials_provider(credentials)
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts)
        // It takes a publisher's pause for S3's, and ends uploads after a few seconds of it. Here the publisher's bytes are
        // waited for in `payload`, S3's in `store::arriving`.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // Buckets that retain objects take no body without a checksum.
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .interceptor(ThrottleCount::S3)
        .force_path_style(config.s3_style == S3Style::Path);
    settings.set_endpoint_url(config.s3_endpoint.clone());
    Client::from_conf(settings.build())
}

/// Credentials from the AWS SDK's chain: on Lambda its role, natively environment and profiles.
pub async fn default_credentials(config: &Config) -> Option<SharedCredentialsProvider> {
    let region = Region::new(config.region.to_string());
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
    loader
        .http_client(http_client())
        .load()
        .await
        .credentials_provider()
}

/// Connections to AWS.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        // Shorter than S3's own limit, so that a streamed upload never starts on a dying connection.
        .pool_idle_timeout(Duration::from_secs(4))
        .build_https()
}
