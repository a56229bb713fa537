//! `dev.json`: what scripts read to find the stack. Written atomically and readable by its owner only.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use keyfront_iam::Credentials;

/// The document. Its field names are an interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DevJson {
    /// `https://localhost:PORT`; trust `ca_cert`.
    pub cdn_url: String,
    /// The publishers' API.
    pub publish_url: String,
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
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_whole(path, self)
    }

    /// Removes what an earlier run left at `path`: a ready file means this run.
    pub(super) fn forget(path: &Path) -> anyhow::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// The token an earlier run wrote, if there was one.
    pub(super) fn earlier_token(path: &Path) -> Option<String> {
        #[derive(Deserialize)]
        struct Token {
            publisher_token: String,
        }
        let earlier: Token = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        Some(earlier.publisher_token)
    }
}

/// Replaces `path` by a document that only its owner can read.
pub(super) fn write_whole(path: &Path, document: &impl Serialize) -> anyhow::Result<()> {
    let replaced = || -> anyhow::Result<()> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("json.new");
        // Not left over from a killed run, whose mode is unknown.
        let _ = fs::remove_file(&fresh);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(document)?)?;
        file.sync_all()?;
        Ok(fs::rename(&fresh, path)?)
    };
    replaced().with_context(|| format!("{} cannot be written", path.display()))
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
    fn an_earlier_document_is_forgotten_and_a_missing_one_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        fs::write(&path, "{}").unwrap();
        DevJson::forget(&path).unwrap();
        assert!(!path.exists());
        DevJson::forget(&path).unwrap();
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
