//! Where bodies lie, and who holds them.
//!
//! It does not encrypt: writers and readers do.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tempfile::NamedTempFile;

use super::segments::{BlobId, Tampered};
use crate::data_key::NoRandomness;

/// What can go wrong with a body at rest; each is this machine's fault, not the caller's.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The state folder refused; look at its space and permissions.
    #[error("cannot {step} in {}", path.display())]
    Io {
        /// What was tried.
        step: &'static str,
        /// Where.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A record names a body that is not there: the state folder lost a file.
    #[error("blob {0} is missing")]
    Missing(BlobId),
    /// The state folder was changed from outside.
    #[error("a stored body was changed")]
    Tampered(#[from] Tampered),
    /// See [`NoRandomness`].
    #[error("cannot name or key a new blob")]
    NoRandomness(#[from] NoRandomness),
}

/// The sealed segments of a body held in memory.
pub(super) type MemoryBlob = Arc<Vec<Bytes>>;

/// All bodies of one state.
pub struct BlobStore {
    home: Home,
    held: Mutex<Held>,
}

enum Home {
    Folder { blobs: PathBuf, incoming: PathBuf },
    Memory(Mutex<HashMap<BlobId, MemoryBlob>>),
}

#[derive(Default)]
struct Held {
    readers: HashMap<BlobId, usize>,
    doomed: HashSet<BlobId>,
}

/// An opened body, whatever its home.
#[derive(Clone)]
pub(super) enum Stored {
    File(Arc<fs::File>),
    Memory(MemoryBlob),
}

impl BlobStore {
    /// Bodies live in memory and vanish with the process.
    pub fn ephemeral() -> Arc<Self> {
        Arc::new(Self::new(Home::Memory(Mutex::default())))
    }

    /// Bodies live in `folder`, which is made if absent.
    ///
    /// # Errors
    /// [`BlobError::Io`] if the folder cannot be made.
    pub fn in_folder(folder: &Path) -> Result<Arc<Self>, BlobError> {
        let home = Home::Folder {
            blobs: folder.join("blobs"),
            incoming: folder.join("incoming"),
        };
        if let Home::Folder { blobs, incoming } = &home {
            for path in [blobs, incoming] {
                fs::create_dir_all(path).map_err(io_error("make a folder", path))?;
            }
        }
        Ok(Arc::new(Self::new(home)))
    }

    fn new(home: Home) -> Self {
        Self {
            home,
            held: Mutex::default(),
        }
    }

    /// Removes interrupted uploads and every body that `is_referenced` does not know; returns how many.
    ///
    /// Only for start-up: a body being committed by another thread would look like garbage.
    pub fn sweep(&self, is_referenced: impl Fn(&BlobId) -> bool) -> Result<usize, BlobError> {
        let Home::Folder { blobs, incoming } = &self.home else {
            return Ok(0);
        };
        let mut swept = 0;
        for (folder, keeps) in [(incoming, false), (blobs, true)] {
            for entry in fs::read_dir(folder).map_err(io_error("list", folder))? {
                let path = entry.map_err(io_error("list", folder))?.path();
                let id = path
                    .file_name()
                    .and_then(|name| BlobId::try_from(name.to_string_lossy().into_owned()).ok());
                if keeps && id.is_some_and(|id| is_referenced(&id)) {
                    continue;
                }
                fs::remove_file(&path).map_err(io_error("remove", &path))?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Runs `find` and holds the bodies it names, so that no deletion comes between.
    pub fn hold<T, E>(
        self: &Arc<Self>,
        find: impl FnOnce() -> Result<(T, Vec<BlobId>), E>,
    ) -> Result<(T, Lease), E> {
        let mut held = lock(&self.held);
        let (found, blobs) = find()?;
        for id in &blobs {
            *held.readers.entry(*id).or_default() += 1;
        }
        drop(held);
        let lease = Lease {
            store: Arc::clone(self),
            blobs,
        };
        Ok((found, lease))
    }

    /// Deletes bodies that no record names any more: now, or when their last reader lets go.
    pub fn retire(&self, blobs: impl IntoIterator<Item = BlobId>) {
        let mut held = lock(&self.held);
        for id in blobs {
            if held.readers.contains_key(&id) {
                held.doomed.insert(id);
            } else {
                self.remove(id);
            }
        }
    }

    fn release(&self, blobs: &[BlobId]) {
        let mut held = lock(&self.held);
        for id in blobs {
            let Some(readers) = held.readers.get_mut(id) else {
                continue;
            };
            *readers -= 1;
            if *readers == 0 {
                held.readers.remove(id);
                if held.doomed.remove(id) {
                    self.remove(*id);
                }
            }
        }
    }

    fn remove(&self, id: BlobId) {
        match &self.home {
            Home::Memory(blobs) => drop(lock(blobs).remove(&id)),
            Home::Folder { blobs, .. } => {
                if let Err(error) = fs::remove_file(blobs.join(id.to_string())) {
                    tracing::warn!(blob = %id, %error, "a retired body stays until the next start");
                }
            }
        }
    }

    /// A position for the bytes of a new body.
    pub(super) fn incoming(&self) -> Result<Option<NamedTempFile>, BlobError> {
        match &self.home {
            Home::Memory(_) => Ok(None),
            Home::Folder { incoming, .. } => NamedTempFile::new_in(incoming)
                .map(Some)
                .map_err(io_error("make a file", incoming)),
        }
    }

    /// Makes the bytes in `file` the body `id`, durably.
    pub(super) fn adopt_file(&self, id: BlobId, file: NamedTempFile) -> Result<(), BlobError> {
        let Home::Folder { blobs, .. } = &self.home else {
            return Err(BlobError::Missing(id));
        };
        let target = blobs.join(id.to_string());
        file.as_file()
            .sync_all()
            .map_err(io_error("flush", file.path()))?;
        file.persist(&target)
            .map_err(|error| io_error("rename", &target)(error.error))?;
        fs::File::open(blobs)
            .and_then(|folder| folder.sync_all())
            .map_err(io_error("flush", blobs))
    }

    /// Makes sealed segments in memory the body `id`.
    pub(super) fn adopt_memory(&self, id: BlobId, segments: Vec<Bytes>) -> Result<(), BlobError> {
        let Home::Memory(blobs) = &self.home else {
            return Err(BlobError::Missing(id));
        };
        lock(blobs).insert(id, Arc::new(segments));
        Ok(())
    }

    /// Opens a body for reading.
    pub(super) fn open(&self, id: BlobId) -> Result<Stored, BlobError> {
        match &self.home {
            Home::Memory(blobs) => lock(blobs)
                .get(&id)
                .map(|blob| Stored::Memory(Arc::clone(blob)))
                .ok_or(BlobError::Missing(id)),
            Home::Folder { blobs, .. } => {
                let path = blobs.join(id.to_string());
                match fs::File::open(&path) {
                    Ok(file) => Ok(Stored::File(Arc::new(file))),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        Err(BlobError::Missing(id))
                    }
                    Err(error) => Err(io_error("open", &path)(error)),
                }
            }
        }
    }
}

/// Keeps bodies readable while it lives.
pub struct Lease {
    store: Arc<BlobStore>,
    blobs: Vec<BlobId>,
}

impl Lease {
    pub(super) fn store(&self) -> &BlobStore {
        &self.store
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.store.release(&self.blobs);
    }
}

/// Every critical section leaves its map consistent, so a panic elsewhere in one does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn io_error(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BlobError {
    let path = path.to_owned();
    move |source| BlobError::Io { step, path, source }
}
