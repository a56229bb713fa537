//! The list of the job's objects: a file beside the checkpoint, in the form of a Batch Operations manifest.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use keyfront_sigv4::uri_encoding;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How much of the list is certain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

/// A list being written.
#[derive(Debug)]
pub(crate) struct ObjectList {
    path: PathBuf,
    file: BufWriter<File>,
    bucket: String,
    listed: Listed,
}

impl ObjectList {
    /// Goes on with the list beside a checkpoint: what lies behind `listed` was written and not remembered.
    pub(crate) fn open(checkpoint: &Path, bucket: &str, listed: Listed) -> anyhow::Result<Self> {
        let path = checkpoint.with_extension("manifest.csv");
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).open(&path);
        let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
        anyhow::ensure!(
            file.metadata()?.len() >= listed.bytes,
            "{} is shorter than the checkpoint says; start over with --restart",
            path.display()
        );
        file.set_len(listed.bytes)?;
        Ok(Self {
            path,
            file: BufWriter::new(file),
            bucket: bucket.to_owned(),
            listed,
        })
    }

    /// Adds an object.
    pub(crate) fn add(&mut self, key: &str) -> anyhow::Result<()> {
        // Keys are URL-encoded, and the strict encoding leaves no comma, quote or plus.
        let line = format!("{},{}\n", self.bucket, uri_encoding::encode_path(key));
        self.file
            .write_all(line.as_bytes())
            .context("the list of objects cannot be written")?;
        self.listed.objects += 1;
        self.listed.bytes += line.len() as u64;
        Ok(())
    }

    /// Brings everything to the disk; how much that is.
    pub(crate) fn flush(&mut self) -> anyhow::Result<Listed> {
        self.file
            .flush()
            .context("the list of objects cannot be written")?;
        self.file.get_ref().sync_all()?;
        Ok(self.listed)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its SHA-256, in hexadecimal digits.
    pub(crate) fn digest(&self) -> anyhow::Result<String> {
        let mut file = File::open(&self.path)?;
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hex::encode(digest.finalize())),
                count => digest.update(&buffer[..count]),
            }
        }
    }

    /// Removes it, when its job exists.
    pub(crate) fn remove(self) -> anyhow::Result<()> {
        fs::remove_file(&self.path)
            .with_context(|| format!("{} cannot be removed", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_crash_left_behind_the_checkpoint_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = folder.path().join("sub/audit.json");
        let mut list = ObjectList::open(&checkpoint, "b", Listed::default()).unwrap();
        list.add("a b,c\"+\u{e9}").unwrap();
        let certain = list.flush().unwrap();
        list.add("lost").unwrap();
        list.flush().unwrap();
        let path = list.path().to_owned();
        drop(list);
        let mut list = ObjectList::open(&checkpoint, "b", certain).unwrap();
        list.add("again").unwrap();
        list.flush().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "b,a%20b%2Cc%22%2B%C3%A9\nb,again\n");
        let longer = Listed {
            objects: 9,
            bytes: 999,
        };
        assert!(ObjectList::open(&checkpoint, "b", longer).is_err());
    }
}
