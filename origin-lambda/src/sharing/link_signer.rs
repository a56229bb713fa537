//! Links of the CDN, and the key that signs them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_origin_core::sharing::ViewersParameter;
use keyfront_viewers::Grant;

use super::kept_parameter::KeptParameter;
use crate::{
    config::{Config, KeyArn},
    error::Error,
    kms::SigningKey,
};

/// What signs for the CDN: the key in KMS that the parameter names, or the configured one where it names none.
///
/// The parameter's goes first, since it stands beside the id that the CDN knows its public half by: while one key takes another's
/// place, the configuration has one of them already or still.
pub struct LinkSigner {
    parameter: KeptParameter,
    config: Config,
    credentials: SharedCredentialsProvider,
    /// The one that signed last.
    key: Mutex<Arc<SigningKey>>,
    configured: KeyArn,
}

impl LinkSigner {
    /// What `config` names, or none.
    pub fn new(config: &Config, credentials: &SharedCredentialsProvider) -> Option<Self> {
        let settings = config.viewers.as_ref()?;
        let configured = settings.signing_key.clone();
        let key = SigningKey::new(config, configured.clone(), credentials.clone());
        Some(Self {
            parameter: KeptParameter::new(settings, credentials.clone()),
            config: config.clone(),
            credentials: credentials.clone(),
            key: Mutex::new(Arc::new(key)),
            configured,
        })
    }

    /// What the CDN says of its viewers.
    ///
    /// # Errors
    /// [`Error::Upstream`]: the parameter cannot be read, or holds something else.
    pub async fn parameter(&self) -> Result<Arc<ViewersParameter>, Error> {
        self.parameter.current().await
    }

    /// The signature over what is granted, of the key whose id the parameter has.
    ///
    /// # Errors
    /// What KMS returned.
    pub(crate) async fn sign(
        &self,
        parameter: &ViewersParameter,
        grant: &Grant,
    ) -> Result<Vec<u8>, Error> {
        let key = self.key(parameter.signing_key().unwrap_or(&self.configured));
        key.sign(grant.message()).await
    }

    fn key(&self, arn: &KeyArn) -> Arc<SigningKey> {
        let mut key = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if key.arn() != arn {
            let other = SigningKey::new(&self.config, arn.clone(), self.credentials.clone());
            *key = Arc::new(other);
        }
        Arc::clone(&key)
    }
}

/// A link that is not signed yet. Signing costs a call to KMS.
pub(crate) struct UnsignedLink<'a> {
    pub(super) signer: &'a LinkSigner,
    pub(super) parameter: Arc<ViewersParameter>,
    pub(super) grant: Grant,
}

impl UnsignedLink<'_> {
    /// The URL.
    ///
    /// # Errors
    /// What KMS returned.
    pub(crate) async fn sign(&self) -> Result<String, Error> {
        let signature = self.signer.sign(&self.parameter, &self.grant).await?;
        let url = self.grant.signed_url(self.parameter.key_id(), &signature);
        // Links are of objects, and every object has one.
        url.ok_or(Error::Internal)
    }
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSigner")
            .field("configured", &self.configured)
            .finish_non_exhaustive()
    }
}
