//! The keys a run names: a KMS key, or a client-side master key in a file.

use std::{fmt, path::PathBuf, str::FromStr};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_envelope::MasterKey;
use zeroize::Zeroizing;

use crate::bucket_target::BucketTarget;

const FILE: &str = "file:";
/// The longest file that can hold 32 bytes in base64, blanks around them included.
const MAX_FILE: u64 = 256;

/// A key as it is written on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyArgument {
    /// ARN, id or alias.
    Kms(String),
    /// 32 bytes in base64.
    File(PathBuf),
}

/// A key that wraps data keys.
#[derive(Debug)]
pub(super) enum WrappingKey {
    /// By its ARN.
    Kms(String),
    Master {
        path: PathBuf,
        key: MasterKey,
    },
}

impl FromStr for KeyArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(FILE) {
            Some("") => Err("expected a file's path after file:".to_owned()),
            Some(path) => Ok(Self::File(PathBuf::from(path))),
            None if text.is_empty() => Err("expected a key".to_owned()),
            None => Ok(Self::Kms(text.to_owned())),
        }
    }
}

impl KeyArgument {
    /// The key itself.
    ///
    /// # Errors
    /// KMS does not know it, or the file does not hold 32 bytes in base64.
    pub(super) async fn resolve(&self, target: &BucketTarget) -> anyhow::Result<WrappingKey> {
        Ok(match self {
            Self::Kms(name) => WrappingKey::Kms(target.key_arn(name).await?),
            Self::File(path) => WrappingKey::Master {
                key: read(path)?,
                path: path.clone(),
            },
        })
    }
}

fn read(path: &PathBuf) -> anyhow::Result<MasterKey> {
    let shown = path.display();
    let length = std::fs::metadata(path).with_context(|| format!("key file {shown}"))?;
    anyhow::ensure!(
        length.len() <= MAX_FILE,
        "key file {shown} is longer than a key; it holds 32 bytes in base64"
    );
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.with_context(|| format!("key file {shown}"))?;
    let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new).ok();
    let key = bytes.and_then(|bytes| MasterKey::from_slice(&bytes).ok());
    key.with_context(|| format!("key file {shown} does not hold 32 bytes in base64"))
}

impl fmt::Display for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kms(arn) => f.write_str(arn),
            Self::Master { path, .. } => write!(f, "{FILE}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_a_name_in_kms_or_a_file() {
        let parsed = |text: &str| text.parse::<KeyArgument>();
        assert_eq!(parsed("alias/a"), Ok(KeyArgument::Kms("alias/a".into())));
        assert_eq!(parsed("file:k"), Ok(KeyArgument::File("k".into())));
        assert!(parsed("file:").is_err() && parsed("").is_err());
    }

    #[test]
    fn a_key_file_holds_32_bytes_in_base64_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let read_back = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&path)
        };
        assert!(read_back(&format!("{}\n", STANDARD.encode([1; 32]))).is_ok());
        for text in [
            String::new(),
            STANDARD.encode([1; 31]),
            "x".repeat(44),
            "A".repeat(300),
        ] {
            let refused = read_back(&text).unwrap_err().to_string();
            assert!(refused.contains("base64"), "{refused}");
            assert!(text.is_empty() || !refused.contains(&text), "{refused}");
        }
        assert!(read(&folder.path().join("absent")).is_err());
    }
}
