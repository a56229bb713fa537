//! Why the state could not be opened, read or written.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A failure of the stack's state.
#[derive(Debug, Error)]
pub enum StateError {
    /// Choose another folder, or give this user the right to write there.
    #[error("state folder {} is not writable", path.display())]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another `keyfront dev` uses the folder: stop it, or choose another folder.
    #[error("state folder {} is in use by another process", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder was written by another version of the stack: choose another folder or remove it.
    #[error("state has version {found:?}, this build reads version {supported}")]
    Version {
        /// The version in the database, if it is a number at all.
        found: Option<u32>,
        /// The one this build reads and writes.
        supported: u32,
    },
    /// The database is there and its root key is not: restore the file, or remove the folder.
    #[error("root key {} is missing", path.display())]
    RootKeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The root key does not have 32 bytes: restore the file, or remove the folder.
    #[error("root key {} is damaged", path.display())]
    RootKeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// Others may read the root key: `chmod 600` it, and consider the stack's keys known.
    #[error("root key {} has mode {mode:o}, it must not be readable by others", path.display())]
    RootKeyExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The root key belongs to another database: restore the right one, or remove the folder.
    #[error("root key does not belong to this state")]
    RootKeyForeign,
    /// A sealed value does not open: the database was changed by something else.
    #[error("sealed value does not open")]
    Unsealing,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system")]
    Randomness(#[from] getrandom::Error),
    /// The database failed: disk full, or file damaged.
    #[error("state database failed")]
    Storage(#[source] Box<redb::Error>),
}

impl StateError {
    pub(super) fn opening(folder: &Path, error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::DatabaseAlreadyOpen => Self::Locked {
                path: folder.to_owned(),
            },
            redb::DatabaseError::Storage(redb::StorageError::Io(source)) => Self::Unwritable {
                path: folder.to_owned(),
                source,
            },
            other => Self::Storage(Box::new(other.into())),
        }
    }
}

macro_rules! from_redb {
    ($($error:ident),+) => {$(
        impl From<redb::$error> for StateError {
            fn from(error: redb::$error) -> Self {
                Self::Storage(Box::new(error.into()))
            }
        }
    )+};
}

from_redb!(StorageError, TableError, TransactionError, CommitError);
