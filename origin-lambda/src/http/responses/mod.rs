//! The JSON documents this API returns. `/openapi.json` describes them from these very types.

mod folder;
mod history;
mod objects;
mod page;
mod publisher;
mod releases;
mod shares;
mod uploads;
mod uppy;

use keyfront_origin_core::error::UnverifiedObject;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::{
    folder::FolderPage,
    history::{DeletedListing, RestoredBody, VersionsBody},
    objects::{Deleted, DescriptionBody, EnvelopeFields, Listed, Metadata, PageBody, StoredBody},
    page::{PageSettingsBody, PageToken},
    publisher::PublisherBody,
    releases::{
        CopiesBody, Download, DownloadsBody, LogBody, MissingCopy, ReleaseBegun, ReleaseBody,
        ReleaseListed, RemovedBody, TreeBody, TreeEntry, UploadsBody, VerifyBody,
    },
    shares::{Image, ImageStored, Images, Share},
    uploads::{Aborted, Completed, Held, PlanBody, SignedPart, SignedParts, UnderWay},
    uppy::{Empty, UppyForm, UppyLocation, UppyMultipart, UppyPart, UppySigned},
};

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
    /// Of a release that is not complete, the first objects that are missing or wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) objects: Vec<UnverifiedObject>,
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
