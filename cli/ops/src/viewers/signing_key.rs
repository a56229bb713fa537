//! The key in KMS that signs, and the id under which a CDN knows its public half.

use std::path::PathBuf;

use anyhow::Context as _;
use aws_sdk_kms::{
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use clap::Args;
use keyfront_dev_json::DevJson;
use keyfront_viewers::{KeyKind, PublicKey};

use crate::aws::{self, AwsArguments, call_error};

/// Which key.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which key")]
pub(super) struct KeyArguments {
    /// The signing key in KMS: ARN, id or alias [default: that of --dev]
    #[arg(long, value_name = "KEY", required_unless_present = "dev")]
    key: Option<String>,

    /// The key of a running `keyfront dev`, by its dev.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,

    #[command(flatten)]
    aws: AwsArguments,
}

/// A key in KMS.
pub(super) struct SigningKey {
    kms: aws_sdk_kms::Client,
    key: String,
    /// The public key's id at the local CDN.
    pub(super) dev_key_id: Option<String>,
}

impl KeyArguments {
    /// # Errors
    /// There is no dev stack, or it has no such key; no Region.
    pub(super) async fn find(&self) -> anyhow::Result<SigningKey> {
        let Some(file) = &self.dev else {
            let config = self.aws.load().await?;
            return Ok(SigningKey {
                kms: aws_sdk_kms::Client::new(&config),
                // Without --dev clap demands it.
                key: self.key.clone().unwrap_or_default(),
                dev_key_id: None,
            });
        };
        let dev = DevJson::read(file)?;
        let config = aws_sdk_kms::config::Builder::from(&aws::of_dev_stack(&dev));
        let kms = aws_sdk_kms::Client::from_conf(config.endpoint_url(&dev.kms_url).build());
        let own = dev.viewers.context(
            "this dev stack protects nothing; start it with `keyfront dev --protect members/`",
        )?;
        Ok(SigningKey {
            kms,
            key: self.key.clone().unwrap_or(own.signing_key_arn),
            dev_key_id: Some(own.key_id),
        })
    }
}

impl SigningKey {
    /// Its public half.
    ///
    /// # Errors
    /// KMS does not know the key or refuses; it is no signing key that CloudFront takes.
    pub(super) async fn public_key(&self) -> anyhow::Result<PublicKey> {
        let answer = self.kms.get_public_key().key_id(&self.key).send().await;
        let answer = answer.map_err(|error| {
            call_error(error).context(format!(
                "the public key of {} cannot be read; it needs the permission kms:GetPublicKey and a key of the spec ECC_NIST_P256 or RSA_2048",
                self.key
            ))
        })?;
        let der = answer.public_key.context("KMS returned no public key")?;
        PublicKey::from_der(der.as_ref()).with_context(|| {
            format!(
                "{} cannot sign for viewers; create a key with KeySpec ECC_NIST_P256 and KeyUsage SIGN_VERIFY",
                self.key
            )
        })
    }

    /// A signature of a message, with SHA-256.
    ///
    /// # Errors
    /// KMS does not know the key, or refuses.
    pub(super) async fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        let algorithm = match self.public_key().await?.kind() {
            KeyKind::P256 => SigningAlgorithmSpec::EcdsaSha256,
            KeyKind::Rsa2048 => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
        };
        let call = self
            .kms
            .sign()
            .key_id(&self.key)
            .signing_algorithm(algorithm);
        let call = call
            .message_type(MessageType::Raw)
            .message(Blob::new(message));
        let answer = call.send().await.map_err(|error| {
            call_error(error).context(format!(
                "{} cannot sign; it needs the permission kms:Sign",
                self.key
            ))
        })?;
        let signature = answer.signature.context("KMS returned no signature")?;
        Ok(signature.into_inner())
    }
}
