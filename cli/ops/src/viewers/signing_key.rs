//! The key in KMS that signs, and the id under which a CDN knows its public half.

use std::path::PathBuf;

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
    system::outputs::{self, Outputs, Purpose},
};

/// The output with the ids of the public keys, the first of which signs.
const KEY_IDS: &str = "ViewerKeyIds";

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
pub(crate) struct SigningKey {
    kms: aws_sdk_kms::Client,
    key: String,
    /// The id of its public half at the CDN, if that is known.
    pub(crate) key_id: Option<String>,
}

impl KeyArguments {
    /// # Errors
    /// There is no such stack or dev stack, or it has no such key; no Region.
    pub(super) async fn find(&self) -> anyhow::Result<SigningKey> {
        let named = |found: SigningKey| match &self.key {
            Some(key) => SigningKey {
                key: key.clone(),
                ..found
            },
            None => found,
        };
        if let Some(file) = &self.dev {
            let own = SigningKey::of_dev_stack(&DevJson::read(file)?).context(
                "this dev stack protects nothing; start it with `keyfront dev --protect members/`",
            )?;
            return Ok(named(own));
        }
        let config = self.aws.load().await?;
        let Some(stack) = &self.stack else {
            // Without --stack and --dev clap demands it.
            let key = self.key.clone().unwrap_or_default();
            return Ok(SigningKey::new(&config, key, None));
        };
        let outputs = outputs::of_system(&config, stack, Purpose::Read).await?;
        let outputs = outputs.with_context(|| {
            format!("there is no stack {stack} in this Region; name the Region of its bucket with --region")
        })?;
        if let Some(own) = SigningKey::of_system(&config, &outputs) {
            return Ok(named(own));
        }
        let ids = outputs.get(KEY_IDS).with_context(|| {
            format!("stack {stack} protects nothing; name `viewers` in its document of sites (docs/viewers.md)")
        })?;
        let key = self.key.clone().with_context(|| {
            format!("the document of sites of stack {stack} names no signing_key_arn; give --key")
        })?;
        Ok(SigningKey::new(&config, key, first_of(ids)))
    }
}

fn first_of(ids: &str) -> Option<String> {
    ids.split(',').next().map(str::to_owned)
}

impl SigningKey {
    fn new(config: &SdkConfig, key: String, key_id: Option<String>) -> Self {
        let kms = match KeyArn::parse(&key) {
            Ok(arn) => aws_sdk_kms::Client::new(&aws::in_region(config, arn.region())),
            Err(_) => aws_sdk_kms::Client::new(config),
        };
        Self { kms, key, key_id }
    }

    /// That of a dev stack; `None` if it protects nothing.
    pub(crate) fn of_dev_stack(dev: &DevJson) -> Option<Self> {
        let own = dev.viewers.as_ref()?;
        let config = aws_sdk_kms::config::Builder::from(&aws::of_dev_stack(dev));
        Some(Self {
            kms: aws_sdk_kms::Client::from_conf(config.endpoint_url(&dev.kms_url).build()),
            key: own.signing_key_arn.clone(),
            key_id: Some(own.key_id.clone()),
        })
    }

    /// That of a deployed system; `None` if its document of sites names none.
    pub(crate) fn of_system(config: &SdkConfig, outputs: &Outputs) -> Option<Self> {
        let key = outputs.get("ViewerSigningKeyArn")?.clone();
        Some(Self::new(config, key, first_of(outputs.get(KEY_IDS)?)))
    }

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
    pub(crate) async fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
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
