//! The keys that sign for viewers, where the document of sites leaves them to this program.

use anyhow::Context as _;
use aws_config::SdkConfig;
use keyfront_cli::report;
use keyfront_cloudformation::Sites;
use keyfront_names::KeyArn;
use keyfront_viewers::PublicKey;

use super::{confirmation::confirm, deploy_request::DeployRequest, deployment::Deployment};
use crate::{
    now_seconds::now_seconds,
    viewer_keys::{KeyRing, KeySlot, KeyStore, ViewerKeys},
};

/// The generator of P-256: a public key that nobody needs to keep secret, since a template with it is checked and never deployed.
const STAND_IN: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";

/// The sites with keys that are as long as those that will be: for what is checked before AWS is asked.
///
/// # Errors
/// The Region is none.
pub(super) fn with_stand_in(sites: Sites, region: &str) -> anyhow::Result<Sites> {
    let id = "00000000-0000-0000-0000-000000000000";
    let arn = format!("arn:aws:kms:{region}:000000000000:key/{id}");
    let arn = KeyArn::parse(&arn).context("the Region is invalid")?;
    Ok(sites.with_keys_of_deployment(vec![(arn, PublicKey::from_pem(STAND_IN)?)]))
}

/// The request with the system's keys, if it has some. Reads only.
///
/// # Errors
/// A key of that name is another's, or KMS cannot be asked.
pub(super) async fn found(
    config: &SdkConfig,
    request: DeployRequest,
) -> anyhow::Result<(DeployRequest, ViewerKeys)> {
    if !request.sites.leaves_keys_to_deployment() {
        return Ok((request, ViewerKeys::Document));
    }
    let ring = store(config, &request).ring().await?;
    Ok(match ring {
        Some(ring) => (with_keys(request, &ring), ViewerKeys::Own(Box::new(ring))),
        None => (request, ViewerKeys::ToBeMade),
    })
}

fn store<'r>(config: &SdkConfig, request: &'r DeployRequest) -> KeyStore<'r> {
    KeyStore::new(config, &request.region, &request.stack)
}

fn with_keys(mut request: DeployRequest, ring: &KeyRing) -> DeployRequest {
    let keys = ring.trusted().into_iter();
    let keys = keys.map(|key| (key.arn.clone(), key.public.clone()));
    request.sites = request.sites.with_keys_of_deployment(keys.collect());
    request
}

impl Deployment {
    /// The deployment with a key that signs, which is made where there is none.
    ///
    /// # Errors
    /// Nobody wants it, or KMS refuses.
    pub(super) async fn with_viewer_keys(self) -> anyhow::Result<Self> {
        if self.viewer_keys != ViewerKeys::ToBeMade {
            return Ok(self);
        }
        if !self.arguments.yes {
            confirm("Create a key in KMS that signs for viewers (about 1 USD a month)?")?;
        }
        let key = store(&self.config, &self.request)
            .make(KeySlot::Signing)
            .await?;
        report::note(format_args!("Key {} signs for viewers.", key.arn));
        let ring = KeyRing::of(key);
        Ok(Self {
            request: with_keys(self.request, &ring),
            viewer_keys: ViewerKeys::Own(Box::new(ring)),
            ..self
        })
    }

    /// Notes that the key which signed before signs nothing from now on.
    ///
    /// # Errors
    /// KMS refuses.
    pub(super) async fn note_former_viewer_key(&self) -> anyhow::Result<()> {
        let ViewerKeys::Own(ring) = &self.viewer_keys else {
            return Ok(());
        };
        let former = ring.previous.as_ref();
        match former.filter(|key| key.unused_since.is_none() && key.arn != ring.signing.arn) {
            None => Ok(()),
            Some(key) => {
                let store = store(&self.config, &self.request);
                store.note_unused(key, now_seconds()).await
            }
        }
    }
}
