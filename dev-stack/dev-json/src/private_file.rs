//! JSON files that only their owner can read, replaced as a whole.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::Context as _;
use serde::{Serialize, de::DeserializeOwned};

/// Replaces `path` by a document that only its owner can read.
pub(crate) fn replace(path: &Path, document: &impl Serialize) -> anyhow::Result<()> {
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

/// Reads a document.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
