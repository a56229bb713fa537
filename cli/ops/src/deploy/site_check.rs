//! The site documents that a request makes, checked as the edge will. Pure.

use keyfront_cloudformation::Document;
use keyfront_contract::header;
use keyfront_edge::{Site, site::MAX_SITE_CHARS};
use serde_json::Value;

use super::{
    invalid_request::InvalidRequest, longest_names, site_request::SiteRequest, template::BUCKET,
    template_limits,
};

/// What the ids of the origins of `--sites` begin with; the path follows.
const SITE_ORIGIN: &str = "site";

/// Checks the site documents, with the longest names AWS may give.
///
/// # Errors
/// One is longer than a CloudFront header takes, or the edge would refuse it; or the sites together are more than AWS takes.
pub(super) fn check(request: &SiteRequest<'_>) -> Result<(), InvalidRequest> {
    let own = request.parameters.get(BUCKET);
    let mut existing = request.sites.existing_buckets().into_iter();
    if let Some(bucket) = existing.find(|bucket| own.is_some_and(|own| own == bucket.name.as_str()))
    {
        return Err(InvalidRequest::SiteOfOwnBucket(
            bucket.name.as_str().to_owned(),
        ));
    }
    let body = request.layout.edge_template().body_with(request.sites);
    // What cannot be computed here is left to CloudFormation.
    let Some(document) = body.ok().and_then(|body| Document::parse(&body).ok()) else {
        return Ok(());
    };
    let resolution = longest_names::resolution(&document, request.region, request.parameters);
    let distribution = document.properties("Distribution").unwrap_or(&Value::Null);
    let Some(Ok(origins)) = distribution
        .pointer("/DistributionConfig/Origins")
        .map(|origins| resolution.value(origins))
    else {
        return Ok(());
    };
    for (origin, site) in sites_in(&origins) {
        check_document(origin, site)?;
    }
    match request.sites.is_empty() {
        true => Ok(()),
        false => template_limits::check(request, &origins),
    }
}

fn check_document(origin: &str, site: &str) -> Result<(), InvalidRequest> {
    let refused = match site.chars().count() {
        long if long > MAX_SITE_CHARS => InvalidRequest::LongSite(long),
        _ => match Site::parse(site.as_bytes()) {
            Ok(_) => return Ok(()),
            Err(error) => InvalidRequest::Site(error.to_string()),
        },
    };
    Err(match origin.strip_prefix(SITE_ORIGIN) {
        Some(path) => InvalidRequest::OfSite {
            path: path.to_owned(),
            refused: Box::new(refused),
        },
        None => refused,
    })
}

/// The ids of the origins and the sites they carry.
fn sites_in(origins: &Value) -> impl Iterator<Item = (&str, &str)> {
    let origins = origins.as_array().into_iter().flatten();
    origins.flat_map(|origin| {
        let id = origin["Id"].as_str().unwrap_or_default();
        let headers = origin["OriginCustomHeaders"].as_array();
        let sites = headers.into_iter().flatten();
        let sites = sites.filter(|header| header["HeaderName"] == header::SITE);
        sites.filter_map(move |header| Some((id, header["HeaderValue"].as_str()?)))
    })
}
