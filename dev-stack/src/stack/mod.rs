//! The stack: every room of this crate wired into one running system on loopback.
//!
//! It decides who exists, what they may do and where things listen. What the services mean is theirs.

mod cdn;
mod config;
mod faults;
mod function_url;
mod ground;
mod listeners;
mod origin;
mod principals;
mod publisher;
mod sessions;
mod template;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use config::{EdgeKind, OriginKind, Ports, StackConfig, Storage};
pub use faults::{EdgeFunctions, Faults, SiteHeader};
pub use keyfront_dev_json::{DevJson, Endpoints, RoleCredentials, StoredCredentials};
pub use principals::EDGE_ROLE;
pub use template::{Grant, grants};

use crate::cdn::CdnHandle;
use crate::kms::Kms;
use crate::ssm::{self, Ssm};
use ground::Ground;
use keyfront_iam::Credentials;
use listeners::{Listeners, url};
use origin::OriginSetup;
use sessions::{Begun, Sessions};
use template::{PARAMETER_REGION, StackTemplate};

/// How long open requests may take to end after the stop.
const GRACE: Duration = Duration::from_secs(8);

/// A running stack. [`Stack::shutdown`] stops it; dropping it stops it without waiting.
pub struct Stack {
    cdn: CdnHandle,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    rotation: tokio::task::AbortHandle,
    dev_json: DevJson,
    dev_json_path: PathBuf,
    edge_description: String,
    origin_description: String,
    cloudfront_url: String,
    ssm_url: String,
    function_url: SocketAddr,
    kms: Arc<Kms>,
}

impl Stack {
    /// Starts everything. Once this returns, every listener serves and `dev.json` is written.
    ///
    /// # Errors
    ///
    /// One that says in a line what to change: a port in use, a state folder that is in use or cannot be written, a
    /// missing Node or bundle, a site that is refused.
    pub async fn start(config: StackConfig) -> anyhow::Result<Self> {
        if let Some(ready) = &config.ready_file {
            DevJson::remove_earlier(ready)?;
        }
        let site = config.site()?;
        let listeners = Listeners::bind(&config.ports).await?;
        let addresses = listeners.addresses()?;
        let ground = Ground::open(&config, &site).await?;
        let kms = Arc::clone(&ground.kms);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        ground.serve(listeners.aws, &mut tasks, &stop);

        let (sessions, begun) = Sessions::begin(Arc::clone(&ground.sts), ground.clock.clone())?;
        if let Some(ended) = config.faults.edge_session_ended {
            sessions.tell_edge_end(ended);
        }
        let cdn = cdn::start(&config, &site, &addresses, sessions.edge()).await?;
        let origin = OriginSetup::new(&ground, &site, &addresses, cdn.url())?;
        let dev_json_path = config.folder.join("dev.json");
        let publisher_token = publisher::token(
            &origin.administrator(&ground),
            &site.bucket,
            DevJson::earlier_token(&dev_json_path),
        )
        .await?;
        origin.serve(listeners.publish, sessions.origin(), &mut tasks, &stop);
        let published = site.judged.publish.as_ref();
        if let Some(named) = published.or(site.judged.reader.as_ref()) {
            let function = function_url::function(&config.origin, &ground, &origin, &sessions);
            let template = StackTemplate::new(ground.iam.account(), &site.bucket, &ground.key_arn)?;
            let policy = template.function_policy(config.withheld.as_ref())?;
            let url = function_url::open(&ground, &policy, &named.host, function.await?)?;
            let serving = url.serve(listeners.function_url, stop.clone());
            tasks.spawn(async { ground::report("the function url", serving.await) });
        }

        let distribution = cdn::distribution(&site, &config.faults);
        let api = cdn::serve_api(
            &ground,
            &cdn,
            distribution,
            listeners.cloudfront,
            stop.clone(),
        );
        tasks.spawn(async { ground::report("the cloudfront api", api.await) });

        let parameters = Ssm::new(Arc::clone(&ground.iam), PARAMETER_REGION);
        let distribution = template::distribution_parameter(ground.iam.account());
        parameters.seed(&distribution, cdn::DISTRIBUTION);
        let auth = ground.auth_in(PARAMETER_REGION, "ssm");
        let parameters = ssm::serve(listeners.ssm, parameters, auth, stop.clone());
        tasks.spawn(async { ground::report("the parameter store", parameters.await) });

        let dev_json = DevJson {
            cdn_url: cdn.url(),
            publish_url: url(addresses.publish),
            s3_url: url(addresses.s3),
            kms_url: url(addresses.kms),
            sts_url: url(addresses.sts),
            bucket: site.bucket,
            region: site.region,
            key_arn: ground.key_arn,
            publisher_token,
            ca_cert: std::path::absolute(cdn.ca_cert())
                .context("the folder has no absolute path")?,
            credentials: role_credentials(&begun, &ground.administrator),
        };
        let endpoints = Endpoints {
            cloudfront_url: url(addresses.cloudfront),
            distribution: cdn::DISTRIBUTION.to_owned(),
            edge_role: ground.iam.account().role_arn(EDGE_ROLE),
        };
        endpoints.write(&config.folder)?;
        dev_json.write(&dev_json_path)?;
        if let Some(ready) = &config.ready_file {
            dev_json.write(ready)?;
        }
        let replaced = rewriting(
            dev_json.clone(),
            dev_json_path.clone(),
            ground.administrator,
        );
        let rotation = tasks.spawn(sessions.keep_fresh(config.rotate_every, replaced));
        Ok(Self {
            cdn,
            tasks,
            stop,
            rotation,
            dev_json,
            dev_json_path,
            edge_description: config.edge.description(),
            origin_description: config.origin.description(),
            cloudfront_url: url(addresses.cloudfront),
            ssm_url: url(addresses.ssm),
            function_url: addresses.function_url,
            kms,
        })
    }

    /// What scripts read.
    pub fn dev_json(&self) -> &DevJson {
        &self.dev_json
    }

    /// Where they read it.
    pub fn dev_json_path(&self) -> &Path {
        &self.dev_json_path
    }

    /// The CloudFront API, for people: `dev.json` does not have it.
    pub fn cloudfront_url(&self) -> &str {
        &self.cloudfront_url
    }

    /// The parameter store, where the origin finds the distribution's id.
    pub fn ssm_url(&self) -> &str {
        &self.ssm_url
    }

    /// Where the site's publish host is served, for what resolves names itself. Silent if the site has none.
    pub fn function_url(&self) -> SocketAddr {
        self.function_url
    }

    /// What runs the edge, for people.
    pub fn edge_description(&self) -> &str {
        &self.edge_description
    }

    /// What runs the publishers' API behind the CDN, for people.
    pub fn origin_description(&self) -> &str {
        &self.origin_description
    }

    /// The KMS itself, to count its calls and to make it fail.
    pub fn kms(&self) -> &Arc<Kms> {
        &self.kms
    }

    /// Stops accepting, lets requests under way end for some seconds, and stops.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        self.rotation.abort();
        self.cdn.shutdown().await;
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("requests still open at the end were cut");
        }
    }
}

fn role_credentials(begun: &Begun, administrator: &Credentials) -> RoleCredentials {
    RoleCredentials {
        edge: (&begun.edge).into(),
        origin: (&begun.origin).into(),
        admin: administrator.into(),
    }
}

/// Keeps `dev.json` true while sessions are replaced.
fn rewriting(dev_json: DevJson, path: PathBuf, administrator: Credentials) -> impl Fn(&Begun) {
    move |begun| {
        let credentials = role_credentials(begun, &administrator);
        let fresh = DevJson {
            credentials,
            ..dev_json.clone()
        };
        if let Err(error) = fresh.write(&path) {
            tracing::error!("{error:#}");
        }
    }
}
