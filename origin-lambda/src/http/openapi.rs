//! `GET /openapi.json`: this API in OpenAPI 3.1, made from the handlers' own types.
//!
//! It describes what a publisher calls; preflights are between browsers and [`super::cors`].

use std::sync::LazyLock;

use axum::Json;
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{
    answers::{Metadata, Plan, Problem, UppySigned},
    health, images, objects, read, uploads, uppy,
};

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Description::openapi);

/// Tells this API.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "operation", responses((status = 200, description = "This document", body = serde_json::Value)))]
pub(super) async fn show() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(&DOCUMENT)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keyfront's publishers' API",
        description = "Uploads into a private, KMS-encrypted bucket. Every refusal is a problem document (RFC 9457) with a stable `code`."
    ),
    paths(
        health::answer, show,
        objects::list, objects::put, objects::describe, objects::delete,
        read::read,
        uploads::share,
        images::upload, images::list,
        uploads::begin, uploads::abort_stale, uploads::describe, uploads::abort, uploads::sign_parts, uploads::complete,
        uppy::parameters, uppy::create, uppy::list, uppy::abort, uppy::complete, uppy::sign,
    ),
    components(schemas(Problem, Plan, Metadata, UppySigned)),
    modifiers(&Publisher),
)]
struct Description;

/// How a publisher shows who it is.
struct Publisher;

impl Modify for Publisher {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A publisher's token, or a JWT of an issuer the publishers' policy names. Publishers by IAM sign requests to the Function URL instead.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("publisher", SecurityScheme::Http(bearer));
    }
}

/// What any call can end in.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub(super) enum Refusals {
    /// The request is malformed, or asks for what is not offered.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// No publisher is known by the credential.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Problem),
    /// The publisher's rules do not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Denied(Problem),
    /// The deployment is broken; the operator's log has the cause.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
    /// S3 or KMS refused or failed.
    #[response(status = 502, content_type = "application/problem+json")]
    Upstream(Problem),
    /// S3, KMS or an issuer is not available; `Retry-After` tells when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
    /// S3 or KMS did not answer in time.
    #[response(status = 504, content_type = "application/problem+json")]
    Timeout(Problem),
}

/// What else a call that stores something can end in.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub(super) enum Writing {
    /// The body stopped arriving.
    #[response(status = 408, content_type = "application/problem+json")]
    Stopped(Problem),
    /// Bytes are missing, are not the authorised ones, or another write was under way.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// The body is too large to come without its length.
    #[response(status = 411, content_type = "application/problem+json")]
    LengthRequired(Problem),
    /// An object with this key exists, or is not the one the request names.
    #[response(status = 412, content_type = "application/problem+json")]
    Precondition(Problem),
    /// The object is larger than the rule or this way of sending allows.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The rule does not allow this media type.
    #[response(status = 415, content_type = "application/problem+json")]
    ContentType(Problem),
}

/// What else a call about something that exists can end in.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub(super) enum Missing {
    /// There is no such object or upload.
    #[response(status = 404, content_type = "application/problem+json")]
    Missing(Problem),
}

/// What else a conditional call can end in.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub(super) enum Conditional {
    /// The object is not the one the request's conditions name.
    #[response(status = 412, content_type = "application/problem+json")]
    Precondition(Problem),
}

/// What else reading content can end in.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only described")]
pub(super) enum Reading {
    /// The answer would be larger than this way of answering allows; ask for ranges.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The range lies outside the content.
    #[response(status = 416, content_type = "application/problem+json")]
    Range(Problem),
}
