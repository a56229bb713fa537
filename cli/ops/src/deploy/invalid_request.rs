//! Why a request to deploy is refused before anything is created. Each reason says what to do.

use keyfront_edge::site::MAX_SITE_CHARS;
use keyfront_names::{BucketNameError, RegionError};

/// Stack names make names of buckets, roles and functions, of which the shortest limit is 63 with account and Region.
pub(super) const MAX_STACK_NAME: usize = 32;

/// Names and values of all custom headers (CloudFront's quotas, which do not say that an origin has as many for itself).
pub(super) const MAX_ORIGIN_HEADERS: usize = 10_240;
/// All inline policies of a role, without white space (IAM's quotas).
pub(super) const MAX_ROLE_POLICIES: usize = 10_240;
/// Names and values of all variables of a function (Lambda's quotas).
pub(super) const MAX_ENVIRONMENT: usize = 4_096;

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidRequest {
    #[error(
        "invalid stack name {0:?}: it must be lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen"
    )]
    StackName(String),
    #[error(
        "invalid stack name {0:?}: it is longer than {MAX_STACK_NAME} characters, and it is part of the names of roles and buckets"
    )]
    LongStackName(String),
    #[error("invalid Region {region:?}: {reason}")]
    RegionName { region: String, reason: RegionError },
    #[error(
        "Region {0:?} is not in the partition aws, where CloudFront is; choose one, such as eu-central-1"
    )]
    Region(String),
    #[error(
        "Region {0} has no Lambda Function URLs, which the publishers' API needs; choose another"
    )]
    NoFunctionUrls(String),
    #[error(
        "bucket name {0:?} has a dot, which breaks TLS on virtual-hosted addresses; choose a name without dots"
    )]
    DottedBucket(String),
    #[error("invalid bucket name {name:?}: {reason}")]
    BucketName {
        name: String,
        reason: BucketNameError,
    },
    #[error(
        "certificate {0} is not in us-east-1, the only Region CloudFront takes certificates from; request or import it there"
    )]
    CertificateRegion(String),
    #[error("invalid certificate {0:?}: it must be the ARN of an ACM certificate")]
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
        "invalid key {0:?}: it must be the ARN of a KMS key; aliases and ids are not accepted, since they may later refer to another key"
    )]
    Key(String),
    #[error("unknown parameter {name:?}{}; the parameters are {}", suggestion(.similar), .known.join(", "))]
    UnknownParameter {
        name: String,
        similar: Option<String>,
        known: Vec<String>,
    },
    #[error("invalid value {value:?} of parameter {name}: {rule}")]
    Value {
        name: String,
        value: String,
        rule: String,
    },
    #[error(
        "the site document would have {0} characters, more than the {MAX_SITE_CHARS} that CloudFront allows in a header; shorten the lists of origins, headers or query parameters, or the custom names"
    )]
    LongSite(usize),
    #[error("the parameters would create an invalid site: {0}")]
    Site(String),
    #[error("site {path:?} of --sites: {refused}")]
    OfSite { path: String, refused: Box<Self> },
    #[error(
        "bucket {0} of --sites is the stack's own bucket, given by ExistingBucket; remove bucket and key_arn from its sites"
    )]
    SiteOfOwnBucket(String),
    #[error(
        "the sites of all origins would have {0} characters, more than the {MAX_ORIGIN_HEADERS} that CloudFront allows in custom headers; shorten the lists of origins, headers or query parameters, or move sites into another stack"
    )]
    LongOriginHeaders(usize),
    #[error(
        "the policies of the edge's role would have {0} characters, more than IAM's {MAX_ROLE_POLICIES}; shorten prefixes of --sites, or move sites into another stack"
    )]
    LongRolePolicies(usize),
    #[error(
        "the environment of the origin's function would have {0} characters, more than Lambda's {MAX_ENVIRONMENT}; shorten prefixes and query parameters of the sites on the stack's bucket, or move some into another stack"
    )]
    LongEnvironment(usize),
    #[error("DomainName and CertificateArn go together; give both or neither")]
    DomainAlone,
    #[error(
        "ExistingBucket {0} needs ExistingKeyArn, the key that its objects are encrypted with: a new key cannot decrypt them; `aws s3api get-bucket-encryption --bucket {0}` shows it"
    )]
    BucketWithoutKey(String),
    #[error(
        "MultiRegionAccessPoint {alias} needs {missing}: requests may reach any bucket behind it, and the edge's role must be allowed to read each and to decrypt with its key; name them separated by commas"
    )]
    AccessPointAlone {
        alias: String,
        missing: &'static str,
    },
    #[error("{0} needs MultiRegionAccessPoint; give its alias as well, or remove {0}")]
    WithoutAccessPoint(&'static str),
    #[error("HostedZoneId needs a DomainName; give that as well, or remove it")]
    ZoneWithoutDomain,
    #[error("TrailingSlash=redirect needs an IndexDocument, such as index.html, or Listing=true")]
    RedirectWithoutIndex,
    #[error(
        "TrailingSlash=redirect and FallbackDocument exclude each other; give -p FallbackDocument= or -p TrailingSlash=as-is"
    )]
    RedirectWithFallback,
    #[error("ExistingTrailArn needs Audit; give Audit=true as well, or remove it")]
    TrailWithoutAudit,
}

fn suggestion(similar: &Option<String>) -> String {
    similar
        .as_ref()
        .map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
}
