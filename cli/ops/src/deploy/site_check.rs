//! The site document that a request's parameters make, checked as the edge will. Pure.

use std::collections::BTreeMap;

use keyfront_cloudformation::Resolution;
use keyfront_contract::header;
use keyfront_edge::{Site, site::MAX_SITE_CHARS};
use keyfront_names::{Partition, host};
use serde_json::Value;

use super::{invalid_request::InvalidRequest, template::BUCKET};
use crate::system::layout::Layout;

const MAX_BUCKET_NAME: usize = 63;

/// Checks the site document that these parameters make, with the longest names AWS may give.
///
/// # Errors
/// It is longer than a CloudFront header takes, or the edge would refuse it.
pub(super) fn check(
    layout: Layout,
    region: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<(), InvalidRequest> {
    let Ok(document) = layout.edge_template().document() else {
        return Ok(());
    };
    let host = host::of_function_url(&"a".repeat(32), region);
    let given = parameters
        .clone()
        .into_iter()
        .chain(longest_inputs(parameters, region, &host));
    let known = |name: &str| {
        Some(match name {
            "AWS::Region" => region.to_owned(),
            "AWS::Partition" => Partition::of_region(region).as_str().to_owned(),
            "Bucket" => "b".repeat(MAX_BUCKET_NAME),
            name if name.ends_with(".FunctionUrl") => format!("https://{host}/"),
            name => name.to_owned(),
        })
    };
    let resolution = Resolution::new(&document, given, known);
    let distribution = document.properties("Distribution").unwrap_or(&Value::Null);
    let Some(origins) = distribution.pointer("/DistributionConfig/Origins") else {
        return Ok(());
    };
    // What cannot be computed here is left to CloudFormation.
    let Ok(origins) = resolution.value(origins) else {
        return Ok(());
    };
    sites_in(&origins).try_for_each(check_document)
}

/// The values that other stacks will output, as long as AWS may make them.
fn longest_inputs(
    parameters: &BTreeMap<String, String>,
    region: &str,
    host: &str,
) -> [(String, String); 3] {
    let existing = parameters.get(BUCKET).filter(|name| !name.is_empty());
    let bucket = existing
        .cloned()
        .unwrap_or_else(|| "b".repeat(MAX_BUCKET_NAME));
    [
        ("BucketName".to_owned(), bucket),
        ("BucketRegion".to_owned(), region.to_owned()),
        ("OriginHost".to_owned(), host.to_owned()),
    ]
}

fn check_document(site: &str) -> Result<(), InvalidRequest> {
    match site.chars().count() {
        long if long > MAX_SITE_CHARS => Err(InvalidRequest::LongSite(long)),
        _ => Site::parse(site.as_bytes())
            .map(drop)
            .map_err(|error| InvalidRequest::Site(error.to_string())),
    }
}

fn sites_in(origins: &Value) -> impl Iterator<Item = &str> {
    let origins = origins.as_array().into_iter().flatten();
    let headers = origins.filter_map(|origin| origin.get("OriginCustomHeaders")?.as_array());
    let headers = headers
        .flatten()
        .filter(|header| header["HeaderName"] == header::SITE);
    headers.filter_map(|header| header["HeaderValue"].as_str())
}
