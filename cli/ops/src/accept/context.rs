//! The system under trial, as probes reach it: as viewers, as a publisher, and as the operator.
//!
//! Everything a probe writes lies under [`Context::prefix`], in names that no system of anybody else's uses.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_s3::{
    config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider},
    error::ProvideErrorMetadata as _,
};
use bytes::Bytes;
use keyfront_edge::Site;

use super::{
    change::Changes,
    client::{Answer, Client},
    cost_estimate::CostEstimate,
    spelling::as_viewers_write,
    unavailable::Unavailable,
    worker_address::DeployedWorker,
};
use crate::{aws::call_error, bucket_target::BucketTarget, viewers::SigningKey, web_target::Trust};

/// How long and how often a probe waits for what spreads slowly in the cloud.
#[derive(Debug, Clone, Copy)]
pub(super) struct Polling {
    pub(super) attempts: u32,
    pub(super) pause: Duration,
}

impl Polling {
    /// The dev stack is consistent: what does not hold at once does not hold.
    pub(super) const NONE: Self = Self {
        attempts: 1,
        pause: Duration::ZERO,
    };
    /// Invalidations, keys and policies take up to some minutes.
    pub(super) const CLOUD: Self = Self {
        attempts: 120,
        pause: Duration::from_secs(3),
    };
}

/// What kind of system it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A dev stack, by its dev.json.
    Dev(PathBuf),
    /// A deployed stack that others may use.
    Stack { name: String },
    /// A stack that was made for this run.
    ThrowAway { name: String },
}

/// The publish endpoint.
pub(super) struct Publishing {
    /// The path of the publish route.
    pub(super) prefix: String,
    pub(super) bearer: String,
}

/// A site that serves releases.
pub(super) struct ReleasedSite {
    /// The name of its releases.
    pub(super) name: String,
    /// Its folder on the host; ends with a slash, or is empty.
    pub(super) path: String,
}

impl ReleasedSite {
    /// Where the bucket has all that is the site's.
    pub(super) fn folder(&self) -> String {
        format!(".keyfront/sites/{}/", self.name)
    }
}

/// The Function URL of the publishers' API, reached past the CDN.
pub(super) struct FunctionUrl {
    pub(super) client: Client,
    /// An identity that may not call it; `None` where there is none at hand.
    pub(super) stranger: Option<SharedCredentialsProvider>,
}

/// The system.
pub(super) struct Context {
    pub(super) kind: Kind,
    pub(super) cdn_url: String,
    pub(super) cdn: Client,
    pub(super) trust: Trust,
    /// `None` if the site has no publish route.
    pub(super) publishing: Option<Publishing>,
    pub(super) function_url: Option<FunctionUrl>,
    pub(super) worker: Option<DeployedWorker>,
    /// The bucket, for what changes its publishers' policy.
    pub(super) target: BucketTarget,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) kms: aws_sdk_kms::Client,
    pub(super) cloudfront: aws_sdk_cloudfront::Client,
    /// `None` on a dev stack, which has no such API.
    pub(super) lambda: Option<aws_sdk_lambda::Client>,
    /// What signs for viewers; `None` where nothing is protected.
    pub(super) signing_key: Option<SigningKey>,
    /// The operator's way to AWS, for calls that choose their Region; `None` on a dev stack.
    pub(super) config: Option<SdkConfig>,
    pub(super) profile: Option<String>,
    pub(super) bucket: String,
    pub(super) region: String,
    pub(super) key_arn: String,
    pub(super) distribution: String,
    pub(super) edge_function: Option<String>,
    /// The site as the distribution carries it, and as the edge reads it.
    pub(super) document: String,
    pub(super) site: Site,
    /// The first one of the distribution, if any.
    pub(super) released: Option<ReleasedSite>,
    /// Whether CloudFront sees the bucket as an s3 origin.
    pub(super) s3_origin: bool,
    /// `keyfront-accept-RANDOM/`, below the site's own prefix.
    pub(super) prefix: String,
    pub(super) polling: Polling,
    pub(super) costs: CostEstimate,
    pub(super) changes: Changes,
}

impl Context {
    pub(super) fn is_dev(&self) -> bool {
        matches!(self.kind, Kind::Dev(_))
    }

    /// The key of a probe's object in the bucket.
    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{}{name}", self.site.prefix, self.prefix)
    }

    /// The path viewers ask for it by.
    pub(super) fn path(&self, name: &str) -> String {
        format!("/{}", as_viewers_write(&format!("{}{name}", self.prefix)))
    }

    /// Stores an object past the publishers' API, encrypted as the bucket does it by default.
    pub(super) async fn put(&self, name: &str, body: Bytes, cache: &str) -> anyhow::Result<()> {
        self.costs.s3(1);
        let call = self.s3.put_object().bucket(&self.bucket);
        let call = call
            .key(self.key(name))
            .content_type("text/plain")
            .cache_control(cache)
            .body(body.into());
        let stored = call.send().await.map_err(call_error);
        stored.with_context(|| format!("{name} cannot be stored"))?;
        Ok(())
    }

    /// What the bucket holds under a key; `None` if nothing.
    pub(super) async fn stored(&self, key: &str) -> anyhow::Result<Option<Bytes>> {
        self.costs.s3(1);
        let call = self.s3.get_object().bucket(&self.bucket).key(key);
        match call.send().await {
            Ok(object) => Ok(Some(object.body.collect().await?.into_bytes())),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(None),
            Err(error) => Err(call_error(error).context(format!("{key} cannot be read"))),
        }
    }

    pub(super) async fn view(&self, name: &str) -> anyhow::Result<Answer> {
        self.view_with("GET", name, &[]).await
    }

    pub(super) async fn view_with(
        &self,
        method: &str,
        name: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let answer = self
            .cdn
            .send(method, &self.path(name), headers, Bytes::new())
            .await?;
        self.costs.transferred(answer.body.len() as u64);
        Ok(answer)
    }

    /// Calls the publishers' API through the CDN, as the publisher.
    ///
    /// # Errors
    /// The site has no publish route, or there is no answer.
    pub(super) async fn publish(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let publishing = self.publishing()?;
        let target = format!("{}{target}", publishing.prefix);
        let bearer = [("authorization", publishing.bearer.as_str())];
        let headers = [&bearer, headers].concat();
        self.cdn.send(method, &target, &headers, body).await
    }

    /// The target of an object at the publishers' API.
    pub(super) fn object(&self, name: &str) -> String {
        format!("/objects/{}", as_viewers_write(&self.key(name)))
    }

    pub(super) fn publishing(&self) -> anyhow::Result<&Publishing> {
        let found = self.publishing.as_ref();
        Ok(found.ok_or(Unavailable("the site has no publish route"))?)
    }

    /// Asks until it holds, as long as this system's changes take; whether it ever did.
    ///
    /// # Errors
    /// `attempt` failed.
    pub(super) async fn eventually(
        &self,
        mut attempt: impl AsyncFnMut() -> anyhow::Result<bool>,
    ) -> anyhow::Result<bool> {
        for at in 0..self.polling.attempts {
            if at > 0 {
                tokio::time::sleep(self.polling.pause).await;
            }
            if attempt().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Credentials that a provider gives now.
///
/// # Errors
/// It gives none.
pub(super) async fn current(provider: &SharedCredentialsProvider) -> anyhow::Result<Credentials> {
    let given = provider.provide_credentials().await;
    given.context("no AWS credentials")
}
