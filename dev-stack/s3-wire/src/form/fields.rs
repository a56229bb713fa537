//! What a form says, and where: all in fields that are known. What a header or the query would say is refused.

use http::{StatusCode, header, request::Parts};

use super::parse::{Form, invalid};
use crate::{
    address::{Hosts, Place},
    error_response::Refusal,
    inputs,
};

/// Fields of the signature, which the equivalent `PUT` does not carry.
const SIGNATURE_FIELDS: [&str; 5] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-signature",
];
/// Fields that are standard headers of the object.
const OBJECT_HEADERS: [&str; 5] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-type",
    "expires",
];
/// Fields that are about the form.
const FORM_FIELDS: [&str; 6] = [
    "acl",
    "bucket",
    "key",
    "policy",
    "success_action_redirect",
    "success_action_status",
];

/// # Errors
/// `MethodNotAllowed` for a path with a key, which no policy has allowed; `NotImplemented` for what is no field of S3's, or
/// no field; `InvalidArgument` for what contradicts the form.
pub(super) fn check(parts: &Parts, form: &Form, hosts: &Hosts) -> Result<(), Refusal> {
    if hosts.place(&parts.headers, &parts.uri) != Place::Bucket {
        return Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ));
    }
    if parts.headers.contains_key(header::AUTHORIZATION) {
        return Err(invalid("Only one auth mechanism allowed."));
    }
    if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
        return Err(
            not_implemented("The dev stack does not implement a form with a query.")
                .with("Query", query),
        );
    }
    let asks = |name: &&header::HeaderName| inputs::asks_for_something(name.as_str());
    if let Some(name) = parts.headers.keys().find(asks) {
        return Err(
            not_implemented("The dev stack does not implement this header of a form.")
                .with("Header", name.as_str()),
        );
    }
    if let Some((name, _)) = form.fields().find(|(name, _)| !is_known(name)) {
        return Err(
            not_implemented("The dev stack does not implement this field of the form.")
                .with("Field", name),
        );
    }
    let bucket = form.field("bucket");
    if bucket.is_some_and(|bucket| hosts.bucket_of(parts).as_deref() != Some(bucket)) {
        return Err(invalid(
            "The field bucket is not the bucket of the request.",
        ));
    }
    if form.field("acl").is_some() && form.field("x-amz-acl").is_some() {
        return Err(invalid("Only one of acl and x-amz-acl is allowed."));
    }
    Ok(())
}

/// The header of the equivalent `PUT` that a field is, if it is one.
pub(super) fn header_of<'f>((name, value): (&'f str, &'f str)) -> Option<(&'f str, &'f str)> {
    let of_amazon = name.starts_with("x-amz-") && !SIGNATURE_FIELDS.contains(&name);
    match name {
        "acl" => Some(("x-amz-acl", value)),
        _ => (of_amazon || OBJECT_HEADERS.contains(&name)).then_some((name, value)),
    }
}

/// The other fields of Amazon's are decided as headers of the equivalent `PUT`. S3 skips those that begin as notes do.
fn is_known(name: &str) -> bool {
    let is_note = name.starts_with("x-ignore-");
    let is_listed = FORM_FIELDS.contains(&name) || OBJECT_HEADERS.contains(&name);
    is_note || is_listed || name.starts_with("x-amz-")
}

fn not_implemented(message: &'static str) -> Refusal {
    Refusal::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
}
