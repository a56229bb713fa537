//! What the operator wishes, judged before anything is created: names, Regions, ARNs. Pure.

use std::collections::BTreeMap;

use super::template::{self, Layout};

/// CloudFront, its certificates and Lambda@Edge live here.
pub(crate) const EDGE_REGION: &str = "us-east-1";

/// Stack names make names of buckets, roles and functions, of which the shortest limit is 63 with account and Region.
const MAX_STACK_NAME: usize = 32;

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

/// A wish that was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) stack: String,
    pub(super) region: String,
    pub(super) layout: Layout,
    /// The template's parameters as the operator gave them.
    pub(super) parameters: BTreeMap<String, String>,
}

/// Why a wish is not tried. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error(
        "stack name {0:?} must be lower case: letters, digits and hyphens, beginning with a letter and not ending with a hyphen"
    )]
    StackName(String),
    #[error(
        "stack name {0:?} is longer than {MAX_STACK_NAME} characters; names of roles and buckets are made of it"
    )]
    LongStackName(String),
    #[error(
        "{0:?} is no Region that has CloudFront's partition; choose one of the aws partition, such as eu-central-1"
    )]
    Region(String),
    #[error(
        "Region {0} has no Lambda Function URLs, which the publishers' API needs; choose another"
    )]
    NoFunctionUrls(String),
    #[error(
        "bucket name {0:?} has a dot, which breaks TLS on virtual-hosted addresses; choose a name without"
    )]
    DottedBucket(String),
    #[error("{0:?} is no bucket name: 3 to 63 lower-case letters, digits and hyphens")]
    BucketName(String),
    #[error(
        "certificate {0} is not in us-east-1, the only Region CloudFront takes certificates from; request or import it there"
    )]
    CertificateRegion(String),
    #[error("{0:?} is no ACM certificate ARN")]
    Certificate(String),
    #[error(
        "key {arn} is in {found}; S3 encrypts with keys of the bucket's Region, {wanted}: use a key or replica there"
    )]
    KeyRegion {
        arn: String,
        found: String,
        wanted: String,
    },
    #[error(
        "{0:?} is no KMS key ARN; aliases and ids do not do, since they may come to mean another key"
    )]
    Key(String),
    #[error("there is no parameter {0}; `keyfront deploy --parameters` lists them")]
    UnknownParameter(String),
    #[error("parameter {name} does not take {value:?}: {rule}")]
    Value {
        name: String,
        value: String,
        rule: String,
    },
    #[error("the site document would have {0} characters, CloudFront takes {max} in a header; shorten the lists of origins, headers or query parameters, or the custom names", max = keyfront_edge::site::MAX_SITE_CHARS)]
    LongSite(usize),
    #[error("the edge would refuse the site these parameters make: {0}")]
    Site(String),
    #[error("DomainName and CertificateArn go together; give both or none")]
    DomainAlone,
}

impl Wish {
    /// Judges a wish.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub(super) fn judge(
        stack: &str,
        region: &str,
        parameters: BTreeMap<String, String>,
    ) -> Result<Self, Unfit> {
        check_stack_name(stack)?;
        check_region(region)?;
        let layout = Layout::of(region);
        let wish = Self {
            stack: stack.to_owned(),
            region: region.to_owned(),
            layout,
            parameters,
        };
        wish.check_parameters()?;
        Ok(wish)
    }

    /// As [`Self::judge`] does, for an update: what is not given now keeps the value it has.
    pub(super) fn judge_with(&self, kept: &BTreeMap<String, String>) -> Result<(), Unfit> {
        let settable = template::settable(self.layout);
        let kept = kept.iter().filter(|(name, _)| settable.contains_key(*name));
        let mut parameters: BTreeMap<String, String> = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        parameters.extend(self.parameters.clone());
        let given = |name| parameters.get(name).filter(|value| !value.is_empty());
        if given(template::DOMAIN).is_some() != given(template::CERTIFICATE).is_some() {
            return Err(Unfit::DomainAlone);
        }
        template::check_site(self.layout, &self.region, &parameters)
    }

    fn check_parameters(&self) -> Result<(), Unfit> {
        let given = |name| self.parameters.get(name).filter(|value| !value.is_empty());
        // These first: they say more than a pattern does.
        for name in template::BUCKETS {
            given(name).map_or(Ok(()), |value| check_bucket(value))?;
        }
        given(template::CERTIFICATE).map_or(Ok(()), |arn| check_certificate(arn))?;
        given(template::KEY).map_or(Ok(()), |arn| check_key(arn, &self.region))?;
        for (name, value) in &self.parameters {
            template::check(self.layout, name, value)?;
        }
        Ok(())
    }
}

/// A stack's name, which also names what it makes.
pub(super) fn check_stack_name(name: &str) -> Result<(), Unfit> {
    let legal = name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    match legal {
        false => Err(Unfit::StackName(name.to_owned())),
        true if name.len() > MAX_STACK_NAME => Err(Unfit::LongStackName(name.to_owned())),
        true => Ok(()),
    }
}

fn check_region(region: &str) -> Result<(), Unfit> {
    let parts: Vec<&str> = region.split('-').collect();
    let shaped = parts.len() == 3
        && parts[..2]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()))
        && parts[2].parse::<u8>().is_ok();
    if !shaped || region.starts_with("cn-") {
        return Err(Unfit::Region(region.to_owned()));
    }
    if WITHOUT_FUNCTION_URLS.contains(&region) {
        return Err(Unfit::NoFunctionUrls(region.to_owned()));
    }
    Ok(())
}

fn check_bucket(name: &str) -> Result<(), Unfit> {
    if name.contains('.') {
        return Err(Unfit::DottedBucket(name.to_owned()));
    }
    let edge =
        |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
    let bytes = name.as_bytes();
    let legal = (3..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| edge(Some(byte)) || *byte == b'-')
        && !name.starts_with("xn--");
    legal
        .then_some(())
        .ok_or_else(|| Unfit::BucketName(name.to_owned()))
}

fn check_certificate(arn: &str) -> Result<(), Unfit> {
    match arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, "acm", EDGE_REGION, _, resource] if resource.starts_with("certificate/") => {
            Ok(())
        }
        ["arn", _, "acm", _, _, resource] if resource.starts_with("certificate/") => {
            Err(Unfit::CertificateRegion(arn.to_owned()))
        }
        _ => Err(Unfit::Certificate(arn.to_owned())),
    }
}

fn check_key(arn: &str, region: &str) -> Result<(), Unfit> {
    match arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, "kms", found, _, resource] if resource.starts_with("key/") => {
            if found == region {
                Ok(())
            } else {
                Err(Unfit::KeyRegion {
                    arn: arn.to_owned(),
                    found: found.to_owned(),
                    wanted: region.to_owned(),
                })
            }
        }
        _ => Err(Unfit::Key(arn.to_owned())),
    }
}

#[cfg(test)]
mod tests;
