//! Where an opened file comes to lie: under another name until it is verified, and gone if it never is.

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use tempfile::NamedTempFile;

/// Where the file will be; nothing is there yet.
#[derive(Debug)]
pub(super) struct OutputPath {
    path: PathBuf,
    folder: PathBuf,
}

/// A file that nobody has verified yet.
#[derive(Debug)]
pub(super) struct Unverified {
    output: OutputPath,
    file: BufWriter<NamedTempFile>,
}

impl OutputPath {
    /// # Errors
    /// Something lies there.
    pub(super) fn at(path: &Path) -> anyhow::Result<Self> {
        ensure!(
            fs::symlink_metadata(path).is_err(),
            "{} exists: name another file with --output",
            path.display()
        );
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        Ok(Self {
            path: path.to_owned(),
            folder: folder.unwrap_or(Path::new(".")).to_owned(),
        })
    }

    /// # Errors
    /// Its folder takes no file.
    pub(super) fn begin(self) -> anyhow::Result<Unverified> {
        let file = NamedTempFile::new_in(&self.folder)
            .with_context(|| format!("{} cannot be written to", self.folder.display()))?;
        Ok(Unverified {
            output: self,
            file: BufWriter::new(file),
        })
    }
}

impl Unverified {
    /// # Errors
    /// The disk is full, for one.
    pub(super) fn write(&mut self, content: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(content);
        written.with_context(|| format!("{} cannot be written", self.output.path.display()))
    }

    /// Gives the file its name, which nobody else has taken meanwhile.
    ///
    /// # Errors
    /// It cannot be written whole, or the name is taken by now.
    pub(super) fn keep(self) -> anyhow::Result<PathBuf> {
        let path = self.output.path;
        let unwritten = || format!("{} cannot be written", path.display());
        let file = self.file.into_inner().map_err(|error| error.into_error());
        let file = file.with_context(unwritten)?;
        file.as_file().sync_all().with_context(unwritten)?;
        file.persist_noclobber(&path).with_context(unwritten)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_has_its_name_once_it_is_kept_and_leaves_nothing_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut dropped = OutputPath::at(&path).unwrap().begin().unwrap();
        dropped.write(b"unverified").unwrap();
        assert!(!path.exists());
        drop(dropped);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut kept = OutputPath::at(&path).unwrap().begin().unwrap();
        kept.write(b"verified").unwrap();
        kept.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"verified");
    }

    #[test]
    fn what_lies_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let begun = OutputPath::at(&path).unwrap().begin().unwrap();
        fs::write(&path, "another's").unwrap();
        assert!(OutputPath::at(&path).is_err());
        assert!(begun.keep().is_err());
        assert_eq!(fs::read(&path).unwrap(), b"another's");
    }
}
