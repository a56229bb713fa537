//! What the bucket contains: records of buckets, objects and uploads in the state's database.
//!
//! Listings are ordered by the bytes of the keys. A change is one transaction, conditions included. The
//! catalog holds no bodies and no plaintext keys, and checks no permissions.

mod bucket_record;
mod listing;
mod millis;
mod records;
mod tables;
mod uploads;
mod write_condition;

pub use self::{
    bucket_record::{
        Bucket, BucketDefault, CorsRule, CustomerKeys, DefaultRetention, ObjectLock,
        PublicAccessBlock, RetentionPeriod,
    },
    listing::{Entry, ListQuery, Page, Resume},
    millis::Millis,
    records::{
        ChecksumScope, CompletionRefusal, ContentHeaders, Layers, Object, ObjectLockState,
        PartSummary, Protection, SealedBytes, StoredChecksum, StoredPart, StoredPiece, WrappedKey,
    },
    tables::{Catalog, CatalogError, Deletion},
    uploads::{Completion, Upload, UploadId, UploadListQuery},
    write_condition::WriteCondition,
};
