//! The key that signs for viewers: KMS's `Sign` and `GetPublicKey`.

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::{
    Client,
    primitives::Blob,
    types::{MessageType, SigningAlgorithmSpec},
};
use keyfront_viewers::{KeyKind, PublicKey};
use tokio::sync::OnceCell;

use super::{client, failure, unexpected};
use crate::{
    config::{Config, KeyArn},
    error::Error,
};

/// An asymmetric key, whose private half never leaves KMS.
#[derive(Debug)]
pub struct SigningKey {
    client: Client,
    key_arn: KeyArn,
    /// A key's kind never changes.
    kind: OnceCell<KeyKind>,
}

impl SigningKey {
    /// A key, in whatever Region it is.
    pub fn new(config: &Config, key_arn: KeyArn, credentials: SharedCredentialsProvider) -> Self {
        Self {
            client: client(config, key_arn.region(), credentials),
            key_arn,
            kind: OnceCell::new(),
        }
    }

    /// Which key it is.
    pub const fn arn(&self) -> &KeyArn {
        &self.key_arn
    }

    /// The signature of a message, with SHA-256: DER of ECDSA over P-256, or RSA PKCS #1 v1.5.
    ///
    /// # Errors
    /// [`Error::Upstream`] with what KMS's refusal means, also where the key is of another kind.
    pub async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        const OPERATION: &str = "Sign";
        let algorithm = match self.kind.get_or_try_init(|| self.find_kind()).await? {
            KeyKind::P256 => SigningAlgorithmSpec::EcdsaSha256,
            KeyKind::Rsa2048 => SigningAlgorithmSpec::RsassaPkcs1V15Sha256,
        };
        let call = self
            .client
            .sign()
            .key_id(self.key_arn.as_str())
            .message(Blob::new(message))
            .message_type(MessageType::Raw)
            .signing_algorithm(algorithm);
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of(OPERATION, error))?;
        let signature = answer.signature.map(Blob::into_inner);
        signature
            .filter(|signature| !signature.is_empty())
            .ok_or_else(|| unexpected(OPERATION, "the signature is absent"))
    }

    async fn find_kind(&self) -> Result<KeyKind, Error> {
        const OPERATION: &str = "GetPublicKey";
        let call = self.client.get_public_key().key_id(self.key_arn.as_str());
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of(OPERATION, error))?;
        let info = answer.public_key.map(Blob::into_inner).unwrap_or_default();
        match PublicKey::from_der(&info) {
            Ok(key) => Ok(key.kind()),
            Err(error) => Err(unexpected(OPERATION, error)),
        }
    }
}
