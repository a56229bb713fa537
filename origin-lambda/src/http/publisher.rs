//! `GET /publisher`: who the caller is, and what it may do. Pages show that, and only that.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::{
    identified::Identified,
    openapi::Listing,
    query::{NoParameters, Parameters},
    refusal::Refusal,
    responses::PublisherBody,
};
use crate::origin::Origin;

/// Describes the caller and its rules.
#[utoipa::path(get, path = "/publisher", operation_id = "describePublisher", tag = "operation", security(("publisher" = [])), responses((status = 200, description = "Who the caller is", body = PublisherBody), Listing))]
pub(super) async fn describe(
    State(origin): State<Arc<Origin>>,
    Parameters(NoParameters {}): Parameters<NoParameters>,
    Identified(session): Identified,
) -> Result<Json<PublisherBody>, Refusal> {
    Ok(Json(PublisherBody::of(&session, &origin.released_sites())))
}
