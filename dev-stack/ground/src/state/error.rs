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
    /// The folder was written by a later version of the stack, and this one would misread or damage it: use that version, or
    /// another folder.
    #[error("state folder {} is of version {found}, which a newer keyfront dev wrote; this one supports versions up to {supported}: use the newer one, or another folder", folder.display())]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// The version in the database.
        found: u32,
        /// The one this build writes.
        supported: u32,
    },
    /// The root key or bodies of objects are there, and the database that knows what they are is missing or empty. Nothing was
    /// made and nothing removed: restore the database, or remove the folder.
    #[error("state database {} is missing or empty, but {left} is beside it; restore the file, or start over by removing the folder {}", path.display(), folder(path).display())]
    DatabaseLost {
        /// Where it should be.
        path: PathBuf,
        /// What is left.
        left: String,
    },
    /// The database cannot be understood: restore the file, or remove the folder.
    #[error("state database {} is damaged; restore it from a copy, or start over by removing the folder {}", path.display(), folder(path).display())]
    DatabaseDamaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is there and its root key is not: restore the file, or remove the folder.
    #[error("root key {} is missing; restore it, or start over by removing the folder {}", path.display(), folder(path).display())]
    RootKeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The root key does not have 32 bytes: restore the file, or remove the folder.
    #[error("root key {} is damaged; restore it from a copy, or start over by removing the folder {}", path.display(), folder(path).display())]
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
    #[error(
        "the root key belongs to another state database; restore the right one, or start over in another folder"
    )]
    RootKeyForeign,
    /// A sealed value does not open: the database was changed by something else.
    #[error("sealed value cannot be decrypted")]
    Unsealing,
    /// The operating system gave no randomness.
    #[error("no random bytes from the operating system")]
    Randomness(#[from] getrandom::Error),
    /// The database failed: disk full, or file damaged.
    #[error("state database failed")]
    Storage(#[source] Box<redb::Error>),
}

impl StateError {
    pub(super) fn opening(database: &Path, error: redb::DatabaseError) -> Self {
        use redb::{DatabaseError, StorageError};
        let damaged = |source: Box<dyn std::error::Error + Send + Sync>| Self::DatabaseDamaged {
            path: database.to_owned(),
            source,
        };
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::Locked {
                path: folder(database).to_owned(),
            },
            // What is read is told from what the operating system refuses by the kind of the error alone.
            DatabaseError::Storage(StorageError::Io(source)) if is_of_content(source.kind()) => {
                damaged(source.into())
            }
            DatabaseError::Storage(StorageError::Io(source)) => Self::Unwritable {
                path: folder(database).to_owned(),
                source,
            },
            DatabaseError::Storage(StorageError::Corrupted(_)) | DatabaseError::RepairAborted => {
                damaged(error.into())
            }
            other => Self::Storage(Box::new(other.into())),
        }
    }
}

const fn is_of_content(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::InvalidData | Kind::InvalidInput | Kind::UnexpectedEof
    )
}

fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
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
