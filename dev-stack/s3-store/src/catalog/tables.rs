//! Tables and transactions: buckets and objects.

use std::sync::Arc;

use keyfront_dev_ground::state::{State, StateError};
use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Serialize, de::DeserializeOwned};

use super::bucket_record::{Bucket, Versioning};
use super::records::Object;
use super::write_condition::Unmet;
use crate::data_key::NoRandomness;

pub(super) type Rows = TableDefinition<'static, &'static [u8], &'static [u8]>;
const BUCKETS: Rows = TableDefinition::new("s3/buckets");
pub(super) const OBJECTS: Rows = TableDefinition::new("s3/objects");
/// Delete markers, and the versions that are not the object as it is.
pub(super) const VERSIONS: Rows = TableDefinition::new("s3/versions");
pub(super) const UPLOADS: Rows = TableDefinition::new("s3/uploads");
pub(super) const PARTS: Rows = TableDefinition::new("s3/parts");
/// What uploads were completed to: a repeated completion is answered like the first.
pub(super) const COMPLETED: Rows = TableDefinition::new("s3/completed");

/// The records could not be read or written, or the change was refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// No such bucket.
    #[error("no such bucket")]
    NoSuchBucket,
    /// The bucket still has objects or uploads.
    #[error("the bucket is not empty")]
    BucketNotEmpty,
    /// The bucket exists.
    #[error("the bucket exists")]
    BucketExists,
    /// A conditional write's object does not exist.
    #[error("no object to match")]
    NoObjectToMatch,
    /// A conditional write's object does not match.
    #[error("the precondition failed")]
    PreconditionFailed,
    /// No such multipart upload.
    #[error("no such upload")]
    NoSuchUpload,
    /// A multipart upload cannot be completed as requested.
    #[error("the upload cannot be completed: {0}")]
    Completion(#[from] super::records::CompletionRefusal),
    /// The database failed: look at the state folder's disk.
    #[error("the state database failed")]
    State(#[from] StateError),
    /// An object is locked, and may not be removed for good.
    #[error("the version is locked")]
    Locked,
    /// A version could not be named.
    #[error("cannot name a version")]
    NoRandomness(#[from] NoRandomness),
    /// A record does not parse: the state folder is of another version, or damaged.
    #[error("a record of the state database does not parse")]
    Corrupt(#[from] serde_json::Error),
    /// The runtime is shutting down.
    #[error("the runtime is shutting down")]
    Stopped,
}

impl From<Unmet> for CatalogError {
    fn from(unmet: Unmet) -> Self {
        match unmet {
            Unmet::NoObject => Self::NoObjectToMatch,
            Unmet::Failed => Self::PreconditionFailed,
        }
    }
}

macro_rules! database_errors {
    ($($error:ty),*) => {$(
        impl From<$error> for CatalogError {
            fn from(error: $error) -> Self {
                Self::State(error.into())
            }
        }
    )*};
}

database_errors!(
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);

/// All records of one state.
#[derive(Clone)]
pub struct Catalog {
    state: Arc<State>,
}

impl Catalog {
    /// Uses the database of `state`, making the tables it lacks.
    ///
    /// # Errors
    /// [`CatalogError::State`]
    pub fn open(state: Arc<State>) -> Result<Self, CatalogError> {
        let change = state.begin_write()?;
        for table in [BUCKETS, OBJECTS, VERSIONS, UPLOADS, PARTS, COMPLETED] {
            change.open_table(table)?;
        }
        change.commit()?;
        Ok(Self { state })
    }

    pub(super) fn read(&self) -> Result<ReadTransaction, CatalogError> {
        Ok(self.state.begin_read()?)
    }

    /// Runs `change` in one transaction, off the asynchronous threads; an error undoes it.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&WriteTransaction) -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T, CatalogError> {
        let state = Arc::clone(&self.state);
        let work = move || {
            let transaction = state.begin_write()?;
            let done = change(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| CatalogError::Stopped)?
    }

    /// The bucket, if it exists.
    pub fn bucket(&self, name: &str) -> Result<Option<Bucket>, CatalogError> {
        find(&self.read()?.open_table(BUCKETS)?, name.as_bytes())
    }

    /// All buckets, by name.
    pub fn buckets(&self) -> Result<Vec<(String, Bucket)>, CatalogError> {
        let mut buckets = Vec::new();
        for row in self.read()?.open_table(BUCKETS)?.iter()? {
            let (name, record) = row?;
            let name = String::from_utf8_lossy(name.value()).into_owned();
            buckets.push((name, serde_json::from_slice(record.value())?));
        }
        Ok(buckets)
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// [`CatalogError::BucketExists`]
    pub async fn create_bucket(&self, name: String, bucket: Bucket) -> Result<(), CatalogError> {
        self.change(move |change| {
            let mut buckets = change.open_table(BUCKETS)?;
            if buckets.get(name.as_bytes())?.is_some() {
                return Err(CatalogError::BucketExists);
            }
            insert(&mut buckets, name.as_bytes(), &bucket)
        })
        .await
    }

    /// Changes a bucket's settings.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchBucket`]
    pub async fn change_bucket(
        &self,
        name: String,
        settle: impl FnOnce(&mut Bucket) + Send + 'static,
    ) -> Result<(), CatalogError> {
        self.change(move |change| {
            let mut buckets = change.open_table(BUCKETS)?;
            let mut bucket: Bucket =
                find(&buckets, name.as_bytes())?.ok_or(CatalogError::NoSuchBucket)?;
            settle(&mut bucket);
            insert(&mut buckets, name.as_bytes(), &bucket)
        })
        .await
    }

    /// Removes an empty bucket: one without objects, versions, delete markers and uploads.
    ///
    /// # Errors
    /// [`CatalogError::NoSuchBucket`], [`CatalogError::BucketNotEmpty`]
    pub async fn delete_bucket(&self, name: String) -> Result<(), CatalogError> {
        self.change(move |change| {
            let mut buckets = change.open_table(BUCKETS)?;
            let inside = row_key(&name, "");
            for table in [OBJECTS, VERSIONS, UPLOADS] {
                let table = change.open_table(table)?;
                let first = table.range(inside.as_slice()..)?.next().transpose()?;
                if first.is_some_and(|(key, _)| key.value().starts_with(&inside)) {
                    return Err(CatalogError::BucketNotEmpty);
                }
            }
            match buckets.remove(name.as_bytes())? {
                Some(_) => Ok(()),
                None => Err(CatalogError::NoSuchBucket),
            }
        })
        .await
    }

    /// The object, if it exists.
    pub fn object(&self, bucket: &str, key: &str) -> Result<Option<Object>, CatalogError> {
        find(&self.read()?.open_table(OBJECTS)?, &row_key(bucket, key))
    }
}

pub(super) fn bucket_exists(change: &WriteTransaction, bucket: &str) -> Result<(), CatalogError> {
    match change.open_table(BUCKETS)?.get(bucket.as_bytes())? {
        Some(_) => Ok(()),
        None => Err(CatalogError::NoSuchBucket),
    }
}

/// Whether the bucket keeps versions. Of its record nothing else is read.
pub(super) fn versioning_of(
    change: &WriteTransaction,
    bucket: &str,
) -> Result<Versioning, CatalogError> {
    #[derive(serde::Deserialize)]
    struct Setting {
        #[serde(default)]
        versioning: Versioning,
    }
    let buckets = change.open_table(BUCKETS)?;
    let found: Option<Setting> = find(&buckets, bucket.as_bytes())?;
    found
        .map(|setting| setting.versioning)
        .ok_or(CatalogError::NoSuchBucket)
}

/// Bucket names hold no NUL, so rows sort by bucket, then by the key's bytes.
pub(super) fn row_key(bucket: &str, key: &str) -> Vec<u8> {
    [bucket.as_bytes(), &[0], key.as_bytes()].concat()
}

pub(super) fn find<T: DeserializeOwned>(
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    key: &[u8],
) -> Result<Option<T>, CatalogError> {
    match table.get(key)? {
        Some(record) => Ok(Some(serde_json::from_slice(record.value())?)),
        None => Ok(None),
    }
}

pub(super) fn insert<T: Serialize>(
    table: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
    key: &[u8],
    record: &T,
) -> Result<(), CatalogError> {
    table.insert(key, serde_json::to_vec(record)?.as_slice())?;
    Ok(())
}
