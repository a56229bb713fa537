//! What AWS takes of all sites together: the headers of a distribution's origins, the policies of the edge's role, the
//! environment of the origin's function. Pure.

use keyfront_cloudformation::{Document, Resolution, Template};
use serde_json::Value;

use super::{
    invalid_request::{InvalidRequest, MAX_ENVIRONMENT, MAX_ORIGIN_HEADERS, MAX_ROLE_POLICIES},
    longest_names,
    site_request::SiteRequest,
};
use crate::system::layout::Layout;

/// Checks what the sites come to, with the longest names AWS may give.
///
/// # Errors
/// The first quota that would be exceeded.
pub(super) fn check(request: &SiteRequest<'_>, origins: &Value) -> Result<(), InvalidRequest> {
    match headers(origins) {
        long if long > MAX_ORIGIN_HEADERS => return Err(InvalidRequest::LongOriginHeaders(long)),
        _ => {}
    }
    let template = match request.layout {
        Layout::Together => Template::Keyfront,
        Layout::Apart => Template::Origin,
    };
    let body = template.body_with(request.sites);
    // What cannot be computed here is left to CloudFormation.
    let Some(document) = body.ok().and_then(|body| Document::parse(&body).ok()) else {
        return Ok(());
    };
    let resolution = longest_names::resolution(&document, request.region, request.parameters);
    match role_policies(&resolution) {
        long if long > MAX_ROLE_POLICIES => return Err(InvalidRequest::LongRolePolicies(long)),
        _ => {}
    }
    match environment(&document, &resolution) {
        long if long > MAX_ENVIRONMENT => Err(InvalidRequest::LongEnvironment(long)),
        _ => Ok(()),
    }
}

fn headers(origins: &Value) -> usize {
    let origins = origins.as_array().into_iter().flatten();
    let headers = origins.filter_map(|origin| origin["OriginCustomHeaders"].as_array());
    let length = |text: &Value| text.as_str().map_or(0, str::len);
    let lengths = headers
        .flatten()
        .map(|header| length(&header["HeaderName"]) + length(&header["HeaderValue"]));
    lengths.sum()
}

fn role_policies(resolution: &Resolution<'_, impl Fn(&str) -> Option<String>>) -> usize {
    let policies = resolution.role_policies("EdgeRole").unwrap_or_default();
    let lengths = policies
        .iter()
        .map(|policy| policy.document.to_string().len());
    lengths.sum()
}

fn environment(
    document: &Document,
    resolution: &Resolution<'_, impl Fn(&str) -> Option<String>>,
) -> usize {
    let function = document
        .properties("OriginFunction")
        .unwrap_or(&Value::Null);
    let variables = resolution.value(&function["Environment"]["Variables"]);
    let variables = variables.ok();
    let variables = variables.as_ref().and_then(Value::as_object);
    let lengths = variables
        .into_iter()
        .flatten()
        .map(|(name, value)| name.len() + value.as_str().map_or(0, str::len));
    lengths.sum()
}
