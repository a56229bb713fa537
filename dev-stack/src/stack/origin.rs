//! The origin of the stack: the publishers' API, linked in, on the stack's own S3.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use keyfront_origin::config::{
    self, Commitment, Config, ConfigError, KeyArn, MasterKeySetting, ReaderSettings, RoleArn,
    S3Style,
};
use keyfront_origin::kms::Kms;
use keyfront_origin::{Origin, store};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::ground::{self, Ground};
use super::listeners::{Addresses, url};
use super::principals::EDGE_ROLE;
use super::sessions::{OriginCredentials, for_sdk};

/// What the origin is configured with, and the S3 clients of that configuration.
pub(super) struct OriginSetup {
    config: Config,
}

impl OriginSetup {
    /// The configuration a deployed origin would read from its environment.
    ///
    /// # Errors
    /// Never for a key of the stack's own KMS and a role of its own.
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
                edge_role: Some(RoleArn::parse(&ground.iam.account().role_arn(EDGE_ROLE))?),
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

    /// The origin, linked in.
    pub(super) fn origin(&self, credentials: OriginCredentials) -> Arc<Origin> {
        let credentials = SharedCredentialsProvider::new(credentials);
        let s3 = store::client(&self.config, credentials.clone());
        let kms = Kms::new(&self.config, credentials.clone());
        Origin::new(&self.config, s3, kms, credentials)
    }

    /// What it is configured with.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The same as the environment of a function.
    pub(super) fn environment(&self, edge_role_arn: String) -> Vec<(String, String)> {
        let Config {
            bucket,
            key_arn,
            public_url,
            s3_endpoint,
            s3_style,
            kms_endpoint,
            ..
        } = &self.config;
        let path_style = (*s3_style == S3Style::Path).to_string();
        let variables = [
            (config::BUCKET, Some(bucket.clone())),
            (config::KEY_ARN, Some(key_arn.to_string())),
            (config::EDGE_ROLE_ARN, Some(edge_role_arn)),
            (config::PUBLIC_URL, public_url.clone()),
            (config::S3_ENDPOINT, s3_endpoint.clone()),
            (config::KMS_ENDPOINT, kms_endpoint.clone()),
            (config::S3_PATH_STYLE, Some(path_style)),
            (config::READER_COMMITMENT, Some("optional".to_owned())),
        ];
        let set = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
        variables.into_iter().filter_map(set).collect()
    }

    /// Serves publishers until `stop`.
    pub(super) fn serve(
        &self,
        listener: TcpListener,
        credentials: OriginCredentials,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let origin = self.origin(credentials);
        let stop = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            ground::report(
                "the origin",
                keyfront_origin::serve(listener, origin, stop).await,
            );
        });
    }
}
