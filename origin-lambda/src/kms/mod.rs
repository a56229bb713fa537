//! The calls to KMS the origin makes itself: a new data key, and an old one opened; and of another key, signatures.
//!
//! It knows no objects. SSE is S3's own use of KMS and does not pass here.

mod client;
mod failure;
mod key_cache;
mod plain_key;
mod signing_key;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_kms::{Client, primitives::Blob, types::DataKeySpec};
use keyfront_envelope::Description;
use zeroize::Zeroizing;

use self::client::client;
pub use self::{key_cache::KeyCache, plain_key::PlainKey, signing_key::SigningKey};
use crate::{
    config::{Config, KeyArn},
    error::{Error, Fault, Source},
};

const NO_DATA_KEY: &str = "a data key is absent or not 32 bytes long";

/// The configured key.
#[derive(Debug, Clone)]
pub struct Kms {
    client: Client,
    key_arn: KeyArn,
}

/// A new data key in its two forms.
#[derive(Debug)]
pub struct NewDataKey {
    /// To encrypt with.
    pub plain: PlainKey,
    /// To keep beside the data.
    pub wrapped: Vec<u8>,
}

impl Kms {
    /// The key that `config` names.
    pub fn new(config: &Config, credentials: SharedCredentialsProvider) -> Self {
        Self {
            client: client(config, config.region.as_str(), credentials),
            key_arn: config.key_arn.clone(),
        }
    }

    /// Asks for a new 256-bit data key.
    ///
    /// # Errors
    /// [`Error::Upstream`] with what KMS's refusal means.
    pub async fn generate_data_key(&self, context: &Description) -> Result<NewDataKey, Error> {
        const OPERATION: &str = "GenerateDataKey";
        let call = self
            .client
            .generate_data_key()
            .key_id(self.key_arn.as_str())
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(context.clone().into_iter().collect()));
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of(OPERATION, error))?;
        let wrapped = answer.ciphertext_blob.map(Blob::into_inner);
        match (plain(answer.plaintext), wrapped) {
            (Some(plain), Some(wrapped)) if !wrapped.is_empty() => {
                Ok(NewDataKey { plain, wrapped })
            }
            _ => Err(unexpected(OPERATION, NO_DATA_KEY)),
        }
    }

    /// Opens a data key under the *configured* key, whatever key the ciphertext names.
    ///
    /// # Errors
    /// [`Error::DataKeyRefused`] if the ciphertext is not of this key and context;
    /// [`Error::Upstream`] with what another refusal means.
    pub async fn decrypt(&self, wrapped: &[u8], context: &Description) -> Result<PlainKey, Error> {
        const OPERATION: &str = "Decrypt";
        let call = self
            .client
            .decrypt()
            .key_id(self.key_arn.as_str())
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(context.clone().into_iter().collect()));
        let answer = call
            .send()
            .await
            .map_err(|error| failure::of(OPERATION, error))?;
        plain(answer.plaintext).ok_or_else(|| unexpected(OPERATION, NO_DATA_KEY))
    }
}

fn plain(returned: Option<Blob>) -> Option<PlainKey> {
    let bytes = Zeroizing::new(returned?.into_inner());
    PlainKey::from_slice(&bytes)
}

fn unexpected(operation: &'static str, source: impl Into<Source>) -> Error {
    Error::Upstream {
        operation,
        fault: Fault::Unexpected,
        source: source.into(),
    }
}
