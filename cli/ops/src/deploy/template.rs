//! What this program knows of the templates: which stacks make a system, which parameters it fills itself, what a
//! value comes to. Pure; the templates themselves are `keyfront_cloudformation`'s.

use std::collections::BTreeMap;

use keyfront_cloudformation::{Parameter, Resolution, Template};
use keyfront_edge::{Site, site::MAX_SITE_CHARS};
use regex::Regex;
use serde_json::Value;

use super::wish::{EDGE_REGION, Unfit};

pub(super) const BUCKETS: [&str; 1] = ["ExistingBucket"];
pub(super) const CERTIFICATE: &str = "CertificateArn";
pub(super) const DOMAIN: &str = "DomainName";
pub(super) const KEY: &str = "ExistingKeyArn";
const ALARM_TOPIC: &str = "AlarmTopicArn";

/// Which stacks make a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One, since the bucket is where the edge must be.
    Together,
    /// The bucket's in its Region, then the edge's.
    Apart,
}

impl Layout {
    pub(super) fn of(region: &str) -> Self {
        match region {
            EDGE_REGION => Self::Together,
            _ => Self::Apart,
        }
    }

    /// The templates in the order of their creation.
    pub(super) const fn templates(self) -> &'static [Template] {
        match self {
            Self::Together => &[Template::Keyfront],
            Self::Apart => &[Template::Origin, Template::Edge],
        }
    }
}

/// Where a template's stack is.
pub(super) fn region_of(template: Template, region: &str) -> &str {
    match template {
        Template::Origin => region,
        Template::Keyfront | Template::Edge => EDGE_REGION,
    }
}

/// The parameters that an operator can set, of all templates of a layout, by name.
pub(super) fn settable(layout: Layout) -> BTreeMap<String, Parameter> {
    let all = layout
        .templates()
        .iter()
        .flat_map(|template| parameters(*template));
    all.filter(|parameter| !parameter.is_filled())
        .map(|parameter| (parameter.name.clone(), parameter))
        .collect()
}

/// The parameters of one template.
pub(super) fn parameters(template: Template) -> Vec<Parameter> {
    // The committed templates are read by the crate's own tests; one that cannot be read declares nothing, and
    // CloudFormation refuses it.
    template
        .document()
        .map(|document| document.parameters())
        .unwrap_or_default()
}

/// Judges one value as CloudFormation will.
pub(super) fn check(layout: Layout, name: &str, value: &str) -> Result<(), Unfit> {
    let settable = settable(layout);
    let parameter = settable
        .get(name)
        .ok_or_else(|| Unfit::UnknownParameter(name.to_owned()))?;
    let unfit = |rule: String| Unfit::Value {
        name: name.to_owned(),
        value: value.to_owned(),
        rule,
    };
    parameter
        .judge(value)
        .map_err(|error| unfit(error.to_string()))?;
    if let Some(pattern) = &parameter.allowed_pattern {
        let anchored =
            Regex::new(&format!("^(?:{pattern})$")).map_err(|error| unfit(error.to_string()))?;
        if !anchored.is_match(value) {
            return Err(unfit(
                parameter
                    .constraint
                    .clone()
                    .unwrap_or_else(|| format!("it takes {pattern}")),
            ));
        }
    }
    Ok(())
}

/// Whether a value belongs to a template: an alarm topic is of one Region, everything else of all.
pub(super) fn belongs(template: Template, region: &str, name: &str, value: &str) -> bool {
    let of_region = |arn: &str| arn.split(':').nth(3) == Some(region_of(template, region));
    name != ALARM_TOPIC || value.is_empty() || of_region(value)
}

/// Judges the site document that these parameters make, with the longest names AWS may give.
///
/// # Errors
/// It is longer than a CloudFront header takes, or the edge would refuse it.
pub(super) fn check_site(
    layout: Layout,
    region: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<(), Unfit> {
    let template = match layout {
        Layout::Together => Template::Keyfront,
        Layout::Apart => Template::Edge,
    };
    let Ok(document) = template.document() else {
        return Ok(());
    };
    let host = format!("{}.lambda-url.{region}.on.aws", "a".repeat(32));
    let filled = [
        (
            "BucketName",
            parameters
                .get(BUCKETS[0])
                .filter(|name| !name.is_empty())
                .cloned()
                .unwrap_or_else(|| "b".repeat(63)),
        ),
        ("BucketRegion", region.to_owned()),
        ("OriginHost", host.clone()),
    ];
    let filled = filled.map(|(name, value)| (name.to_owned(), value));
    let given = parameters.clone().into_iter().chain(filled);
    let known = |name: &str| {
        Some(match name {
            "AWS::Region" => region.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "Bucket" => "b".repeat(63),
            name if name.ends_with(".FunctionUrl") => format!("https://{host}/"),
            name => name.to_owned(),
        })
    };
    let resolution = Resolution::new(&document, given, known);
    let distribution = document.properties("Distribution").unwrap_or(&Value::Null);
    let Some(origins) = distribution.pointer("/DistributionConfig/Origins") else {
        return Ok(());
    };
    // What cannot be computed here is CloudFormation's to judge.
    let Ok(origins) = resolution.value(origins) else {
        return Ok(());
    };
    sites_in(&origins).try_for_each(judge_site)
}

fn judge_site(site: &str) -> Result<(), Unfit> {
    match site.chars().count() {
        long if long > MAX_SITE_CHARS => Err(Unfit::LongSite(long)),
        _ => Site::parse(site.as_bytes())
            .map(drop)
            .map_err(|error| Unfit::Site(error.to_string())),
    }
}

fn sites_in(origins: &Value) -> impl Iterator<Item = &str> {
    let origins = origins.as_array().into_iter().flatten();
    let headers = origins.filter_map(|origin| origin.get("OriginCustomHeaders")?.as_array());
    let headers = headers
        .flatten()
        .filter(|header| header["HeaderName"] == "x-keyfront-site");
    headers.filter_map(|header| header["HeaderValue"].as_str())
}
