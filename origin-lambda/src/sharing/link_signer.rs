//! Links of the CDN, and the key that signs them.

use std::{fmt, sync::Arc};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_origin_core::sharing::ViewersParameter;
use keyfront_viewers::Grant;

use super::kept_parameter::KeptParameter;
use crate::{config::Config, error::Error, kms::SigningKey};

/// A key in KMS, and what the CDN says of it.
pub struct LinkSigner {
    parameter: KeptParameter,
    key: SigningKey,
}

impl LinkSigner {
    /// What `config` names, or none.
    pub fn new(config: &Config, credentials: &SharedCredentialsProvider) -> Option<Self> {
        let settings = config.viewers.as_ref()?;
        let key = settings.signing_key.clone();
        Some(Self {
            parameter: KeptParameter::new(settings, credentials.clone()),
            key: SigningKey::new(config, key, credentials.clone()),
        })
    }

    /// What the CDN says of its viewers.
    ///
    /// # Errors
    /// [`Error::Upstream`]: the parameter cannot be read, or holds something else.
    pub async fn parameter(&self) -> Result<Arc<ViewersParameter>, Error> {
        self.parameter.current().await
    }

    /// The signature over what is granted.
    ///
    /// # Errors
    /// What KMS returned.
    pub(crate) async fn sign(&self, grant: &Grant) -> Result<Vec<u8>, Error> {
        self.key.sign(grant.message()).await
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
        let signature = self.signer.sign(&self.grant).await?;
        let url = self.grant.signed_url(self.parameter.key_id(), &signature);
        // Links are of objects, and every object has one.
        url.ok_or(Error::Internal)
    }
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSigner")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
