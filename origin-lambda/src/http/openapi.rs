//! `GET /openapi.json`: this API in OpenAPI 3.1, made from the handlers' own types.
//!
//! It describes what a publisher calls; preflights are between browsers and [`super::cors`].

use std::{collections::BTreeMap, sync::LazyLock};

use axum::Json;
use keyfront_contract::ProblemType as P;
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        Content, Object, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        schema::Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    health, history, images, objects, publisher, read, releases,
    responses::{Metadata, PlanBody, Problem, UppySigned},
    shares, uploads, uppy,
};
use crate::error::PROBLEMS;

static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(Description::openapi);

/// Describes this API.
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
        health::health, show,
        publisher::describe,
        objects::list, objects::put, objects::describe, objects::delete,
        read::read,
        history::versions, history::restore, history::deleted,
        shares::share,
        releases::list, releases::begin, releases::describe, releases::remove,
        releases::manifest, releases::signature, releases::put_signature, releases::download,
        releases::present, releases::upload, releases::complete, releases::copy,
        releases::verify, releases::activate,
        images::upload, images::list,
        uploads::begin, uploads::abort_stale, uploads::describe, uploads::abort, uploads::sign_parts, uploads::complete,
        uppy::parameters, uppy::create, uppy::list, uppy::abort, uppy::complete, uppy::sign,
    ),
    components(schemas(Problem, PlanBody, Metadata, UppySigned)),
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

/// What any operation can end in.
const ANY: &[P] = &[
    P::HEADER_INVALID,
    P::KEY_TOO_LONG,
    P::PATH_INVALID,
    P::QUERY_REFUSED,
    P::UPLOAD_REFUSED,
    P::LIFETIME_REFUSED,
    P::CHECKSUM_REQUIRED,
    P::UNAUTHENTICATED,
    P::FORBIDDEN,
    P::CUSTOMER_KEY_REQUIRED,
    P::BUDGET_SPENT,
    P::BUCKET_MISSING,
    P::CUSTOMER_KEY_MISSING,
    P::INTERNAL,
    P::POLICY_INVALID,
    P::POLICY_MISSING,
    P::CLOCK_SKEW,
    P::KMS_DENIED,
    P::KMS_DISABLED,
    P::ORIGIN_DENIED,
    P::ORIGIN_FAILED,
    P::SIGNATURE_REJECTED,
    P::CREDENTIALS_EXPIRED,
    P::CREDENTIALS_MISSING,
    P::CUSTOMER_KEY_UNAVAILABLE,
    P::ISSUER_UNAVAILABLE,
    P::ORIGIN_UNAVAILABLE,
    P::POLICY_UNAVAILABLE,
    P::THROTTLED,
    P::ORIGIN_TIMEOUT,
];
/// What else an operation that stores something can end in.
const STORING: &[P] = &[
    P::BODY_INCOMPLETE,
    P::CHECKSUM_MISMATCH,
    P::METADATA_TOO_LARGE,
    P::BODY_TIMEOUT,
    P::RELEASE_CONFLICT,
    P::UPLOAD_INCOMPLETE,
    P::UPLOAD_MISMATCH,
    P::WRITE_CONFLICT,
    P::LENGTH_REQUIRED,
    P::ALREADY_EXISTS,
    P::PRECONDITION_FAILED,
    P::BODY_TOO_LARGE,
    P::CONTENT_TYPE_REFUSED,
    P::MASTER_KEY_MISSING,
    P::CUSTOMER_KEY_REFUSED,
    P::ENCRYPTION_MISMATCH,
];
/// What else an operation on something that exists can end in.
const MISSING: &[P] = &[P::NOT_FOUND, P::UPLOAD_UNKNOWN];
/// What else an operation on a release can end in.
const RELEASE: &[P] = &[
    P::RELEASE_CONFLICT,
    P::RELEASE_INCOMPLETE,
    P::RELEASE_LOG_ALTERED,
];
/// What else sharing can end in.
const SHARING: &[P] = &[P::SHARE_REFUSED];
/// What else storing into a release can end in.
const STORING_IN_RELEASE: &[P] = &[
    P::METADATA_TOO_LARGE,
    P::UPLOAD_INCOMPLETE,
    P::UPLOAD_MISMATCH,
    P::WRITE_CONFLICT,
    P::ALREADY_EXISTS,
    P::PRECONDITION_FAILED,
    P::BODY_TOO_LARGE,
    P::ENCRYPTION_MISMATCH,
];
/// What else a change of a loose object can end in.
const LOOSE: &[P] = &[P::RELEASE_CONFLICT];
/// What else a conditional operation can end in.
const CONDITIONAL: &[P] = &[P::PRECONDITION_FAILED];
/// What else reading content can end in.
const CONTENT: &[P] = &[
    P::WRITE_CONFLICT,
    P::USE_RANGE,
    P::RANGE_NOT_SATISFIABLE,
    P::MASTER_KEY_MISSING,
    P::ENVELOPE_INVALID,
    P::ENVELOPE_REFUSED,
    P::PUBLISHER_KEY_REQUIRED,
];

/// The problem types of one kind of operation, as its responses.
macro_rules! problems_of {
    ($($operation:ident: $($group:ident)+;)+) => {
        $(
            pub(super) struct $operation;

            impl IntoResponses for $operation {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    by_status(&[$($group),+].concat())
                }
            }
        )+
    };
}

problems_of! {
    Listing: ANY;
    Storing: ANY STORING;
    Describing: ANY MISSING;
    Completing: ANY STORING MISSING;
    ReleaseReading: ANY MISSING RELEASE;
    ReleaseStoring: ANY STORING_IN_RELEASE MISSING RELEASE;
    Sharing: ANY MISSING SHARING;
    Deleting: ANY MISSING CONDITIONAL LOOSE;
    Reading: ANY MISSING CONDITIONAL CONTENT;
}

/// One response a status, with the codes it may carry.
fn by_status(problems: &[P]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status = BTreeMap::<u16, Vec<&P>>::new();
    for problem in problems {
        by_status.entry(problem.status).or_default().push(problem);
    }
    let responses = by_status.into_iter();
    responses
        .map(|(status, problems)| (status.to_string(), RefOr::T(response(&problems))))
        .collect()
}

fn response(problems: &[&P]) -> Response {
    let lines = problems.iter();
    let lines = lines.map(|problem| format!("`{}`: {}", problem.code, problem.title));
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(lines.collect::<Vec<_>>().join("; "))
        .content("application/problem+json", content)
        .build()
}

/// The schema of a problem's code: every code of the origin.
pub(super) fn code() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Stable: programs may match it."))
        .enum_values(Some(PROBLEMS.iter().map(|problem| problem.code)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_have_the_names_that_clients_know() {
        let document = serde_json::to_value(&*DOCUMENT).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for name in [
            "Described",
            "Listed",
            "Listing",
            "Metadata",
            "Plan",
            "Problem",
            "Stored",
        ] {
            assert!(schemas.contains_key(name), "{name}");
        }
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let (name, _) = reference.split_once('"').unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[test]
    fn every_described_operation_lists_problem_types_of_the_origin() {
        let mut described = [
            ANY,
            STORING,
            MISSING,
            RELEASE,
            SHARING,
            CONDITIONAL,
            CONTENT,
        ]
        .concat();
        // No operation ends in these: they are of requests that reach none.
        described.extend([P::METHOD_NOT_ALLOWED, P::EVENT_INVALID]);
        // Of viewers' logins, which are no part of the publishers' API.
        described.extend([P::LOGIN_REQUIRED, P::VIEWER_DENIED]);
        for problem in PROBLEMS {
            assert!(described.contains(problem), "{}", problem.code);
        }
        assert!(described.iter().all(|problem| PROBLEMS.contains(problem)));
        let document = serde_json::to_value(&*DOCUMENT).unwrap();
        let delete = &document["paths"]["/objects/{key}"]["delete"]["responses"];
        let described = delete["412"]["description"].as_str().unwrap();
        assert_eq!(described, "`precondition-failed`: the precondition failed");
        let codes = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
        assert_eq!(codes.as_array().unwrap().len(), PROBLEMS.len());
    }
}
