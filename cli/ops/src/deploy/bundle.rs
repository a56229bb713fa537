//! The two bundles that are deployed: read, looked into, named by their content.

use std::{io::Cursor, path::Path};

use sha2::{Digest as _, Sha256};

use super::deploy_error::refused;

/// Lambda's limit for an uploaded package (docs: quotas).
const MAX_BYTES: usize = 50 << 20;

/// An object of the artifact bucket under a name made of its content.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Artifact {
    pub(super) bytes: Vec<u8>,
    pub(super) key: String,
    digest: [u8; 32],
}

impl Artifact {
    /// `FOLDER/SHA256.ENDING`
    pub(super) fn new(folder: &str, ending: &str, bytes: Vec<u8>) -> Self {
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        Self {
            key: format!("{folder}/{}.{ending}", hex::encode(digest)),
            bytes,
            digest,
        }
    }

    /// As S3 (`x-amz-checksum-sha256`) and Lambda (`CodeSha256`) write it.
    pub(super) fn sha256_base64(&self) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        STANDARD.encode(self.digest)
    }
}

/// Which program a package holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    Edge,
    Origin,
}

impl Package {
    /// Reads and checks a package.
    ///
    /// # Errors
    /// The file is missing, too large, or another zip than what the build makes; says how to make it.
    pub(super) fn read(self, path: &Path) -> anyhow::Result<Artifact> {
        let (folder, entry, how) = match self {
            Self::Edge => (
                "edge-cloudfront",
                "index.mjs",
                "build it with `make bundle-edge`, or give --edge-bundle",
            ),
            Self::Origin => (
                "origin-lambda",
                "bootstrap",
                "build it with `make bundle-origin`, or give --origin-package",
            ),
        };
        let name = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| refused(format!("{name} cannot be read ({error}); {how}")))?;
        if bytes.len() > MAX_BYTES {
            return Err(refused(format!(
                "{name} is larger than Lambda's limit of 50 MB; {how}"
            )));
        }
        let whole = zip::ZipArchive::new(Cursor::new(&bytes))
            .is_ok_and(|zip| zip.index_for_name(entry).is_some());
        if !whole {
            return Err(refused(format!(
                "{name} is not a zip file with {entry} in it; {how}"
            )));
        }
        Ok(Artifact::new(folder, "zip", bytes))
    }
}
