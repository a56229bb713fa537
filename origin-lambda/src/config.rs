//! Configuration from environment variables: read once and validated completely, before anything is served.
//!
//! It does not create clients. Credentials come from the AWS SDK's chain; the one secret read here is
//! the optional client-side master key.

mod cdn;
mod customer_keys;
mod endpoint;
mod envelopes;
mod error;
mod further_site;
mod page;
mod publisher_auth;
mod releases;
mod viewers;

use keyfront_origin_core::{publisher::LONGEST_REQUEST, uploads::ChecksumDemand};

pub use keyfront_names::{BucketName, KeyArn, ParameterArn, Region, RoleArn};
pub use keyfront_origin_core::invalidation::Spellings;

pub(crate) use self::endpoint::split_endpoint;
pub use self::{
    cdn::{
        CLOUDFRONT_ENDPOINT, CdnSettings, DISTRIBUTION_PARAMETER, FURTHER_SITES, SITE_FALLBACK,
        SITE_INDEX, SITE_PREFIX, SITE_QUERY, SITE_RELEASE, SITE_SPELLING, SSM_ENDPOINT,
    },
    customer_keys::{CUSTOMER_KEY_PARAMETER, CustomerKeySettings},
    envelopes::{
        Commitment, MASTER_KEY, MASTER_KEY_ID, MasterKeySetting, READER_COMMITMENT,
        READER_FOREIGN_CONTEXT, READER_VERIFY_LIMIT, ReaderSettings,
    },
    error::ConfigError,
    further_site::{FurtherSite, Spelling},
    page::{PAGE, PREVIEW_URL, PageSettings},
    publisher_auth::{CredentialKind, PUBLISHER_AUTH, PublisherAuth},
    releases::{RELEASE_QUEUE, RELEASE_SETTLING, ReleaseSettings, SQS_ENDPOINT},
    viewers::{VIEWER_SIGNING_KEY, VIEWERS_PARAMETER, ViewerSettings},
};
use self::{endpoint::endpoint, error::invalid};

/// Name of the bucket objects go to (required).
pub const BUCKET: &str = "KEYFRONT_BUCKET";
/// ARN of the KMS key objects are encrypted with (required; an ARN, never an alias).
pub const KEY_ARN: &str = "KEYFRONT_KEY_ARN";
/// ARN of the IAM role the edge signs with (required on Lambda).
pub const EDGE_ROLE_ARN: &str = "KEYFRONT_EDGE_ROLE_ARN";
/// `https://` base under which stored objects are served, without trailing slash (optional).
pub const PUBLIC_URL: &str = "KEYFRONT_PUBLIC_URL";
/// Another S3 endpoint than AWS's (optional; local stacks).
pub const S3_ENDPOINT: &str = "KEYFRONT_S3_ENDPOINT";
/// `true`: the bucket goes into the path instead of the host name (optional; local stacks).
pub const S3_PATH_STYLE: &str = "KEYFRONT_S3_PATH_STYLE";
/// Another KMS endpoint than AWS's (optional; local stacks).
pub const KMS_ENDPOINT: &str = "KEYFRONT_KMS_ENDPOINT";
/// `required`: the bucket retains objects by default, so S3 takes no body without a checksum (optional).
pub const UPLOAD_CHECKSUM: &str = "KEYFRONT_UPLOAD_CHECKSUM";
/// Seconds a presigned request works at most, whatever a rule allows: what the bucket's policy lets pass (optional; seven
/// days).
pub const PRESIGNED_LIFETIME: &str = "KEYFRONT_PRESIGNED_LIFETIME";
/// The Region of bucket and key; set by Lambda itself.
pub const REGION: &str = "AWS_REGION";

/// The origin's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Bucket name.
    pub bucket: BucketName,
    /// Key that every object must be encrypted with.
    pub key_arn: KeyArn,
    /// Region of the bucket.
    pub region: Region,
    /// Role whose signed requests may carry a viewer's token; `None` trusts no one.
    pub edge_role: Option<RoleArn>,
    /// Base of the URLs that publishers get.
    pub public_url: Option<String>,
    /// S3 endpoint override.
    pub s3_endpoint: Option<String>,
    /// Where the bucket's name goes.
    pub s3_style: S3Style,
    /// Whether the bucket takes bodies without a checksum.
    pub checksums: ChecksumDemand,
    /// Which kinds of credentials are accepted.
    pub publisher_auth: PublisherAuth,
    /// Seconds a presigned request works at most.
    pub presigned_lifetime: u32,
    /// KMS endpoint override.
    pub kms_endpoint: Option<String>,
    /// The client-side master key, for envelopes wrapped without KMS.
    pub master_key: Option<MasterKeySetting>,
    /// Where customer keys are.
    pub customer_keys: CustomerKeySettings,
    /// What the reader opens, and how.
    pub reader: ReaderSettings,
    /// The CDN to invalidate.
    pub cdn: Option<CdnSettings>,
    /// How links of the CDN are signed.
    pub viewers: Option<ViewerSettings>,
    /// The publishers' page.
    pub page: PageSettings,
    /// Pending invalidations of releases.
    pub releases: ReleaseSettings,
}

/// Where S3 requests carry the bucket's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum S3Style {
    /// `BUCKET.s3.REGION.amazonaws.com/KEY`
    #[default]
    VirtualHost,
    /// `ENDPOINT/BUCKET/KEY`
    Path,
}

impl Config {
    /// Reads the variables through `lookup`, which returns `None` for an unset one.
    ///
    /// # Errors
    /// The first variable that is missing or unusable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let optional = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let required = |name, hint| optional(name).ok_or(ConfigError::Missing(name, hint));
        Ok(Self {
            bucket: BucketName::new(required(BUCKET, "the bucket's name")?)
                .map_err(|error| invalid(BUCKET, error.to_string()))?,
            key_arn: KeyArn::parse(&required(KEY_ARN, "the KMS key's ARN")?).map_err(|_| {
                invalid(
                    KEY_ARN,
                    "expected the key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias",
                )
            })?,
            region: Region::new(required(REGION, "the Region of the bucket and the key")?)
                .map_err(|error| invalid(REGION, error.to_string()))?,
            edge_role: optional(EDGE_ROLE_ARN)
                .map(|arn| edge_role(&arn))
                .transpose()?,
            public_url: optional(PUBLIC_URL)
                .map(|url| public_url(&url))
                .transpose()?,
            s3_endpoint: optional(S3_ENDPOINT)
                .map(|url| endpoint(S3_ENDPOINT, url))
                .transpose()?,
            s3_style: match optional(S3_PATH_STYLE).as_deref() {
                None | Some("false") => S3Style::VirtualHost,
                Some("true") => S3Style::Path,
                Some(_) => return Err(invalid(S3_PATH_STYLE, "expected true or false")),
            },
            checksums: match optional(UPLOAD_CHECKSUM).as_deref() {
                None | Some("optional") => ChecksumDemand::Never,
                Some("required") => ChecksumDemand::Always,
                Some(_) => return Err(invalid(UPLOAD_CHECKSUM, "expected required or optional")),
            },
            publisher_auth: PublisherAuth::read(optional)?,
            presigned_lifetime: presigned_lifetime(optional(PRESIGNED_LIFETIME).as_deref())?,
            kms_endpoint: optional(KMS_ENDPOINT)
                .map(|url| endpoint(KMS_ENDPOINT, url))
                .transpose()?,
            master_key: MasterKeySetting::read(optional)?,
            customer_keys: CustomerKeySettings::read(optional)?,
            reader: ReaderSettings::read(optional)?,
            cdn: CdnSettings::read(optional)?,
            viewers: ViewerSettings::read(optional)?,
            page: PageSettings::read(optional)?,
            releases: ReleaseSettings::read(optional)?,
        })
    }

    /// Like [`Config::read`], for a start on Lambda, where nobody could publish without the edge role.
    ///
    /// # Errors
    /// As [`Config::read`], and a missing edge role.
    pub fn read_on_lambda(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let config = Self::read(lookup)?;
        if config.edge_role.is_none() {
            return Err(ConfigError::Missing(
                EDGE_ROLE_ARN,
                "the ARN of the role the edge signs with",
            ));
        }
        Ok(config)
    }
}

fn edge_role(arn: &str) -> Result<RoleArn, ConfigError> {
    RoleArn::parse(arn).map_err(|_| {
        invalid(
            EDGE_ROLE_ARN,
            "expected the role's ARN, arn:aws:iam::ACCOUNT:role/NAME",
        )
    })
}

fn presigned_lifetime(seconds: Option<&str>) -> Result<u32, ConfigError> {
    let most = 1..=LONGEST_REQUEST;
    seconds.map_or(Ok(LONGEST_REQUEST), |text| {
        let parsed = text.parse().ok().filter(|seconds| most.contains(seconds));
        parsed.ok_or_else(|| {
            invalid(
                PRESIGNED_LIFETIME,
                "expected a number of seconds from 1 to 604800",
            )
        })
    })
}

fn public_url(url: &str) -> Result<String, ConfigError> {
    if url.starts_with("https://") && !url.contains(['?', '#']) {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(invalid(
            PUBLIC_URL,
            "expected an https:// URL without query",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";

    fn read(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| {
            let base = [(BUCKET, "media"), (KEY_ARN, KEY), (REGION, "eu-west-1")];
            changes
                .iter()
                .chain(&base)
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_minimal_environment_is_enough_natively_and_lacks_the_edge_role_on_lambda() {
        let config = read(&[]).unwrap();
        assert_eq!(config.bucket.as_str(), "media");
        assert_eq!(config.s3_style, S3Style::VirtualHost);
        let lookup = |name: &str| match name {
            BUCKET => Some("media".to_owned()),
            KEY_ARN => Some(KEY.to_owned()),
            REGION => Some("eu-west-1".to_owned()),
            _ => None,
        };
        assert!(matches!(
            Config::read_on_lambda(lookup),
            Err(ConfigError::Missing(EDGE_ROLE_ARN, _))
        ));
    }

    #[test]
    fn unusable_variables_are_named() {
        for (name, value) in [
            (BUCKET, "Media"),
            (BUCKET, "ab"),
            (BUCKET, "a..b"),
            (REGION, "eu west"),
            (KEY_ARN, "alias/site"),
            (KEY_ARN, "arn:aws:kms:eu-west-1:123456789012:alias/site"),
            (KEY_ARN, "arn:aws:kms::123456789012:key/1"),
            (KEY_ARN, "arn:aws:kms:eu-west-1:12:key/1"),
            (EDGE_ROLE_ARN, "edge"),
            (EDGE_ROLE_ARN, "arn:aws:iam::123456789012:user/edge"),
            (EDGE_ROLE_ARN, "arn:aws:iam::123456789012:role/"),
            (PUBLIC_URL, "http://cdn.example.com"),
            (S3_ENDPOINT, "localhost:9000"),
            (S3_PATH_STYLE, "yes"),
            (UPLOAD_CHECKSUM, "sha256"),
            (KMS_ENDPOINT, "localhost:9000"),
            (PUBLISHER_AUTH, "jwt"),
            (PRESIGNED_LIFETIME, "0"),
            (PRESIGNED_LIFETIME, "604801"),
            (MASTER_KEY, "c2hvcnQ="),
            (MASTER_KEY_ID, "key without a key"),
            (READER_COMMITMENT, "v2"),
            (READER_VERIFY_LIMIT, "0"),
            (READER_VERIFY_LIMIT, "1GB"),
            (DISTRIBUTION_PARAMETER, "/keyfront/distribution-id"),
            (
                DISTRIBUTION_PARAMETER,
                "arn:aws:ssm::123456789012:parameter/p",
            ),
            (
                DISTRIBUTION_PARAMETER,
                "arn:aws:ssm:us-east-1:12:parameter/p",
            ),
            (
                DISTRIBUTION_PARAMETER,
                "arn:aws:ssm:us-east-1:123456789012:parameter/",
            ),
            (
                DISTRIBUTION_PARAMETER,
                "arn:aws:kms:us-east-1:123456789012:parameter/p",
            ),
            (SITE_SPELLING, "any"),
            (RELEASE_QUEUE, "releases"),
            (RELEASE_SETTLING, "36s"),
            (CUSTOMER_KEY_PARAMETER, "/keyfront/customer-key"),
            (READER_FOREIGN_CONTEXT, "[]"),
            (READER_FOREIGN_CONTEXT, r#"{"aws:x-amz-cek-alg":"115"}"#),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert!(
                matches!(error, ConfigError::Invalid { name: n, .. } if n == name),
                "{name}={value}"
            );
        }
        for name in [BUCKET, KEY_ARN, REGION] {
            assert!(matches!(read(&[(name, "")]), Err(ConfigError::Missing(n, _)) if n == name));
        }
    }

    #[test]
    fn links_need_both_what_the_cdn_trusts_and_the_key_that_signs() {
        let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/viewers";
        let both = [(VIEWERS_PARAMETER, parameter), (VIEWER_SIGNING_KEY, KEY)];
        let settings = read(&both).unwrap().viewers.unwrap();
        assert_eq!(settings.parameter.as_str(), parameter);
        assert_eq!(settings.signing_key.as_str(), KEY);
        assert_eq!(read(&[]).unwrap().viewers, None);
        for (only, missing) in [(both[0], VIEWER_SIGNING_KEY), (both[1], VIEWERS_PARAMETER)] {
            let error = read(&[only]).unwrap_err();
            assert!(
                matches!(error, ConfigError::Missing(name, _) if name == missing),
                "{error}"
            );
        }
        for (name, value) in [
            (VIEWERS_PARAMETER, "/keyfront/viewers"),
            (VIEWER_SIGNING_KEY, "alias/viewers"),
        ] {
            let other = both.iter().find(|(known, _)| *known != name).unwrap();
            let error = read(&[(name, value), *other]).unwrap_err();
            assert!(
                matches!(error, ConfigError::Invalid { name: named, .. } if named == name),
                "{error}"
            );
        }
    }

    #[test]
    fn further_sites_are_read_and_refused_as_a_whole() {
        let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/p";
        let cdn = |text: &str| {
            let changes = [(DISTRIBUTION_PARAMETER, parameter), (FURTHER_SITES, text)];
            read(&changes).map(|config| config.cdn.unwrap())
        };
        let settings =
            cdn(r#"[{"path":"/docs/","prefix":"www/","query":["v"],"spelling":"accept"}]"#)
                .unwrap();
        let layouts: Vec<_> = settings.layouts().collect();
        assert_eq!(layouts.len(), 2);
        assert_eq!(layouts[1].path, Some("/docs/"));
        assert_eq!(layouts[1].spellings, Spellings::Any);
        for text in [
            "{}",
            r#"[{"path":"docs/"}]"#,
            r#"[{"path":"/docs"}]"#,
            r#"[{"path":"/a b/"}]"#,
            r#"[{"path":"/docs/","bucket":"b"}]"#,
            r#"[{"path":"/docs/","spelling":"any"}]"#,
        ] {
            let error = cdn(text).unwrap_err();
            let named = matches!(
                error,
                ConfigError::Invalid {
                    name: FURTHER_SITES,
                    ..
                }
            );
            assert!(named, "{text}: {error}");
        }
    }

    #[test]
    fn only_a_session_of_the_edge_role_is_recognised() {
        let role = RoleArn::parse("arn:aws:iam::123456789012:role/keyfront/edge").unwrap();
        assert!(role.is_session("arn:aws:sts::123456789012:assumed-role/edge/us-east-1.signer"));
        for other in [
            "",
            "arn:aws:iam::123456789012:role/keyfront/edge",
            "arn:aws:sts::123456789012:assumed-role/edge",
            "arn:aws:sts::123456789012:assumed-role/edge/",
            "arn:aws:sts::123456789012:assumed-role/edge/a/b",
            "arn:aws:sts::123456789012:assumed-role/edges/a",
            "arn:aws:sts::123456789012:assumed-role/Edge/a",
            "arn:aws:sts::210987654321:assumed-role/edge/a",
            "arn:aws-cn:sts::123456789012:assumed-role/edge/a",
            "arn:aws:sts::123456789012:federated-user/edge/a",
            "arn:aws:iam::123456789012:user/assumed-role/edge/a",
        ] {
            assert!(!role.is_session(other), "{other}");
        }
    }
}
