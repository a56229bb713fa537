//! `GET /healthz`: liveness, and nothing of S3, so that an outage there restarts nobody.

use axum::Json;

use super::responses::Health;

/// Shows that the process responds.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "health", tag = "operation",
    responses((status = 200, description = "The origin is running", body = Health))
)]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}
