//! The origin of the stack: the publishers' API, linked in, on the stack's own S3.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use keyfront_origin::config::{
    Commitment, Config, ConfigError, KeyArn, MasterKeySetting, ReaderSettings, S3Style,
};
use keyfront_origin::kms::Kms;
use keyfront_origin::{Origin, store};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::ground::{self, Ground};
use super::listeners::{Addresses, url};
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
        addresses: &Addresses,
        cdn_url: String,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            config: Config {
                bucket: bucket.to_owned(),
                key_arn: KeyArn::parse(&ground.key_arn)?,
                region: ground.sts.account().region().to_owned(),
                edge_role: None,
                public_url: Some(cdn_url),
                s3_endpoint: Some(url(addresses.s3)),
                s3_style: S3Style::Path,
                kms_endpoint: Some(url(addresses.kms)),
                master_key: Some(MasterKeySetting::new("dev", *ground.master_key)),
                // Format V2 can be asked for here, so it is read here.
                reader: ReaderSettings {
                    commitment: Commitment::Optional,
                    ..ReaderSettings::default()
                },
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
        let credentials = SharedCredentialsProvider::new(credentials);
        let s3 = store::client(&self.config, credentials.clone());
        let kms = Kms::new(&self.config, credentials.clone());
        let origin: Arc<Origin> = Origin::new(&self.config, s3, kms, credentials);
        let stop = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            ground::report(
                "the origin",
                keyfront_origin::serve(listener, origin, stop).await,
            );
        });
    }
}
