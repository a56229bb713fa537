//! The route `/shares`.

use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use keyfront_names::ObjectKey;
use keyfront_origin_core::sharing::Via;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    document::Document,
    identified::Identified,
    openapi::Sharing,
    query::{NoParameters, Parameters},
    refusal::Refusal,
    responses::Share,
};
use crate::{error::Error, origin::Origin, sharing::ShareRequest};

/// The object to share.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareDocument {
    key: String,
    /// Seconds; an hour unless given, or less where the rule allows less
    expires: Option<u32>,
    /// `cdn` where this origin signs links of the CDN, otherwise `s3`
    via: Option<Via>,
    /// Whether what is sealed is to be read as it is stored, by whoever has the key; otherwise the CDN opens it where it can
    #[serde(default)]
    as_stored: bool,
}

/// Makes a URL that reads one object, for as long as the rule allows (`max_lifetime`, an hour unless it says more).
///
/// Through the CDN it works until `expires`, up to 7 days. Straight from S3 it ends with the session that signed it, after
/// 12 hours at most, or after 7 days where a user's access key signs; `validity` says how far `expires` can be relied on.
#[utoipa::path(post, path = "/shares", operation_id = "shareObject", tag = "shares", request_body(content = ShareDocument), security(("publisher" = [])), responses((status = 201, description = "The URL", body = Share), Sharing))]
pub(super) async fn share(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
    Document(document): Document<ShareDocument>,
) -> Result<(StatusCode, Json<Share>), Refusal> {
    let request = ShareRequest {
        key: ObjectKey::new(document.key).map_err(Error::Key)?,
        via: document.via,
        lifetime: document.expires,
        as_stored: document.as_stored,
    };
    let share = origin.share(&session, &request).await?;
    let rendered = Share {
        key: request.key.into_string(),
        url: share.url,
        via: share.via,
        expires: share.expires,
        validity: share.promise,
    };
    Ok((StatusCode::CREATED, Json(rendered)))
}
