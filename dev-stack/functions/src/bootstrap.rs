//! The deployment package of a function: a zip with the executable `bootstrap`.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use thiserror::Error;
use zip::ZipArchive;

/// The name Lambda's `provided` runtimes start.
const NAME: &str = "bootstrap";

/// A package that cannot be started.
#[derive(Debug, Error)]
pub enum BundleError {
    /// There is no such file; build it.
    #[error("{} cannot be opened", .0.display())]
    Missing(PathBuf, #[source] io::Error),
    /// Not a zip, or none with a `bootstrap`; build it anew.
    #[error("{} is not a deployment package", .0.display())]
    Zip(PathBuf, #[source] zip::result::ZipError),
    /// The temporary folder cannot be written.
    #[error("the deployment package cannot be unpacked")]
    Unpack(#[source] io::Error),
}

/// An unpacked package; the folder goes with it.
#[derive(Debug)]
pub struct Bootstrap {
    folder: TempDir,
}

impl Bootstrap {
    /// Unpacks the executable of a package into a folder only this user can read.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn unpack(package: &Path) -> Result<Self, BundleError> {
        let file =
            File::open(package).map_err(|error| BundleError::Missing(package.into(), error))?;
        let not_a_package = |error| BundleError::Zip(package.into(), error);
        let mut archive = ZipArchive::new(file).map_err(not_a_package)?;
        let mut packed = archive.by_name(NAME).map_err(not_a_package)?;
        let folder = tempfile::tempdir().map_err(BundleError::Unpack)?;
        let unpacked = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o700)
            .open(folder.path().join(NAME));
        let copied = unpacked.and_then(|mut file| io::copy(&mut packed, &mut file));
        copied.map_err(BundleError::Unpack)?;
        Ok(Self { folder })
    }

    /// Its folder: what Lambda calls the task root.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The executable.
    pub(super) fn program(&self) -> PathBuf {
        self.folder.path().join(NAME)
    }
}
