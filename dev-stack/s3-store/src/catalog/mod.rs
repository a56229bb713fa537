//! What the bucket contains: records of buckets, objects and uploads in the state's database.
//!
//! Listings are ordered by the bytes of the keys. A change is one transaction, conditions included. The
//! catalog holds no bodies and no plaintext keys, and checks no permissions.

mod listing;
mod records;
mod tables;
mod uploads;

pub use self::{
    listing::{Entry, ListQuery, Page, Resume},
    records::{
        Bucket, BucketDefault, ChecksumScope, CompletionRefusal, ContentHeaders, CorsRule,
        CustomerKeys, DefaultRetention, Layers, Millis, Object, ObjectLock, ObjectLockState,
        PartSummary, Protection, PublicAccessBlock, RetentionPeriod, SealedBytes, StoredChecksum,
        StoredPart, StoredPiece, WrappedKey, WriteCondition,
    },
    tables::{Catalog, CatalogError, Deletion},
    uploads::{Completion, Upload, UploadId, UploadListQuery},
};
