//! The routes under `/uploads`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use http::StatusCode;
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    budget::Expense,
    caching::Caching,
    sealed_metadata::Details,
    uploads::{
        Checksum, ClientEnvelope, KeyOrigin, Kind, SendBy, UploadRequest,
        fields::{content_coding, media_type},
        part_checksums,
    },
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    document::Document,
    identified::Identified,
    named_upload::NamedUpload,
    openapi::{Completing, Describing, Listing, Storing},
    query::{NoParameters, Parameters, StaleQuery, StaleSelection, overwrite},
    refusal::Refusal,
    responses::{Aborted, Completed, Held, PlanBody, SignedPart, SignedParts, UnderWay},
};
use crate::{
    encryption::EncryptionMode,
    error::Error,
    origin::Origin,
    uploads::{self, Begun},
};

/// An upload to begin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginDocument {
    key: String,
    size: u64,
    content_type: Option<String>,
    content_encoding: Option<String>,
    checksum: Option<Checksum>,
    encryption: Option<EncryptionMode>,
    /// `no-store`, `no-cache` or `max-age=SECONDS`, no longer than the rule's own Cache-Control
    #[schema(value_type = Option<String>)]
    cache_control: Option<Caching>,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    method: SendBy,
    expires: Option<u32>,
    file_name: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    /// The metadata of an envelope of the S3 Encryption Client, named without `x-amz-meta-`, of content that is sealed already;
    /// `size` is then that of the sealed content
    envelope: Option<BTreeMap<String, String>>,
}

/// Begins an upload straight to S3.
#[utoipa::path(post, path = "/uploads", operation_id = "beginUpload", tag = "uploads", request_body(content = BeginDocument), security(("publisher" = [])), responses((status = 201, description = "How to send it", body = PlanBody), Storing))]
pub(super) async fn begin(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
    Document(document): Document<BeginDocument>,
) -> Result<(StatusCode, Json<PlanBody>), Refusal> {
    let begun = origin.begin(&session, &document.request()?).await?;
    let token = origin.token(&session, &begun.upload).await?;
    Ok((StatusCode::CREATED, Json(rendered(token, begun))))
}

impl BeginDocument {
    fn request(self) -> Result<UploadRequest, Error> {
        Ok(UploadRequest {
            key: ObjectKey::new(self.key).map_err(Error::Key)?,
            size: Some(self.size),
            part_size: None,
            content_type: media_type(self.content_type.as_deref())?,
            content_encoding: content_coding(self.content_encoding.as_deref())?,
            checksum: self.checksum,
            encryption: self.encryption,
            caching: self.cache_control,
            overwrite: overwrite(self.overwrite),
            send_by: self.method,
            lifetime: self.expires,
            key_origin: KeyOrigin::Chosen,
            details: Details::of_document(self.file_name, self.tags)?,
            envelope: self
                .envelope
                .map(|fields| ClientEnvelope::read(fields, self.size))
                .transpose()?,
        })
    }
}

fn rendered(upload: String, begun: Begun) -> PlanBody {
    let Begun {
        upload: begun,
        grant,
    } = begun;
    let (key, parts) = (begun.key.clone(), begun.part_plan().into());
    match (begun.kind, grant) {
        (Kind::Put, Some(grant)) => PlanBody::Put {
            upload,
            key,
            url: grant.url,
            headers: grant.headers.into_iter().collect(),
            expires: grant.expires,
            validity: grant.promise,
        },
        (Kind::Form, Some(grant)) => PlanBody::Form {
            upload,
            key,
            url: grant.url,
            fields: grant.headers.into_iter().collect(),
            expires: grant.expires,
            validity: grant.promise,
        },
        _ => PlanBody::Multipart { upload, key, parts },
    }
}

/// The parts to be sent next.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PartsDocument {
    parts: Vec<u32>,
    #[serde(default)]
    checksums: BTreeMap<u32, Checksum>,
    expires: Option<u32>,
}

/// Signs requests for parts, at most 1,000.
#[utoipa::path(post, path = "/uploads/{token}/parts", operation_id = "signParts", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), request_body(content = PartsDocument), security(("publisher" = [])), responses((status = 200, description = "One request for each part", body = SignedParts), Describing))]
pub(super) async fn sign_parts(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    NamedUpload { session, upload }: NamedUpload,
    Document(document): Document<PartsDocument>,
) -> Result<Json<SignedParts>, Refusal> {
    let parts = part_checksums(&document.parts, document.checksums)?;
    let grants = origin.sign_parts(&session, upload, &parts, document.expires);
    let grants = grants.await?;
    let parts = grants.into_iter();
    let parts = parts.map(|(number, grant)| SignedPart::new(number, grant));
    Ok(Json(SignedParts {
        parts: parts.collect(),
    }))
}

/// Lists what S3 holds of an upload, to go on with it.
#[utoipa::path(get, path = "/uploads/{token}", operation_id = "describeUpload", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), security(("publisher" = [])), responses((status = 200, description = "The upload is in progress", body = UnderWay), Describing))]
pub(super) async fn describe(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    NamedUpload { session, upload }: NamedUpload,
) -> Result<Json<UnderWay>, Refusal> {
    let (upload, held) = origin.held_parts(&session, upload).await?;
    let held = held.into_iter().map(|part| Held {
        number: part.number,
        size: part.size,
        etag: part.etag,
    });
    Ok(Json(UnderWay {
        held: held.collect(),
        parts: upload.part_plan().into(),
        size: upload.size,
        key: upload.key,
    }))
}

/// Completes an upload, and verifies what S3 stored.
///
/// Repeating a completed one returns the same.
#[utoipa::path(post, path = "/uploads/{token}/complete", operation_id = "completeUpload", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), security(("publisher" = [])), responses((status = 200, description = "Stored and verified", body = Completed), Completing))]
pub(super) async fn complete(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    NamedUpload { session, upload }: NamedUpload,
) -> Result<Json<Completed>, Refusal> {
    let (upload, finished, reach) = origin.complete(&session, upload).await?;
    let key = upload.object_key()?;
    Ok(Json(Completed {
        key: key.as_str().to_owned(),
        path: key.viewer_path(),
        etag: finished.etag,
        size: finished.size,
        content_type: finished.content_type,
        encryption: upload.encryption,
        cdn: reach.map(|reach| reach.to_string()),
        url: origin.url_of(&key),
    }))
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/uploads/{token}", operation_id = "abortUpload", tag = "uploads", params(("token" = String, Path, description = "The token that began the upload")), security(("publisher" = [])), responses((status = 204, description = "Aborted"), Describing))]
pub(super) async fn abort(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    NamedUpload { upload, .. }: NamedUpload,
) -> Result<StatusCode, Refusal> {
    uploads::abort(&origin.store, &upload).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives up uploads nobody goes on with, of keys the publisher may delete.
#[utoipa::path(delete, path = "/uploads", operation_id = "abortStaleUploads", tag = "uploads", params(StaleQuery), security(("publisher" = [])), responses((status = 200, description = "The number of aborted uploads", body = Aborted), Listing))]
pub(super) async fn abort_stale(
    State(origin): State<Arc<Origin>>,
    Parameters(selected): Parameters<StaleSelection>,
    Identified(session): Identified,
) -> Result<Json<Aborted>, Refusal> {
    origin.budgets.take(session.publisher(), Expense::Listing)?;
    let StaleSelection { prefix, age } = selected;
    let aborted = uploads::abort_stale(&origin.store, session.publisher(), &prefix, age).await?;
    Ok(Json(Aborted { aborted }))
}
