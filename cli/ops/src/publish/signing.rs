//! The publisher's own signature of a release: a P-256 key in a file, which never leaves this machine.

use std::{fs, path::Path};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_releases::{P256PublicKey, ReleaseId, SiteName, Statement, Timestamp};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use zeroize::Zeroizing;

use crate::now_seconds::now_seconds;

/// A key that signs releases.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    public: P256PublicKey,
    random: SystemRandom,
}

impl SigningKey {
    /// Reads PKCS#8 PEM, as `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` writes it.
    ///
    /// # Errors
    /// The file cannot be read, or holds another key.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.with_context(|| format!("the key {} cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| {
            format!(
                "{} is not a P-256 key in PKCS#8 PEM; make one with `openssl genpkey -algorithm EC -pkeyopt \
                 ec_paramgen_curve:P-256 -out FILE`",
                path.display()
            )
        })
    }

    fn parse(pem: &str) -> anyhow::Result<Self> {
        let body = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .map(|(body, _)| body)
            .context("there is no PEM block \"PRIVATE KEY\"")?;
        let base64: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
        // The decoder's own error may quote what it read.
        let der = STANDARD.decode(base64.as_bytes()).map(Zeroizing::new);
        let der = der.ok().context("the PEM block is not base64")?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &random);
        let pair = pair.map_err(|rejected| anyhow::anyhow!("it is rejected: {rejected}"))?;
        let public = P256PublicKey::from_point(pair.public_key().as_ref())?;
        Ok(Self {
            pair,
            public,
            random,
        })
    }

    /// The envelope that says: this release of this site is mine.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn sign(
        &self,
        site: &SiteName,
        release: ReleaseId,
        publisher: String,
    ) -> anyhow::Result<Vec<u8>> {
        let statement = Statement {
            created: Timestamp::from_epoch_seconds(now_seconds())?,
            publisher,
            release,
            site: site.clone(),
        };
        let signature = self.pair.sign(&self.random, &statement.to_be_signed()?);
        let signature = signature.ok().context("there is no randomness")?;
        let envelope = statement.envelope(&self.public, signature.as_ref().to_vec())?;
        Ok(envelope.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pem(kind: &str, der: &[u8]) -> String {
        let base64 = STANDARD.encode(der);
        format!("-----BEGIN {kind}-----\n{base64}\n-----END {kind}-----\n")
    }

    fn private() -> String {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        pem("PRIVATE KEY", der.as_ref())
    }

    #[test]
    fn what_a_key_signs_its_public_half_verifies() {
        let key = SigningKey::parse(&private()).unwrap();
        let (site, release) = (SiteName::new("docs").unwrap(), ReleaseId::of_manifest(b"x"));
        let envelope = key.sign(&site, release, "ada".to_owned()).unwrap();
        let public =
            P256PublicKey::from_pem(&pem("PUBLIC KEY", &key.public.to_spki_der())).unwrap();
        let statement = Statement::verify(&envelope, &site, release, &public).unwrap();
        assert_eq!(statement.publisher, "ada");
    }

    #[test]
    fn another_file_is_refused_and_not_quoted() {
        for wrong in [
            "secret",
            "",
            "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
        ] {
            let refused = SigningKey::parse(wrong).err().unwrap();
            assert!(!format!("{refused:#}").contains("c2VjcmV0"));
        }
    }
}
