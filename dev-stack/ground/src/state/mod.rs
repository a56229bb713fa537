//! What survives a restart: one transactional database, one root key, and a folder for larger files.
//!
//! Every service keeps its own tables and decides what they mean; this module only opens, locks, seals
//! and reports. At rest, secrets are sealed under a root key that lies beside the database with mode
//! 0600: that protects a copied database file, not a copied folder.

mod error;
mod root_key;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{
    Builder, Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    WriteTransaction,
};
use zeroize::Zeroizing;

pub use self::error::StateError;
use self::root_key::RootKey;

const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");
const VERSION: &str = "version";
const ROOT_KEY_PROOF: &str = "root key proof";
/// What this build writes. It is raised whenever an earlier build would misread the folder, or damage it:
/// - 1: the first.
/// - 2: S3 keeps versions of objects. A build of version 1 knows nothing of them, and would remove their bodies as nobody's.
const CURRENT_VERSION: u32 = 2;
/// The earliest version that this build still reads. It reads the tables of all since then as they are.
const OLDEST_VERSION: u32 = 1;

const DATABASE_FILE: &str = "state.redb";
const ROOT_KEY_FILE: &str = "root.key";

/// redb's default of 1 GiB is a server's; the whole stack shares a developer's machine.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// The opened state. One process at a time holds a folder.
#[derive(Debug)]
pub struct State {
    database: Database,
    root_key: RootKey,
    folder: Option<PathBuf>,
}

impl State {
    /// Opens the state in `folder`, making it on first use (the folder with mode 0700).
    ///
    /// # Errors
    /// [`StateError`] says whether the folder is unwritable, held by another process, written by a newer
    /// version, or does not go with its root key. A folder of an earlier version is of this one from then on.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        make_private_folder(folder)?;
        let database_path = folder.join(DATABASE_FILE);
        let key_path = folder.join(ROOT_KEY_FILE);
        let lost = |left: String| StateError::DatabaseLost {
            path: database_path.clone(),
            left,
        };
        // The key is made after the database: where it is alone, the database was there once.
        if !database_path.exists() && key_path.exists() {
            return Err(lost("its root key".to_owned()));
        }
        let database = open_database(&database_path)?;
        let is_new = !is_initialised(&database)?;
        // What services keep beside a database that was emptied would be unknown to the new one, and swept away.
        if let Some(left) = is_new.then(|| files_of_services(folder)).flatten() {
            return Err(lost(format!("what it knew as {}", left.display())));
        }
        // Only the holder of the database's lock may make the root key, and only for a new database: a
        // second key would make everything sealed under the first one unreadable.
        let root_key = if is_new {
            RootKey::load_or_make(&key_path)?
        } else {
            RootKey::load(&key_path)?
        };
        let state = Self {
            database,
            root_key,
            folder: Some(folder.to_owned()),
        };
        state.check_meta()?;
        Ok(state)
    }

    /// A state in memory, gone when dropped.
    ///
    /// # Errors
    /// [`StateError`] if the operating system gives no randomness for the root key.
    pub fn ephemeral() -> Result<Self, StateError> {
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(InMemoryBackend::new())
            .map_err(|error| StateError::opening(Path::new("memory"), error))?;
        let state = Self {
            database,
            root_key: RootKey::random()?,
            folder: None,
        };
        state.check_meta()?;
        Ok(state)
    }

    /// The folder for files beside the database; `None` when nothing may touch the disk.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// A consistent view of all tables.
    ///
    /// # Errors
    /// [`StateError::Storage`] if the database cannot be read.
    pub fn begin_read(&self) -> Result<ReadTransaction, StateError> {
        Ok(self.database.begin_read()?)
    }

    /// The one writer; waits for another writer to finish. Nothing is kept unless committed.
    ///
    /// # Errors
    /// [`StateError::Storage`] if the database cannot be written.
    pub fn begin_write(&self) -> Result<WriteTransaction, StateError> {
        Ok(self.database.begin_write()?)
    }

    /// A key of its own for one purpose, the same as long as the root key is.
    pub fn derived_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.root_key.derived(purpose)
    }

    /// Encrypts a small secret under the root key, bound to `purpose`: only the same purpose opens it.
    ///
    /// # Errors
    /// [`StateError::Randomness`] if no nonce could be drawn.
    pub fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<Vec<u8>, StateError> {
        self.root_key.seal(purpose, plaintext)
    }

    /// Decrypts what [`State::seal`] made for the same purpose.
    ///
    /// # Errors
    /// [`StateError::Unsealing`] if the bytes were changed or sealed for another purpose or root key.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StateError> {
        self.root_key.unseal(purpose, sealed)
    }

    /// Writes version and root-key proof into a new database; checks them in an old one, and raises its version to the one that
    /// is written from now on.
    fn check_meta(&self) -> Result<(), StateError> {
        let write = self.begin_write()?;
        {
            let mut meta = write.open_table(META)?;
            let version = meta.get(VERSION)?.map(|v| v.value().to_vec());
            match version {
                None => {
                    let proof = self.seal(ROOT_KEY_PROOF, b"")?;
                    meta.insert(ROOT_KEY_PROOF, proof.as_slice())?;
                }
                Some(bytes) => {
                    self.check_version(&bytes)?;
                    let proof = meta.get(ROOT_KEY_PROOF)?.map(|v| v.value().to_vec());
                    self.unseal(ROOT_KEY_PROOF, &proof.unwrap_or_default())
                        .map_err(|_| StateError::RootKeyForeign)?;
                }
            }
            meta.insert(VERSION, CURRENT_VERSION.to_be_bytes().as_slice())?;
        }
        write.commit()?;
        Ok(())
    }

    fn check_version(&self, bytes: &[u8]) -> Result<(), StateError> {
        let folder = || self.folder.clone().unwrap_or_else(|| "memory".into());
        let found = <[u8; 4]>::try_from(bytes).map(u32::from_be_bytes);
        match found {
            Ok(OLDEST_VERSION..=CURRENT_VERSION) => Ok(()),
            Ok(found) if found > CURRENT_VERSION => Err(StateError::Newer {
                folder: folder(),
                found,
                supported: CURRENT_VERSION,
            }),
            _ => Err(StateError::DatabaseDamaged {
                path: folder().join(DATABASE_FILE),
                source: "its version is not one that was ever written".into(),
            }),
        }
    }
}

/// Opens or makes the database. A damaged file is an error, also where the database gives up on it.
fn open_database(path: &Path) -> Result<Database, StateError> {
    let opened =
        std::panic::catch_unwind(|| Builder::new().set_cache_size(CACHE_BYTES).create(path));
    let opened = opened.map_err(|_| StateError::DatabaseDamaged {
        path: path.to_owned(),
        source: "the database library gave up on it".into(),
    })?;
    opened.map_err(|error| StateError::opening(path, error))
}

/// A file in a folder of a service, if there is one.
fn files_of_services(folder: &Path) -> Option<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries(folder)
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in entries(&folder) {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => return Some(path),
            }
        }
    }
    None
}

fn is_initialised(database: &Database) -> Result<bool, StateError> {
    match database.begin_read()?.open_table(META) {
        Ok(meta) => Ok(meta.get(VERSION)?.is_some()),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn make_private_folder(folder: &Path) -> Result<(), StateError> {
    let unwritable = |source: io::Error| StateError::Unwritable {
        path: folder.to_owned(),
        source,
    };
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(unwritable)
}

#[cfg(test)]
mod tests;
