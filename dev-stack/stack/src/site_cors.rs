//! The cross-origin rules of the stack's own site: those that the template writes for `CorsOrigins`.

use anyhow::Context as _;
use keyfront_cloudformation::{Resolution, Template};
use serde_json::Value;

/// The cross-origin rules that the template's site has for these origins, as in a site document.
///
/// # Errors
/// A template that cannot be read.
pub(super) fn cors_of_site(origins: &[String]) -> anyhow::Result<Value> {
    // The edge's template takes as parameters what the whole one makes. The rules depend on none of them.
    let document = Template::Edge.document().context("the template")?;
    let origins = origins.join(",");
    let parameters = [
        ("CorsOrigins", origins.as_str()),
        ("BucketName", "bucket"),
        ("BucketRegion", "eu-west-1"),
        ("OriginHost", "host"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let resolution = Resolution::new(&document, parameters, |name| Some(name.to_owned()));
    let distribution = document.properties("Distribution");
    let origins =
        &distribution.context("the template has no distribution")?["DistributionConfig"]["Origins"];
    let site = resolution.value(origins)?[0]["OriginCustomHeaders"][0]["HeaderValue"].take();
    let site = site
        .as_str()
        .context("the template's first origin has no site")?;
    let mut site: Value = serde_json::from_str(site)?;
    Ok(site["cors"].take())
}
