//! Releases of sites.

use std::collections::BTreeMap;

use keyfront_origin_core::releases::{DeclaredObject, LogEntry};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    releases::{Activation, BegunParts, BegunUpload, DescribedRelease, ReleaseState},
    uploads::Grant,
};

/// A site's log of activations, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseLog)]
pub(crate) struct LogBody {
    pub(crate) site: String,
    /// The release that viewers get.
    pub(crate) active: Option<String>,
    /// 50 a page.
    pub(crate) log: Vec<ActivationEntry>,
    /// On the first page, the releases in the bucket, 1,000 at most. `superseded` are those of this page of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) releases: Option<Vec<ReleaseListed>>,
    /// For the next page; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// An activation, as the log holds it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivationEntry {
    /// RFC 3339
    at: String,
    /// The publisher.
    by: String,
    /// The extensions whose files have compressed forms, with spaces between them.
    encoded: String,
    n: u64,
    /// Which of the publisher's people, by a pseudonym: `oidc:ISSUER/HASH` or `iam/HASH`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    person: Option<String>,
    /// SHA-256 of the entry before, hex; zeros for the first.
    previous: String,
    release: String,
    /// What was active before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    replaced: Option<String>,
    v: u32,
}

impl From<LogEntry> for ActivationEntry {
    fn from(entry: LogEntry) -> Self {
        Self {
            at: entry.at.to_string(),
            by: entry.by,
            encoded: entry.encoded.to_string(),
            n: entry.n,
            person: entry.person,
            previous: entry.previous.to_string(),
            release: entry.release.to_string(),
            replaced: entry.replaced.map(|id| id.to_string()),
            v: 1,
        }
    }
}

/// A release in the bucket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReleaseListed {
    pub(crate) id: String,
    pub(crate) state: ReleaseState,
}

/// A release that was begun, or found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReleaseBegun {
    pub(crate) id: String,
    /// `new`, or how far it has come.
    pub(crate) state: &'static str,
    pub(crate) manifest: PresignedPut,
}

/// A presigned request: send exactly these headers. 412 means that it is there already.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresignedPut {
    url: String,
    headers: BTreeMap<String, String>,
    /// Unix time after which S3 refuses it.
    expires: u64,
}

impl From<Grant> for PresignedPut {
    fn from(grant: Grant) -> Self {
        Self {
            url: grant.url,
            headers: grant.headers.into_iter().collect(),
            expires: grant.expires,
        }
    }
}

/// A release.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Release)]
pub(crate) struct ReleaseBody {
    id: String,
    state: ReleaseState,
    /// Its last activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    activation: Option<ActivationBody>,
}

/// An activation and how far it reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseActivation)]
pub(crate) struct ActivationBody {
    n: u64,
    /// RFC 3339
    at: String,
    /// The publisher.
    by: String,
    /// Which of its people, by a pseudonym: `oidc:ISSUER/HASH` or `iam/HASH`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    person: Option<String>,
    /// `invalidating`: the CDN may still have copies of what was before; `everywhere`: it has none.
    state: &'static str,
    /// RFC 3339
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invalidated_at: Option<String>,
}

impl From<Activation> for ActivationBody {
    fn from(activation: Activation) -> Self {
        Self {
            n: activation.entry.n,
            at: activation.entry.at.to_string(),
            by: activation.entry.by,
            person: activation.entry.person,
            state: match activation.invalidated_at {
                Some(_) => "everywhere",
                None => "invalidating",
            },
            invalidated_at: activation.invalidated_at,
        }
    }
}

impl ReleaseBody {
    pub(crate) fn new(id: String, described: DescribedRelease) -> Self {
        Self {
            id,
            state: described.state,
            activation: described.activation.map(Into::into),
        }
    }

    pub(crate) fn activated(id: String, activation: Activation) -> Self {
        Self::new(
            id,
            DescribedRelease {
                state: ReleaseState::Active,
                activation: Some(activation),
            },
        )
    }
}

/// What is there of a release.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseTree)]
pub(crate) struct TreeBody {
    /// At most 1,000 a page.
    pub(crate) objects: Vec<TreeEntry>,
    /// For the next page; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// An object of a release.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TreeEntry {
    /// `files`, `br` or `gzip`
    pub(crate) tree: &'static str,
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// How to send objects, in the order in which they were named.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseUploads)]
pub(crate) struct UploadsBody {
    pub(crate) files: Vec<PlannedUpload>,
}

/// How to send an object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseUpload)]
pub(crate) struct PlannedUpload {
    /// `files`, `br` or `gzip`
    tree: &'static str,
    path: String,
    #[serde(flatten)]
    way: UploadWay,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "method")]
#[schema(as = ReleaseUploadWay)]
enum UploadWay {
    /// One request.
    #[serde(rename = "PUT")]
    Put(PresignedPut),
    /// A request for each part.
    #[serde(rename = "MULTIPART")]
    Multipart {
        /// To complete it with.
        token: String,
        /// Bytes of each part but the last.
        part_size: u64,
        /// A URL to `PUT` each part to, in order.
        parts: Vec<String>,
    },
}

impl From<BegunUpload> for PlannedUpload {
    fn from(begun: BegunUpload) -> Self {
        let (object, way): (DeclaredObject, _) = match begun {
            BegunUpload::Put(object, grant) => (object, UploadWay::Put(grant.into())),
            BegunUpload::Parts(object, begun) => {
                let BegunParts {
                    token,
                    part_size,
                    urls,
                    ..
                } = begun;
                let way = UploadWay::Multipart {
                    token,
                    part_size,
                    parts: urls,
                };
                (object, way)
            }
        };
        Self {
            tree: object.tree.as_str(),
            path: object.path,
            way,
        }
    }
}

/// URLs that read objects, in the order in which they were named.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseDownloads)]
pub(crate) struct DownloadsBody {
    pub(crate) files: Vec<Download>,
}

/// A URL that reads an object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseDownload)]
pub(crate) struct Download {
    /// `files`, `br` or `gzip`
    pub(crate) tree: &'static str,
    pub(crate) path: String,
    pub(crate) url: String,
    /// Unix time after which S3 refuses it.
    pub(crate) expires: u64,
}

/// What became of copies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseCopies)]
pub(crate) struct CopiesBody {
    /// How many are there.
    pub(crate) copied: usize,
    /// The others: upload them.
    pub(crate) missing: Vec<MissingCopy>,
}

/// An object that was not copied.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissingCopy {
    pub(crate) tree: &'static str,
    pub(crate) to_path: String,
    pub(crate) reason: &'static str,
}

/// How far checking has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseVerification)]
pub(crate) struct VerifyBody {
    /// Whether every object was checked and the record written.
    pub(crate) verified: bool,
    /// Objects that were checked.
    pub(crate) checked: u64,
    /// How many there are.
    pub(crate) of: u64,
    /// To go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) cursor: Option<String>,
}

/// What was removed of a release.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReleaseRemoved)]
pub(crate) struct RemovedBody {
    /// Objects that this call deleted.
    pub(crate) removed: usize,
    /// Whether some are left: call again.
    pub(crate) more: bool,
}
