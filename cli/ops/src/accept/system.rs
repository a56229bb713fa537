//! Finding the system under trial: a dev stack by its files, a deployed one by its outputs and its distribution.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudfront::types::{DistributionConfig, Origin};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use bytes::Bytes;
use keyfront_contract::header;
use keyfront_dev_json::{DevJson, Endpoints, StoredCredentials};
use keyfront_edge::Site;
use keyfront_origin_core::{encryption::EncryptionMode, publisher::Publisher};
use time::OffsetDateTime;

use super::{
    change::{Change, Changes},
    client::Client,
    context::{Context, FunctionUrl, Kind, Polling, Publishing, ReleasedSite},
    cost_estimate::{Charged, CostEstimate},
    worker_address::WorkerAddress,
};
use crate::{
    aws::{self, call_error},
    bucket_target::BucketTarget,
    publisher::{policy, tokens},
    system::{
        layout::EDGE_REGION,
        outputs::{Purpose, of_system},
    },
    viewers::SigningKey,
    web_target::Trust,
};

/// What both kinds of system have, before the distribution was asked.
struct SystemFacts {
    kind: Kind,
    cdn_url: String,
    trust: Trust,
    target: BucketTarget,
    kms: aws_sdk_kms::Client,
    cloudfront: aws_sdk_cloudfront::Client,
    lambda: Option<aws_sdk_lambda::Client>,
    signing_key: Option<SigningKey>,
    config: Option<SdkConfig>,
    profile: Option<String>,
    key_arn: String,
    distribution: String,
    edge_function: Option<String>,
    /// Where the Function URL is, if not under the name of the site.
    function_url: Option<String>,
    stranger: Option<SharedCredentialsProvider>,
    polling: Polling,
    charged: Charged,
}

/// A running dev stack.
///
/// # Errors
/// Its files cannot be read, or its CloudFront API does not answer.
pub(super) async fn of_dev_stack(
    file: &Path,
    worker: Option<WorkerAddress<'_>>,
) -> anyhow::Result<Context> {
    let dev = DevJson::read(file)?;
    let endpoints = Endpoints::beside(file)?;
    let config = aws::of_dev_stack(&dev);
    let kms = aws_sdk_kms::config::Builder::from(&config).endpoint_url(&dev.kms_url);
    let in_virginia = aws::in_region(&config, EDGE_REGION);
    let cloudfront = aws_sdk_cloudfront::config::Builder::from(&in_virginia)
        .endpoint_url(&endpoints.cloudfront_url);
    let found = SystemFacts {
        kind: Kind::Dev(file.to_path_buf()),
        signing_key: SigningKey::of_dev_stack(&dev),
        trust: Trust::new(Some(&dev.ca_cert))?,
        cdn_url: dev.cdn_url,
        target: BucketTarget::new(&config, dev.bucket)?,
        kms: aws_sdk_kms::Client::from_conf(kms.build()),
        cloudfront: aws_sdk_cloudfront::Client::from_conf(cloudfront.build()),
        lambda: None,
        config: None,
        profile: None,
        key_arn: dev.key_arn,
        distribution: endpoints.distribution,
        edge_function: None,
        function_url: Some(endpoints.function_url),
        stranger: Some(provider(&dev.credentials.origin)),
        polling: Polling::NONE,
        charged: Charged::Nothing,
    };
    let mut context = found.look(worker).await?;
    if let Some(publish) = &context.site.publish {
        context.publishing = Some(Publishing {
            prefix: publish.prefix.clone(),
            bearer: format!("Bearer {}", dev.publisher_token),
        });
    }
    Ok(context)
}

/// A deployed system whose bucket is in the configuration's Region.
///
/// # Errors
/// There is no such system, its stacks are another's, or CloudFront does not return its distribution.
pub(super) async fn of_stack(
    config: &SdkConfig,
    kind: Kind,
    profile: Option<String>,
    worker: Option<WorkerAddress<'_>>,
) -> anyhow::Result<Context> {
    let (Kind::Stack { name } | Kind::ThrowAway { name }) = &kind else {
        anyhow::bail!("find a dev stack by its dev.json");
    };
    let region = aws::region_of(config)?;
    let mut outputs = of_system(config, name, Purpose::Change)
        .await?
        .with_context(|| {
            format!("there is no stack {name} for {region}; is --region its bucket's?")
        })?;
    let signing_key = SigningKey::of_system(config, &outputs);
    let mut output = |output: &str| {
        let found = outputs.remove(output);
        found.with_context(|| format!("stack {name} has no output {output}"))
    };
    let in_virginia = aws::in_region(config, EDGE_REGION);
    let charged = match &kind {
        Kind::ThrowAway { .. } => Charged::UseAndKey,
        _ => Charged::Use,
    };
    let found = SystemFacts {
        trust: Trust::new(None)?,
        cdn_url: output("CdnUrl")?,
        target: BucketTarget::new(config, output("BucketName")?)?,
        kms: aws_sdk_kms::Client::new(config),
        cloudfront: aws_sdk_cloudfront::Client::new(&in_virginia),
        lambda: Some(aws_sdk_lambda::Client::new(&in_virginia)),
        config: Some(config.clone()),
        profile,
        key_arn: output("KeyArn")?,
        distribution: output("DistributionId")?,
        edge_function: output("EdgeFunctionArn").ok(),
        signing_key,
        function_url: None,
        stranger: None,
        polling: Polling::CLOUD,
        charged,
        kind,
    };
    found.look(worker).await
}

impl SystemFacts {
    async fn configuration(&self) -> anyhow::Result<DistributionConfig> {
        let (id, cloudfront) = (&self.distribution, &self.cloudfront);
        let answer = cloudfront.get_distribution_config().id(id).send().await;
        let answer = answer.map_err(|error| {
            call_error(error).context(format!("distribution {id} cannot be read"))
        })?;
        let config = answer.distribution_config;
        config.context("CloudFront returned no configuration")
    }

    async fn look(self, worker: Option<WorkerAddress<'_>>) -> anyhow::Result<Context> {
        let config = self.configuration().await?;
        let origin = default_origin(&config)?;
        let document = carried(origin).context(
            "the default behaviour's origin has no x-keyfront-site; run `keyfront doctor`",
        )?;
        let site = Site::parse(document.as_bytes()).context("the edge refuses the site")?;
        let costs = CostEstimate::new(self.charged);
        let client = |url: &str| -> anyhow::Result<Client> {
            Ok(Client::new(url, &self.trust, Arc::clone(&costs.viewer_requests))?.0)
        };
        let function_url = match &site.publish {
            Some(publish) => {
                let url = self.function_url.clone();
                let url = url.unwrap_or_else(|| format!("https://{}", publish.host));
                // Called past the CDN, and so not counted as a viewer.
                let (client, _) = Client::new(&url, &self.trust, Arc::new(AtomicU64::new(0)))?;
                Some(FunctionUrl {
                    client: client.named(&publish.host),
                    stranger: self.stranger,
                })
            }
            None => None,
        };
        Ok(Context {
            cdn: client(&self.cdn_url)?,
            worker: worker.map(|worker| worker.reach(client)).transpose()?,
            released: released_site(&config),
            s3_origin: origin.s3_origin_config().is_some(),
            publishing: None,
            function_url,
            s3: self.target.s3.clone(),
            bucket: self.target.bucket.to_string(),
            region: self.target.region.clone(),
            prefix: format!("keyfront-accept-{}/", random_name()?),
            changes: Changes::default(),
            kind: self.kind,
            cdn_url: self.cdn_url,
            trust: self.trust,
            target: self.target,
            kms: self.kms,
            cloudfront: self.cloudfront,
            lambda: self.lambda,
            signing_key: self.signing_key,
            config: self.config,
            profile: self.profile,
            key_arn: self.key_arn,
            distribution: self.distribution,
            edge_function: self.edge_function,
            document,
            site,
            polling: self.polling,
            costs,
        })
    }
}

impl Context {
    /// Adds a publisher of this run's own, who may do everything under its prefixes, until the run ends.
    ///
    /// # Errors
    /// The bucket's policy cannot be changed.
    pub(super) async fn add_publisher(&mut self) -> anyhow::Result<()> {
        let Some(publish) = self.site.publish.as_ref() else {
            return Ok(());
        };
        let prefix = publish.prefix.clone();
        let name = self.prefix.trim_end_matches('/').to_owned();
        let rule = |prefix: String| {
            serde_json::json!({
                "prefix": prefix, "methods": ["GET", "PUT", "DELETE"], "max_size": 5_u64 << 30,
                "content_types": ["*/*"], "overwrite": true, "cache_control": "public, max-age=3600",
                "encryption": EncryptionMode::ALL,
            })
        };
        let reader = self.site.reader.as_ref();
        let below_reader = reader
            .map(|reader| format!("{}/{}", reader.prefix.trim_start_matches('/'), self.prefix));
        let rules: Vec<_> = std::iter::once(self.key(""))
            .chain(below_reader)
            .map(rule)
            .collect();
        // Only where the probe runs: the policy of others stays of its version.
        let released = self.released.iter();
        let released = released.filter(|_| matches!(self.kind, Kind::ThrowAway { .. }));
        let sites: Vec<_> = released.map(|site| &site.name).collect();
        self.changes.note(Change::PublisherAdded(name.clone()));
        let now = OffsetDateTime::now_utc();
        let token = policy::change(&self.target, |policy| {
            let publisher: Publisher = serde_json::from_value(
                serde_json::json!({"id": name, "rules": rules, "sites": sites}),
            )?;
            let mut policy = policy.with(publisher)?;
            let token = tokens::issue(&mut policy, &name, None, now)?;
            Ok((policy, token))
        })
        .await?;
        self.publishing = Some(Publishing {
            prefix,
            bearer: format!("Bearer {}", token.reveal()),
        });
        self.await_publisher().await
    }

    /// The origin reads the policy once a minute.
    async fn await_publisher(&self) -> anyhow::Result<()> {
        let target = format!("/objects?prefix={}", self.key(""));
        let mut last = String::new();
        let known = self
            .eventually(async || {
                let answer = self.publish("GET", &target, &[], Bytes::new()).await?;
                last = answer.described();
                Ok(answer.status == 200)
            })
            .await?;
        anyhow::ensure!(
            known,
            "the publishers' API returned {last} to a publisher of its policy"
        );
        Ok(())
    }
}

fn default_origin(config: &DistributionConfig) -> anyhow::Result<&Origin> {
    let behaviour = config.default_cache_behavior();
    let target = behaviour
        .context("the distribution has no default behaviour")?
        .target_origin_id();
    let origins = config.origins().map_or(&[][..], |found| found.items());
    let origin = origins.iter().find(|origin| origin.id() == target);
    origin.with_context(|| format!("the distribution has no origin {target}"))
}

/// The first site that serves releases.
fn released_site(config: &DistributionConfig) -> Option<ReleasedSite> {
    let origins = config.origins().map_or(&[][..], |found| found.items());
    origins.iter().find_map(|origin| {
        let site = Site::parse(carried(origin)?.as_bytes()).ok()?;
        Some(ReleasedSite {
            name: site.release?,
            path: site.path,
        })
    })
}

fn carried(origin: &Origin) -> Option<String> {
    let headers = origin.custom_headers()?.items();
    let found = headers
        .iter()
        .find(|found| found.header_name().eq_ignore_ascii_case(header::SITE))?;
    Some(found.header_value().to_owned())
}

/// A name nobody else uses: 40 random bits.
///
/// # Errors
/// The system gives no randomness.
pub(super) fn random_name() -> anyhow::Result<String> {
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes).context("no random bytes for a name")?;
    Ok(hex::encode(bytes))
}

fn provider(stored: &StoredCredentials) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new(
        stored.access_key_id.clone(),
        stored.secret_access_key.clone(),
        stored.session_token.clone(),
        None,
        "dev.json",
    ))
}
