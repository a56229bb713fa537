//! The key in KMS that signs, and the id under which a CDN knows its public half.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_kms::{
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use clap::Args;
use keyfront_dev_json::DevJson;
use keyfront_names::KeyArn;
use keyfront_viewers::{KeyKind, PublicKey};

use crate::{
    aws::{self, AwsArguments, call_error},
    system::outputs::{self, Purpose},
};

/// Which key.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which key")]
pub(super) struct KeyArguments {
    /// The signing key in KMS: ARN, id or alias [default: that of --stack or --dev]
    #[arg(long, value_name = "KEY", required_unless_present_any = ["stack", "dev"])]
    key: Option<String>,

    /// The key of a deployed system, whose document of sites names it
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    stack: Option<String>,

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
    /// The id of its public half at the CDN, if that is known.
    pub(super) key_id: Option<String>,
}

impl KeyArguments {
    /// # Errors
    /// There is no such stack or dev stack, or it has no such key; no Region.
    pub(super) async fn find(&self) -> anyhow::Result<SigningKey> {
        if let Some(file) = &self.dev {
            return self.of_dev_stack(file);
        }
        let config = self.aws.load().await?;
        let (system_key, key_id) = match &self.stack {
            Some(stack) => of_system(&config, stack).await?,
            None => (None, None),
        };
        let key = self.key.clone().or(system_key).context(
            "the system has no output ViewerSigningKeyArn; give --key, or name signing_key_arn in its document of sites",
        )?;
        let config = match KeyArn::parse(&key) {
            Ok(arn) => aws::in_region(&config, arn.region()),
            Err(_) => config,
        };
        Ok(SigningKey {
            kms: aws_sdk_kms::Client::new(&config),
            key,
            key_id,
        })
    }

    fn of_dev_stack(&self, file: &Path) -> anyhow::Result<SigningKey> {
        let dev = DevJson::read(file)?;
        let config = aws_sdk_kms::config::Builder::from(&aws::of_dev_stack(&dev));
        let kms = aws_sdk_kms::Client::from_conf(config.endpoint_url(&dev.kms_url).build());
        let own = dev.viewers.context(
            "this dev stack protects nothing; start it with `keyfront dev --protect members/`",
        )?;
        Ok(SigningKey {
            kms,
            key: self.key.clone().unwrap_or(own.signing_key_arn),
            key_id: Some(own.key_id),
        })
    }
}

/// The system's signing key and the id of its public half, as far as its outputs name them.
async fn of_system(
    config: &SdkConfig,
    stack: &str,
) -> anyhow::Result<(Option<String>, Option<String>)> {
    let outputs = outputs::of_system(config, stack, Purpose::Read).await?;
    let mut outputs = outputs.with_context(|| {
        format!(
            "there is no stack {stack} in this Region; name the Region of its bucket with --region"
        )
    })?;
    let ids = outputs.remove("ViewerKeyIds").with_context(|| {
        format!("stack {stack} protects nothing; name `viewers` in its document of sites (docs/viewers.md)")
    })?;
    let first = ids.split(',').next().map(str::to_owned);
    Ok((outputs.remove("ViewerSigningKeyArn"), first))
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
