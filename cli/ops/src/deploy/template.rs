//! The templates' parameters: which an operator can set, and which values they take. Pure; the templates themselves are
//! `keyfront_cloudformation`'s.

use std::collections::BTreeMap;

use keyfront_cloudformation::{Parameter, Template};
use keyfront_names::Arn;
use regex::Regex;

use super::invalid_request::InvalidRequest;
use crate::system::layout::{Layout, region_of};

pub(super) const ACCESS_POINT: &str = "MultiRegionAccessPoint";
pub(super) const ACCESS_POINT_BUCKETS: &str = "AccessPointBuckets";
pub(super) const ACCESS_POINT_KEYS: &str = "AccessPointKeyArns";
pub(super) const AUDIT: &str = "Audit";
pub(super) const BUCKET: &str = "ExistingBucket";
pub(super) const CERTIFICATE: &str = "CertificateArn";
pub(super) const CHECKSUM: &str = "UploadChecksum";
pub(super) const CUSTOMER_KEY: &str = "CustomerKeyParameterArn";
pub(super) const PUBLISHER_KEYS: &str = "PublisherKeyParameterArns";
pub(super) const DOMAIN: &str = "DomainName";
pub(super) const KEY: &str = "ExistingKeyArn";
pub(super) const FALLBACK: &str = "FallbackDocument";
pub(super) const INDEX: &str = "IndexDocument";
pub(super) const PREFIX: &str = "SitePrefix";
pub(super) const LISTING: &str = "Listing";
pub(super) const TRAILING_SLASH: &str = "TrailingSlash";
pub(super) const PRESIGNED_LIFETIME: &str = "PresignedLifetime";
pub(super) const ZONE: &str = "HostedZoneId";
pub(super) const RESERVATION: &str = "OriginReservedConcurrency";
pub(super) const TRAIL: &str = "ExistingTrailArn";
pub(super) const WEB_ACL: &str = "WebAclArn";
pub(super) const PAGE_WEB_ACL: &str = "PageWebAclArn";
const ALARM_TOPIC: &str = "AlarmTopicArn";

/// A name further away is another name.
const MAX_TYPING_MISTAKES: usize = 3;

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

/// Checks one value as CloudFormation will.
pub(super) fn check(layout: Layout, name: &str, value: &str) -> Result<(), InvalidRequest> {
    let settable = settable(layout);
    let Some(parameter) = settable.get(name) else {
        return Err(unknown(name, settable.into_keys().collect()));
    };
    let invalid = |rule: String| InvalidRequest::Value {
        name: name.to_owned(),
        value: value.to_owned(),
        rule,
    };
    parameter
        .validate(value)
        .map_err(|error| invalid(error.to_string()))?;
    if let Some(pattern) = &parameter.allowed_pattern {
        let anchored =
            Regex::new(&format!("^(?:{pattern})$")).map_err(|error| invalid(error.to_string()))?;
        if !anchored.is_match(value) {
            let constraint = parameter.constraint.as_ref();
            return Err(invalid(match constraint {
                Some(constraint) => format!("expected {constraint}"),
                None => format!("expected text that matches {pattern}"),
            }));
        }
    }
    Ok(())
}

/// Whether a value belongs to a template: an alarm topic is of one Region, everything else of all.
pub(super) fn belongs(template: Template, region: &str, name: &str, value: &str) -> bool {
    let of_region =
        |arn: &str| Arn::parse(arn).is_ok_and(|arn| arn.region == region_of(template, region));
    name != ALARM_TOPIC || value.is_empty() || of_region(value)
}

fn unknown(name: &str, known: Vec<String>) -> InvalidRequest {
    let similar = known
        .iter()
        .map(|known| (distance(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= MAX_TYPING_MISTAKES)
        .map(|(_, known)| known.clone());
    InvalidRequest::UnknownParameter {
        name: name.to_owned(),
        similar,
        known,
    }
}

/// Insertions, deletions and replacements that make one name of another (Levenshtein), letter case aside.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
