//! The JSON documents this API returns. `/openapi.json` describes them from these very types.

use std::collections::BTreeMap;

use keyfront_origin_core::{
    folder::{File, Folder, Page},
    sealed_metadata::{MetadataRead, Unsealed},
    sharing::Via,
    uploads::{PartPlan, Promise},
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use crate::{encryption::EncryptionMode, uploads::Grant};

/// A refusal or failure (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// `urn:keyfront:CODE`
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The same for every occurrence of the code.
    pub(super) title: &'static str,
    pub(super) status: u16,
    #[schema(schema_with = super::openapi::code)]
    pub(super) code: &'static str,
    /// What the caller can change, of mistakes that are the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) detail: Option<String>,
    /// Names the request in the operator's log.
    pub(super) request_id: String,
}

/// Bytes of any kind.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "only described")]
pub(super) struct Content(Vec<u8>);

/// The process responds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    #[schema(example = "ok")]
    pub(super) status: &'static str,
}

/// An object that was stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stored)]
pub(super) struct StoredBody {
    pub(super) key: String,
    /// Where the CDN serves it.
    pub(super) path: String,
    pub(super) etag: String,
    /// Bytes as the publisher sent them.
    pub(super) size: u64,
    pub(super) content_type: String,
    /// `x-amz-server-side-encryption` as S3 applied it.
    pub(super) sse: &'static str,
    pub(super) encryption: EncryptionMode,
    /// After an overwrite: whether copies of the former object are gone from the CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) cdn: Option<String>,
    /// Where readers find it, if the origin knows its CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) url: Option<String>,
}

/// An object as a publisher sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Described)]
pub(super) struct DescriptionBody {
    pub(super) key: String,
    /// Where the CDN serves it.
    pub(super) path: String,
    /// `null` if none was sealed with it.
    pub(super) metadata: Option<Metadata>,
    pub(super) etag: Option<String>,
    /// Bytes as they rest, an envelope's included.
    pub(super) size: u64,
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) cache_control: Option<String>,
    /// RFC 3339
    pub(super) last_modified: Option<String>,
    /// `x-amz-server-side-encryption`, or `other`.
    pub(super) sse: &'static str,
}

/// What was sealed with an object for publishers only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Metadata {
    /// It was altered, or moved here from another object.
    Invalid {
        /// `true`
        invalid: bool,
    },
    /// As it was sealed.
    Valid {
        /// Id of the publisher.
        uploader: String,
        /// RFC 3339
        uploaded_at: Option<String>,
        file_name: Option<String>,
        tags: Vec<String>,
        /// What Uppy's metadata had besides.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        fields: BTreeMap<String, String>,
    },
}

impl Metadata {
    pub(super) fn of(found: MetadataRead) -> Option<Self> {
        Some(match found {
            MetadataRead::Absent => return None,
            MetadataRead::Invalid => Self::Invalid { invalid: true },
            MetadataRead::Unsealed(Unsealed {
                uploader,
                uploaded_at,
                file_name,
                tags,
                fields,
            }) => Self::Valid {
                uploader,
                uploaded_at: OffsetDateTime::from_unix_timestamp(uploaded_at)
                    .ok()
                    .and_then(|at| at.format(&Rfc3339).ok()),
                file_name,
                tags,
                fields,
            },
        })
    }
}

/// An object that is deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deleted {
    pub(super) key: String,
    /// Whether copies are gone from the CDN: `invalidated`, or `expires-in SECONDS`. Absent where there was no object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cdn: Option<String>,
}

/// A page of a listing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Listing)]
pub(super) struct PageBody {
    pub(super) objects: Vec<Listed>,
    /// For the next page; `null` at the end.
    pub(super) next_cursor: Option<String>,
}

/// An object of a listing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed {
    pub(super) key: String,
    /// Where the CDN serves it.
    pub(super) path: String,
    pub(super) etag: Option<String>,
    /// Bytes as they rest.
    pub(super) size: u64,
    /// RFC 3339
    pub(super) last_modified: Option<String>,
    /// With `metadata=true`; `null` if none was sealed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Metadata>, required = false)]
    pub(super) metadata: Option<Option<Metadata>>,
}

/// How to send an upload.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "method")]
#[schema(as = Plan)]
pub(super) enum PlanBody {
    /// One presigned request: send exactly these headers.
    #[serde(rename = "PUT")]
    Put {
        /// The token to complete it with.
        upload: String,
        key: String,
        url: String,
        headers: BTreeMap<String, String>,
        /// Unix time after which S3 refuses it.
        expires: u64,
        validity: Promise,
    },
    /// A browser's form: send exactly these fields, then the file.
    #[serde(rename = "POST")]
    Form {
        /// The token to complete it with.
        upload: String,
        key: String,
        url: String,
        fields: BTreeMap<String, String>,
        /// Unix time after which S3 refuses it.
        expires: u64,
        validity: Promise,
    },
    /// Parts, each to be signed before it is sent.
    #[serde(rename = "MULTIPART")]
    Multipart {
        /// The token to sign parts and complete with.
        upload: String,
        key: String,
        #[serde(flatten)]
        parts: Parts,
    },
}

/// How an upload is cut, where its size is known.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Parts {
    /// Bytes of each part but the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    part_size: Option<u64>,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parts: Option<u32>,
}

impl From<Option<PartPlan>> for Parts {
    fn from(plan: Option<PartPlan>) -> Self {
        Self {
            part_size: plan.map(|plan| plan.part_size()),
            parts: plan.map(|plan| plan.count()),
        }
    }
}

/// Presigned requests for parts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedParts {
    pub(super) parts: Vec<SignedPart>,
}

/// A presigned request for a part: send exactly these headers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedPart {
    number: u32,
    url: String,
    headers: BTreeMap<String, String>,
    /// Unix time after which S3 refuses it.
    expires: u64,
    validity: Promise,
}

impl SignedPart {
    pub(super) fn new(number: u32, grant: Grant) -> Self {
        Self {
            number,
            url: grant.url,
            headers: grant.headers.into_iter().collect(),
            expires: grant.expires,
            validity: grant.promise,
        }
    }
}

/// An upload under way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnderWay {
    pub(super) key: String,
    pub(super) size: Option<u64>,
    /// The parts that S3 holds.
    pub(super) held: Vec<Held>,
    #[serde(flatten)]
    pub(super) parts: Parts,
}

/// A part that S3 holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Held {
    pub(super) number: u32,
    pub(super) size: u64,
    pub(super) etag: String,
}

/// An upload that was completed and verified.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Completed {
    pub(super) key: String,
    /// Where the CDN serves it.
    pub(super) path: String,
    pub(super) etag: String,
    pub(super) size: u64,
    pub(super) content_type: String,
    pub(super) encryption: EncryptionMode,
    /// After an overwrite: whether copies of the former object are gone from the CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) cdn: Option<String>,
    /// Where readers find it, if the origin knows its CDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) url: Option<String>,
}

/// Uploads that were given up.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Aborted {
    pub(super) aborted: usize,
}

/// A URL that reads one object.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Share {
    pub(super) key: String,
    pub(super) url: String,
    pub(super) via: Via,
    /// Unix time after which it is refused.
    pub(super) expires: u64,
    pub(super) validity: Promise,
}

/// An image that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImageStored {
    pub(super) message: &'static str,
    pub(super) file_name: String,
}

/// The images of a publisher's folder.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Images {
    pub(super) images: Vec<Image>,
}

/// An image.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Image {
    pub(super) key: String,
    /// Where it is signed: works for an hour, or as long as the rule allows; presigned, until its session ends as well.
    pub(super) image_url: String,
    /// RFC 3339
    pub(super) last_modified: Option<String>,
}

/// A form upload, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UppyForm {
    #[schema(example = "POST")]
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) fields: BTreeMap<String, String>,
    /// Seconds.
    pub(super) expires: u32,
    pub(super) key: String,
}

/// A multipart upload, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UppyMultipart {
    pub(super) key: String,
    pub(super) upload_id: String,
}

/// A part that S3 holds, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UppyPart {
    pub(super) part_number: u32,
    pub(super) size: u64,
    #[serde(rename = "ETag")]
    pub(super) etag: String,
}

/// Presigned requests for parts, as Uppy reads them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum UppySigned {
    /// Of `batch`, by part number.
    Batch {
        #[serde(rename = "presignedUrls")]
        presigned_urls: BTreeMap<String, String>,
    },
    /// Of one part.
    One {
        url: String,
        /// Seconds.
        expires: u32,
    },
}

/// A completed upload, as Uppy reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UppyLocation {
    pub(super) location: String,
    pub(super) key: String,
    pub(super) bucket: String,
}

/// Nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Empty {}

/// A page of what a folder of a site holds.
#[derive(Debug, Serialize)]
pub(super) struct FolderPage {
    /// The folder's path for viewers, as on the request line.
    path: String,
    /// Names of folders in it, each with its slash.
    folders: Vec<String>,
    files: Vec<FolderFile>,
    /// `after` of the next page; null after the last one.
    next_after: Option<String>,
}

/// An object of a folder.
#[derive(Debug, Serialize)]
struct FolderFile {
    name: String,
    /// Where viewers read it, as on the request line.
    path: String,
    /// Bytes as stored.
    size: u64,
    /// RFC 3339.
    last_modified: Option<String>,
}

impl FolderPage {
    pub(super) fn of(folder: &Folder, page: Page) -> Self {
        let file = |file: File| FolderFile {
            path: folder.path_of(&file.name),
            name: file.name,
            size: file.size,
            last_modified: file
                .last_modified
                .and_then(|time| time.format(&Rfc3339).ok()),
        };
        Self {
            path: folder.path_of(""),
            folders: page.folders,
            files: page.files.into_iter().map(file).collect(),
            next_after: page.next,
        }
    }
}
