//! The origin of the stack: the publishers' API, linked in, on the stack's own S3.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use hyper::body::Incoming;
use keyfront_dev_cdn::CdnHandle;
use keyfront_dev_ground::listener::Listener;
use keyfront_edge::site::Spelling;
use keyfront_origin::config::{
    self, BucketName, CdnSettings, Commitment, Config, CustomerKeySettings, FurtherSite, KeyArn,
    MasterKeySetting, PageSettings, ParameterArn, PublisherAuth, ReaderSettings, Region,
    ReleaseSettings, RoleArn, S3Style, Spellings, ViewerSettings,
};
use keyfront_origin::kms::Kms;
use keyfront_origin::{ChecksumDemand, Origin, store};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::aws::LocalAws;
use super::config::{CustomerKeys, DevSite};
use super::listeners::{Addresses, url};
use super::resources::{self, EDGE_ROLE};
use super::sessions::{OriginCredentials, for_sdk};
use super::template::{
    PRESIGNED_LIFETIME, customer_key_parameter, distribution_parameter, viewers_parameter,
};

/// Headers must come within this time, which is also how long an idle connection is kept.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// What the origin is configured with, and the S3 clients of that configuration.
pub(super) struct OriginSetup {
    config: Config,
    /// The client-side master key once more, for the environment: the configuration does not give it back.
    master_key: Zeroizing<[u8; 32]>,
}

impl OriginSetup {
    /// The configuration a deployed origin would read from its environment.
    ///
    /// # Errors
    /// Never for a key of the stack's own KMS and a role of its own.
    pub(super) fn new(
        aws: &LocalAws,
        site: &DevSite,
        further_sites: Vec<FurtherSite>,
        addresses: &Addresses,
        cdn_handle: &CdnHandle,
        settling: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            config: Config {
                bucket: BucketName::new(site.bucket.clone())?,
                key_arn: KeyArn::parse(&aws.key_arn)?,
                region: Region::new(aws.sts.account().region())?,
                edge_role: Some(RoleArn::parse(&aws.iam.account().role_arn(EDGE_ROLE))?),
                public_url: Some(cdn_handle.url()),
                s3_endpoint: Some(url(addresses.s3)),
                s3_style: S3Style::Path,
                checksums: ChecksumDemand::Never,
                publisher_auth: PublisherAuth::default(),
                presigned_lifetime: PRESIGNED_LIFETIME,
                kms_endpoint: Some(url(addresses.kms)),
                customer_keys: CustomerKeySettings {
                    parameter: match aws.customer_keys {
                        CustomerKeys::Without => None,
                        CustomerKeys::With => Some(ParameterArn::parse(&customer_key_parameter(
                            aws.iam.account(),
                        ))?),
                    },
                    ssm_endpoint: Some(url(addresses.ssm)),
                },
                master_key: Some(MasterKeySetting::new("dev", *aws.master_key)),
                // Format V2 can be asked for here, so it is read here.
                reader: ReaderSettings {
                    commitment: Commitment::Optional,
                    ..ReaderSettings::default()
                },
                cdn: Some(cdn_settings(aws, site, further_sites, addresses)?),
                // Set where the stack protects something.
                viewers: match &aws.viewers {
                    Some(viewers) => Some(ViewerSettings {
                        parameter: ParameterArn::parse(&viewers_parameter(aws.iam.account()))?,
                        signing_key: KeyArn::parse(viewers.signing_key_arn())?,
                        ssm_endpoint: Some(url(addresses.ssm)),
                    }),
                    None => None,
                },
                releases: ReleaseSettings {
                    queue: Some(resources::release_queue_url(
                        &url(addresses.sqs),
                        aws.iam.account(),
                    )),
                    sqs_endpoint: Some(url(addresses.sqs)),
                    settling,
                },
                page: PageSettings {
                    native: cdn_handle.preview_url().is_some(),
                    preview_url: cdn_handle.preview_url(),
                },
            },
            master_key: aws.master_key.clone(),
        })
    }

    /// The administrator's view of S3.
    pub(super) fn administrator(&self, aws: &LocalAws) -> Client {
        let credentials = for_sdk(&aws.administrator);
        store::client(&self.config, SharedCredentialsProvider::new(credentials))
    }

    /// The origin, linked in.
    pub(super) fn origin(&self, credentials: OriginCredentials) -> Arc<Origin> {
        let credentials = SharedCredentialsProvider::new(credentials);
        let s3 = store::client(&self.config, credentials.clone());
        let kms = Kms::new(&self.config, credentials.clone());
        Origin::new(&self.config, s3, kms, credentials)
    }

    /// What it is configured with.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// The same as the environment of a function.
    pub(super) fn environment(&self, edge_role_arn: String) -> Vec<(String, String)> {
        environment(&self.config, edge_role_arn, &self.master_key)
    }

    /// Serves publishers until `stop`.
    pub(super) fn serve(
        &self,
        listener: TcpListener,
        credentials: OriginCredentials,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let router = keyfront_origin::http::served(self.origin(credentials));
        let answer = move |request: Request<Incoming>, _| {
            let answered = router.clone().oneshot(request.map(Body::new));
            async move {
                let Ok(response) = answered.await;
                response
            }
        };
        let listener = Listener::plain("publish", listener, HEADER_TIMEOUT);
        tasks.spawn(listener.serve(answer, stop.clone().cancelled_owned()));
    }
}

/// Every field of the configuration as its variable: a field that is new in the origin does not compile here until it
/// has one. The role and the master key come beside it, because the configuration does not give them back.
fn environment(config: &Config, edge_role_arn: String, master: &[u8; 32]) -> Vec<(String, String)> {
    let Config {
        bucket,
        key_arn,
        region,
        edge_role,
        public_url,
        s3_endpoint,
        s3_style,
        checksums,
        publisher_auth,
        presigned_lifetime,
        kms_endpoint,
        master_key,
        customer_keys,
        reader,
        cdn,
        viewers,
        page,
        releases,
    } = config;
    let path_style = (*s3_style == S3Style::Path).to_string();
    let demanded = match checksums {
        ChecksumDemand::Never => "optional",
        ChecksumDemand::Always => "required",
    };
    let mut variables = vec![
        (config::UPLOAD_CHECKSUM, Some(demanded.to_owned())),
        (config::BUCKET, Some(bucket.to_string())),
        (config::KEY_ARN, Some(key_arn.to_string())),
        (config::REGION, Some(region.to_string())),
        (
            config::EDGE_ROLE_ARN,
            edge_role.as_ref().map(|_| edge_role_arn),
        ),
        (config::PUBLIC_URL, public_url.clone()),
        (config::S3_ENDPOINT, s3_endpoint.clone()),
        (config::S3_PATH_STYLE, Some(path_style)),
        (config::PUBLISHER_AUTH, Some(publisher_auth.to_text())),
        (
            config::PRESIGNED_LIFETIME,
            Some(presigned_lifetime.to_string()),
        ),
        (config::KMS_ENDPOINT, kms_endpoint.clone()),
    ];
    if let Some(MasterKeySetting { id, key: _ }) = master_key {
        variables.push((config::MASTER_KEY, Some(STANDARD.encode(master))));
        variables.push((config::MASTER_KEY_ID, Some(id.clone())));
    }
    variables.extend(of_customer_keys(customer_keys));
    variables.extend(of_reader(reader));
    variables.extend(cdn.iter().flat_map(of_cdn));
    variables.extend(viewers.iter().flat_map(of_viewers));
    variables.extend(of_page(page));
    variables.extend(of_releases(releases));
    let set = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
    variables.into_iter().filter_map(set).collect()
}

fn of_customer_keys(keys: &CustomerKeySettings) -> [(&'static str, Option<String>); 2] {
    let CustomerKeySettings {
        parameter,
        ssm_endpoint,
    } = keys;
    let parameter = parameter.as_ref().map(ToString::to_string);
    [
        (config::CUSTOMER_KEY_PARAMETER, parameter),
        (config::SSM_ENDPOINT, ssm_endpoint.clone()),
    ]
}

fn of_reader(reader: &ReaderSettings) -> [(&'static str, Option<String>); 3] {
    let ReaderSettings {
        verify_limit,
        commitment,
        foreign_context,
    } = reader;
    let context = foreign_context
        .as_ref()
        .map(|context| serde_json::json!(context).to_string());
    [
        (config::READER_VERIFY_LIMIT, Some(verify_limit.to_string())),
        (
            config::READER_COMMITMENT,
            Some(commitment.name().to_owned()),
        ),
        (config::READER_FOREIGN_CONTEXT, context),
    ]
}

fn of_cdn(cdn: &CdnSettings) -> [(&'static str, Option<String>); 9] {
    let CdnSettings {
        distribution_parameter,
        site_prefix,
        site_index,
        site_fallback,
        site_query,
        site_spellings,
        site_release,
        further_sites,
        cloudfront_endpoint,
        // The same as the customer keys'.
        ssm_endpoint: _,
    } = cdn.clone();
    let site_spelling = match site_spellings {
        Spellings::One => "redirect",
        Spellings::Any => "accept",
    };
    [
        (
            config::DISTRIBUTION_PARAMETER,
            Some(distribution_parameter.to_string()),
        ),
        (config::SITE_PREFIX, site_prefix),
        (config::SITE_INDEX, site_index),
        (config::SITE_FALLBACK, site_fallback),
        (config::SITE_QUERY, site_query),
        (config::SITE_SPELLING, Some(site_spelling.to_owned())),
        (config::SITE_RELEASE, site_release),
        (config::FURTHER_SITES, written(&further_sites)),
        (config::CLOUDFRONT_ENDPOINT, cloudfront_endpoint),
    ]
}

fn of_viewers(viewers: &ViewerSettings) -> [(&'static str, Option<String>); 2] {
    let ViewerSettings {
        parameter,
        signing_key,
        // The same as the customer keys'.
        ssm_endpoint: _,
    } = viewers;
    [
        (config::VIEWERS_PARAMETER, Some(parameter.to_string())),
        (config::VIEWER_SIGNING_KEY, Some(signing_key.to_string())),
    ]
}

fn of_page(page: &PageSettings) -> [(&'static str, Option<String>); 2] {
    let PageSettings {
        native,
        preview_url,
    } = page;
    [
        (config::PAGE, Some(native.to_string())),
        (config::PREVIEW_URL, preview_url.clone()),
    ]
}

fn of_releases(releases: &ReleaseSettings) -> [(&'static str, Option<String>); 3] {
    let ReleaseSettings {
        queue,
        sqs_endpoint,
        settling,
    } = releases;
    let settling = settling.as_millis().to_string();
    [
        (config::RELEASE_QUEUE, queue.clone()),
        (config::SQS_ENDPOINT, sqs_endpoint.clone()),
        (config::RELEASE_SETTLING, Some(settling)),
    ]
}

/// As the variable holds it; none is no variable.
fn written(sites: &[FurtherSite]) -> Option<String> {
    (!sites.is_empty()).then(|| serde_json::json!(sites).to_string())
}

/// What the origin invalidates, and where it asks for it.
fn cdn_settings(
    aws: &LocalAws,
    site: &DevSite,
    further_sites: Vec<FurtherSite>,
    addresses: &Addresses,
) -> anyhow::Result<CdnSettings> {
    Ok(CdnSettings {
        distribution_parameter: ParameterArn::parse(&distribution_parameter(aws.iam.account()))?,
        site_prefix: Some(site.parsed.prefix.clone()).filter(|text| !text.is_empty()),
        site_index: site.parsed.index.clone(),
        site_fallback: site.parsed.fallback.clone(),
        site_query: Some(site.parsed.query.join(",")).filter(|names| !names.is_empty()),
        site_spellings: match site.parsed.spelling {
            Spelling::Redirect => Spellings::One,
            Spelling::Accept => Spellings::Any,
        },
        site_release: site.parsed.release.clone(),
        further_sites,
        cloudfront_endpoint: Some(url(addresses.cloudfront)),
        ssm_endpoint: Some(url(addresses.ssm)),
    })
}

#[cfg(test)]
mod tests;
