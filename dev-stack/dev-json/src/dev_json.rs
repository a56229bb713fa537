//! `dev.json`: what scripts and commands read to find the stack. Its field names are an interface.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use keyfront_iam::Credentials;
use serde::{Deserialize, Serialize};

use crate::private_file;

/// The document. Its field names are an interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DevJson {
    /// `https://localhost:PORT`; trust `ca_cert`.
    pub cdn_url: String,
    /// The publishers' API.
    pub publish_url: String,
    /// The publishers' page; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// S3, path style.
    pub s3_url: String,
    /// KMS.
    pub kms_url: String,
    /// STS.
    pub sts_url: String,
    /// The private bucket.
    pub bucket: String,
    /// Its Region.
    pub region: String,
    /// The key its objects are encrypted with.
    pub key_arn: String,
    /// A publisher's token.
    pub publisher_token: String,
    /// The CDN's CA certificate, PEM.
    pub ca_cert: PathBuf,
    /// Who may sign.
    pub credentials: RoleCredentials,
    /// What admits viewers to what is protected; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewers: Option<ViewerKey>,
    /// The OpenID issuer where viewers log in; absent where they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer_issuer_url: Option<String>,
}

/// The key that signs URLs and cookies of viewers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ViewerKey {
    /// In the stack's KMS.
    pub signing_key_arn: String,
    /// Of its public half at the CDN.
    pub key_id: String,
}

/// The identities of the stack.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RoleCredentials {
    /// A session of the edge's role.
    pub edge: StoredCredentials,
    /// A session of the origin's role.
    pub origin: StoredCredentials,
    /// A user who may do everything; long-lived.
    pub admin: StoredCredentials,
}

/// Credentials as they are written.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredCredentials {
    /// Names them.
    pub access_key_id: String,
    /// Signs.
    pub secret_access_key: String,
    /// `null` for long-lived ones.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for StoredCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredCredentials({}, redacted)", self.access_key_id)
    }
}

impl From<&Credentials> for StoredCredentials {
    fn from(credentials: &Credentials) -> Self {
        Self {
            access_key_id: credentials.access_key_id.clone(),
            secret_access_key: credentials.secret_access_key.expose().to_owned(),
            session_token: credentials
                .session_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
        }
    }
}

impl DevJson {
    /// Replaces `path` by this document; a reader sees the old one or the new one, whole.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        private_file::replace(path, self)
    }

    /// Reads the document of a running stack.
    ///
    /// # Errors
    /// There is no such file, or it is another.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        private_file::read(path).with_context(|| {
            format!(
                "{} cannot be read; start `keyfront dev` first",
                path.display()
            )
        })
    }

    /// Removes what an earlier run left at `path`: a ready file means this run.
    ///
    /// # Errors
    /// The file is there and cannot be removed.
    pub fn remove_earlier(path: &Path) -> anyhow::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// The token an earlier run wrote, if there was one.
    #[must_use]
    pub fn earlier_token(path: &Path) -> Option<String> {
        #[derive(Deserialize)]
        struct Token {
            publisher_token: String,
        }
        let earlier: Token = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        Some(earlier.publisher_token)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_are_redacted() {
        let credentials = StoredCredentials {
            access_key_id: "AKIA1".to_owned(),
            secret_access_key: "very-secret".to_owned(),
            session_token: Some("very-token".to_owned()),
        };
        assert_eq!(
            format!("{credentials:?}"),
            "StoredCredentials(AKIA1, redacted)"
        );
    }

    #[test]
    fn an_earlier_document_is_removed_and_a_missing_one_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        fs::write(&path, "{}").unwrap();
        DevJson::remove_earlier(&path).unwrap();
        assert!(!path.exists());
        DevJson::remove_earlier(&path).unwrap();
    }

    #[test]
    fn an_unreadable_document_gives_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.json");
        assert_eq!(DevJson::earlier_token(&path), None);
        fs::write(&path, "{\"publisher_token\": 1}").unwrap();
        assert_eq!(DevJson::earlier_token(&path), None);
        fs::write(&path, "{\"publisher_token\": \"kfp_x\"}").unwrap();
        assert_eq!(DevJson::earlier_token(&path), Some("kfp_x".to_owned()));
    }
}
