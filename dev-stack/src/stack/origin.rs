//! The origin of the stack: the publishers' API, linked in, on the stack's own S3.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use keyfront_origin::config::{Config, ConfigError, KeyArn, S3Style};
use keyfront_origin::{Origin, store};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::ground::{self, Ground};
use super::sessions::{OriginCredentials, for_sdk};

/// What the origin is configured with, and the S3 clients of that configuration.
pub(super) struct OriginSetup {
    config: Config,
}

impl OriginSetup {
    /// The configuration a deployed origin would read from its environment.
    ///
    /// # Errors
    /// Never for a key of the stack's own KMS.
    pub(super) fn new(
        ground: &Ground,
        bucket: &str,
        s3_url: String,
        cdn_url: String,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            config: Config {
                bucket: bucket.to_owned(),
                key_arn: KeyArn::parse(&ground.key_arn)?,
                region: ground.sts.account().region().to_owned(),
                edge_role: None,
                public_url: Some(cdn_url),
                s3_endpoint: Some(s3_url),
                s3_style: S3Style::Path,
            },
        })
    }

    /// The administrator's view of S3.
    pub(super) fn administrator(&self, ground: &Ground) -> Client {
        let credentials = for_sdk(&ground.administrator);
        store::client(&self.config, SharedCredentialsProvider::new(credentials))
    }

    /// Serves publishers until `stop`.
    pub(super) fn serve(
        &self,
        listener: TcpListener,
        credentials: OriginCredentials,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let s3 = store::client(&self.config, SharedCredentialsProvider::new(credentials));
        let origin: Arc<Origin> = Origin::new(&self.config, s3);
        let stop = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            ground::report(
                "the origin",
                keyfront_origin::serve(listener, origin, stop).await,
            );
        });
    }
}
