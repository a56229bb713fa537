//! Who admits viewers to what the stack protects: its own key in KMS, and the public keys of the document of sites.

use keyfront_dev_cdn::TrustedKey;
use keyfront_dev_json::ViewerKey;
use keyfront_viewers::PublicKey;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::config::DevSite;

/// The keys.
#[derive(Debug, Clone)]
pub(super) struct ViewerKeys {
    signing_key_arn: String,
    /// The stack's own first.
    trusted: Vec<TrustedKey>,
}

impl ViewerKeys {
    /// The stack's own key by its ARN and public half, and `others`.
    ///
    /// # Errors
    /// The public half is of a kind that CloudFront does not take, which KMS does not return.
    pub(super) fn new(
        signing_key_arn: String,
        public_der: &[u8],
        others: &[PublicKey],
    ) -> anyhow::Result<Self> {
        let own = PublicKey::from_der(public_der)?;
        let others = others.iter().filter(|other| **other != own).cloned();
        let trusted = std::iter::once(own.clone()).chain(others);
        Ok(Self {
            signing_key_arn,
            trusted: trusted
                .map(|key| TrustedKey { id: id(&key), key })
                .collect(),
        })
    }

    /// What the CDN verifies with.
    pub(super) fn trusted(&self) -> &[TrustedKey] {
        &self.trusted
    }

    /// The key that signs.
    pub(super) fn signing_key_arn(&self) -> &str {
        &self.signing_key_arn
    }

    /// The public keys, the stack's own first.
    pub(super) fn public_keys(&self) -> Vec<PublicKey> {
        self.trusted.iter().map(|one| one.key.clone()).collect()
    }

    /// What the origin puts into shared links, as the template writes it.
    pub(super) fn parameter(&self, cdn_url: &str, site: &DevSite) -> String {
        json!({
            "url": cdn_url,
            "key_id": self.for_signers().key_id,
            "signing_key_arn": self.signing_key_arn,
            "prefixes": site.protected_prefixes(),
            "reader": site.parsed.reader.is_some(),
        })
        .to_string()
    }

    /// What whoever signs has to know.
    pub(super) fn for_signers(&self) -> ViewerKey {
        let own = self.trusted.first();
        ViewerKey {
            signing_key_arn: self.signing_key_arn.clone(),
            key_id: own.map(|own| own.id.clone()).unwrap_or_default(),
        }
    }
}

/// As long as CloudFront's ids, and the same for the same key.
fn id(key: &PublicKey) -> String {
    let digest = Sha256::digest(key.info());
    let digits: String = digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("KD{digits}")
}
