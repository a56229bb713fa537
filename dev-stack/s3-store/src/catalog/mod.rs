//! What the bucket contains: records of buckets, objects, their versions, and uploads in the state's database.
//!
//! Listings are ordered by the bytes of the keys. A change is one transaction, conditions included. The
//! catalog holds no bodies and no plaintext keys, and checks no permissions.

mod bucket_record;
mod listing;
mod millis;
mod records;
mod references;
mod tables;
mod uploads;
mod version_id;
mod version_listing;
mod version_rows;
mod versions;
mod write_condition;

pub use self::{
    bucket_record::{
        Bucket, BucketDefault, CorsRule, CustomerKeys, DefaultRetention, ObjectLock,
        PublicAccessBlock, RetentionPeriod, Versioning,
    },
    listing::{Entry, ListQuery, Page, Resume},
    millis::Millis,
    records::{
        ChecksumScope, CompletionRefusal, ContentHeaders, Layers, Object, ObjectLockState,
        PartSummary, Protection, SealedBytes, StoredChecksum, StoredPart, StoredPiece, WrappedKey,
    },
    tables::{Catalog, CatalogError},
    uploads::{Completion, Upload, UploadId, UploadListQuery},
    version_id::{InvalidVersionId, Stamp, VersionId},
    version_listing::{VersionEntry, VersionListQuery, VersionPage, VersionResume},
    version_rows::{DeleteMarker, Version},
    versions::{Deletion, RemovedVersion, Tagging, VersionRemoval},
    write_condition::WriteCondition,
};
