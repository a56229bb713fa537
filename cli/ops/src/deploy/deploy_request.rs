//! What the operator wants deployed, validated before anything is created: names, Regions, ARNs. Pure.

use std::collections::BTreeMap;

use keyfront_cloudformation::Sites;
use keyfront_names::{Arn, BucketName, KeyArn, Partition, Region};

use super::{
    invalid_request::{InvalidRequest, MAX_STACK_NAME},
    site_check,
    site_request::SiteRequest,
    template,
};
use crate::system::layout::{EDGE_REGION, Layout};

/// From Lambda's documentation of function URLs.
const WITHOUT_FUNCTION_URLS: [&str; 11] = [
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
];

/// A valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeployRequest {
    pub(super) stack: String,
    pub(super) region: String,
    pub(super) layout: Layout,
    /// The template's parameters as the operator gave them.
    pub(super) parameters: BTreeMap<String, String>,
    /// The sites below paths of their own.
    pub(super) sites: Sites,
}

impl DeployRequest {
    /// Validates a request.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub(super) fn validate(
        stack: &str,
        region: &str,
        parameters: BTreeMap<String, String>,
    ) -> Result<Self, InvalidRequest> {
        check_stack_name(stack)?;
        check_region(region)?;
        let layout = Layout::of(region);
        let request = Self {
            stack: stack.to_owned(),
            region: region.to_owned(),
            layout,
            parameters,
            sites: Sites::default(),
        };
        request.check_parameters()?;
        Ok(request)
    }

    /// The same request with sites, which [`Self::validate_update`] looks at.
    pub(super) fn with_sites(self, sites: Sites) -> Self {
        Self { sites, ..self }
    }

    /// As [`Self::validate`] does, for an update: what is not given now keeps the value it has.
    pub(super) fn validate_update(
        &self,
        kept: &BTreeMap<String, String>,
    ) -> Result<(), InvalidRequest> {
        let settable = template::settable(self.layout);
        let kept = kept.iter().filter(|(name, _)| settable.contains_key(*name));
        let mut parameters: BTreeMap<String, String> = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        parameters.extend(self.parameters.clone());
        let given = |name| parameters.get(name).filter(|value| !value.is_empty());
        if given(template::DOMAIN).is_some() != given(template::CERTIFICATE).is_some() {
            return Err(InvalidRequest::DomainAlone);
        }
        check_companions(&parameters)?;
        site_check::check(&SiteRequest {
            layout: self.layout,
            region: &self.region,
            parameters: &parameters,
            sites: &self.sites,
        })
    }

    fn check_parameters(&self) -> Result<(), InvalidRequest> {
        let given = |name| self.parameters.get(name).filter(|value| !value.is_empty());
        // These first: they say more than a pattern does.
        given(template::BUCKET).map_or(Ok(()), |name| check_bucket(name))?;
        given(template::CERTIFICATE).map_or(Ok(()), |arn| check_certificate(arn))?;
        given(template::KEY).map_or(Ok(()), |arn| check_key(arn, &self.region))?;
        for (name, value) in &self.parameters {
            template::check(self.layout, name, value)?;
        }
        Ok(())
    }
}

/// A stack's name, which also names what it makes.
pub(super) fn check_stack_name(name: &str) -> Result<(), InvalidRequest> {
    let legal = name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    match legal {
        false => Err(InvalidRequest::StackName(name.to_owned())),
        true if name.len() > MAX_STACK_NAME => Err(InvalidRequest::LongStackName(name.to_owned())),
        true => Ok(()),
    }
}

fn check_region(region: &str) -> Result<(), InvalidRequest> {
    let partition = match Region::new(region) {
        Ok(valid) => valid.partition(),
        Err(reason) => {
            return Err(InvalidRequest::RegionName {
                region: region.to_owned(),
                reason,
            });
        }
    };
    if partition != Partition::Standard || !is_like_those_of_aws(region) {
        return Err(InvalidRequest::Region(region.to_owned()));
    }
    if WITHOUT_FUNCTION_URLS.contains(&region) {
        return Err(InvalidRequest::NoFunctionUrls(region.to_owned()));
    }
    Ok(())
}

/// As in `eu-central-1`: two words and a number.
fn is_like_those_of_aws(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    let is_word = |part: &&str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts[..] {
        [area, direction, number] => {
            is_word(&area) && is_word(&direction) && number.parse::<u8>().is_ok()
        }
        _ => false,
    }
}

/// Checks the parameters that mean nothing, or harm, without another one.
fn check_companions(parameters: &BTreeMap<String, String>) -> Result<(), InvalidRequest> {
    let given = |name| parameters.get(name).filter(|value| !value.is_empty());
    if let (Some(bucket), None) = (given(template::BUCKET), given(template::KEY)) {
        return Err(InvalidRequest::BucketWithoutKey(bucket.clone()));
    }
    for list in [template::ACCESS_POINT_BUCKETS, template::ACCESS_POINT_KEYS] {
        match (given(template::ACCESS_POINT), given(list)) {
            (Some(alias), None) => {
                return Err(InvalidRequest::AccessPointAlone {
                    alias: alias.clone(),
                    missing: list,
                });
            }
            (None, Some(_)) => return Err(InvalidRequest::WithoutAccessPoint(list)),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    if given(template::ZONE).is_some() && given(template::DOMAIN).is_none() {
        return Err(InvalidRequest::ZoneWithoutDomain);
    }
    if given(template::TRAILING_SLASH).is_some_and(|value| value == "redirect") {
        let lists = given(template::LISTING).is_some_and(|value| value == "true");
        if given(template::INDEX).is_none() && !lists {
            return Err(InvalidRequest::RedirectWithoutIndex);
        }
        if given(template::FALLBACK).is_some() {
            return Err(InvalidRequest::RedirectWithFallback);
        }
    }
    let audited = given(template::AUDIT).is_some_and(|value| value == "true");
    match given(template::TRAIL).is_some() && !audited {
        true => Err(InvalidRequest::TrailWithoutAudit),
        false => Ok(()),
    }
}

fn check_bucket(name: &str) -> Result<(), InvalidRequest> {
    match BucketName::new(name) {
        Ok(valid) if valid.has_dot() => Err(InvalidRequest::DottedBucket(name.to_owned())),
        Ok(_) => Ok(()),
        Err(reason) => Err(InvalidRequest::BucketName {
            name: name.to_owned(),
            reason,
        }),
    }
}

fn check_certificate(text: &str) -> Result<(), InvalidRequest> {
    let certificate = Arn::parse(text)
        .ok()
        .filter(|arn| arn.service == "acm" && arn.resource.starts_with("certificate/"));
    match certificate {
        None => Err(InvalidRequest::Certificate(text.to_owned())),
        Some(arn) if arn.region == EDGE_REGION => Ok(()),
        Some(_) => Err(InvalidRequest::CertificateRegion(text.to_owned())),
    }
}

fn check_key(text: &str, region: &str) -> Result<(), InvalidRequest> {
    let key = KeyArn::parse(text).map_err(|_| InvalidRequest::Key(text.to_owned()))?;
    match key.region() == region {
        true => Ok(()),
        false => Err(InvalidRequest::KeyRegion {
            arn: text.to_owned(),
            found: key.region().to_owned(),
            wanted: region.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
