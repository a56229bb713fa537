//! Former objects.

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use keyfront_names::ObjectKey;
use keyfront_origin_core::versions::VersionKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::history::{Deleted, History, Version};

/// The versions of an object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Versions)]
pub(crate) struct VersionsBody {
    pub(crate) key: String,
    /// The newest first.
    pub(crate) versions: Vec<VersionBody>,
    /// For the next page; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// A version of an object, or the mark that it was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Version)]
pub(crate) struct VersionBody {
    pub(crate) version: String,
    /// Whether it is what readers get.
    pub(crate) is_current: bool,
    /// Whether it is the mark of a deletion.
    pub(crate) deleted: bool,
    /// Bytes as they rest.
    pub(crate) size: Option<u64>,
    pub(crate) etag: Option<String>,
    /// RFC 3339
    pub(crate) last_modified: Option<String>,
}

/// A version that is current again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Restored)]
pub(crate) struct RestoredBody {
    pub(crate) key: String,
    /// Its new id, in a bucket that keeps versions.
    pub(crate) version: Option<String>,
    pub(crate) etag: String,
    /// Where it replaced something: whether copies of that are gone from the CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) cdn: Option<String>,
}

/// A page of deleted objects.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletedListing {
    pub(crate) objects: Vec<DeletedBody>,
    /// For the next page; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// A deleted object that can be brought back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeletedObject)]
pub(crate) struct DeletedBody {
    pub(crate) key: String,
    /// RFC 3339
    pub(crate) deleted_at: Option<String>,
    /// The id of its newest version.
    pub(crate) version: String,
    /// Bytes as that version rests.
    pub(crate) size: u64,
    pub(crate) etag: Option<String>,
}

impl VersionsBody {
    pub(crate) fn of(key: &ObjectKey, history: History) -> Self {
        Self {
            key: key.as_str().to_owned(),
            versions: history.versions.into_iter().map(VersionBody::of).collect(),
            next_cursor: history.next,
        }
    }
}

impl VersionBody {
    fn of(version: Version) -> Self {
        let (size, etag) = match version.kind {
            VersionKind::Object { size, etag } => (Some(size), etag),
            VersionKind::Deletion => (None, None),
        };
        Self {
            version: version.id,
            is_current: version.is_current && size.is_some(),
            deleted: size.is_none(),
            size,
            etag,
            last_modified: version.modified.and_then(rfc3339),
        }
    }
}

impl DeletedListing {
    pub(crate) fn of(objects: Vec<Deleted>, next_cursor: Option<String>) -> Self {
        let body = |object: Deleted| DeletedBody {
            key: object.key,
            deleted_at: object.deleted.and_then(rfc3339),
            version: object.version,
            size: object.size,
            etag: object.etag,
        };
        Self {
            objects: objects.into_iter().map(body).collect(),
            next_cursor,
        }
    }
}

fn rfc3339(at: DateTime) -> Option<String> {
    at.fmt(DateTimeFormat::DateTime).ok()
}
