//! The whole system on one machine: every service of the local stack, wired into one running system on loopback.
//!
//! It decides who exists, what they may do and where things listen. What the services mean is theirs.

mod aws;
mod cdn;
mod config;
mod document;
mod faults;
mod function_url;
mod grant;
mod listeners;
mod logins;
mod origin;
mod principals;
mod publisher;
mod release_queue;
mod resources;
mod sessions;
mod site_cors;
mod sites;
mod template;
mod viewers;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use keyfront_dev_cdn::CdnHandle;
use keyfront_dev_ground::api_server;
use keyfront_dev_issuer::Issuer;
use keyfront_dev_json::{DevJson, Endpoints, RoleCredentials};
use keyfront_dev_kms::Kms;
use keyfront_dev_ssm::Ssm;
use keyfront_iam::Credentials;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::aws::LocalAws;
pub use self::config::{CustomerKeys, EdgeKind, OriginKind, Ports, StackConfig, Storage};
pub use self::faults::{EdgeFunctions, Faults, SiteHeader};
pub use self::grant::Grant;
use self::listeners::{Addresses, Listeners, url};
use self::origin::OriginSetup;
use self::release_queue::EventSource;
pub use self::resources::EDGE_ROLE;
use self::sessions::{Begun, Sessions};
use self::template::PARAMETER_REGION;
pub use self::template::{grants, grants_with};
use self::viewers::ViewerKeys;

/// Its name in the state folder.
const DEV_JSON: &str = "dev.json";

/// Between the switch of a release and its invalidation, as deployed.
const SETTLING: Duration = Duration::from_millis(35_500);

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
    site_paths: Vec<String>,
    cloudfront_url: String,
    ssm_url: String,
    sqs_url: String,
    function_url: SocketAddr,
    kms: Arc<Kms>,
    issuer: Option<Arc<Issuer>>,
}

impl Stack {
    /// Starts everything. Once this returns, every listener serves and `dev.json` is written.
    ///
    /// # Errors
    ///
    /// One that says in a line what to change: a port in use, a state folder that is in use or cannot be written, a
    /// missing Node or bundle, a site that is refused.
    #[allow(
        clippy::too_many_lines,
        reason = "what starts after what, from top to bottom"
    )]
    pub async fn start(mut config: StackConfig) -> anyhow::Result<Self> {
        if let Some(ready) = &config.ready_file {
            DevJson::remove_earlier(ready)?;
        }
        let listeners = Listeners::bind(&config.ports, config.logins).await?;
        let addresses = listeners.addresses()?;
        if config.page && config.site.is_none() {
            config.cors_origins.push(url(addresses.publish));
        }
        let site = config.site()?;
        let sites = config.sites(&site)?;
        let site_paths = sites.paths().map(str::to_owned).collect();
        let aws = LocalAws::open(&config, &site, sites).await?;
        let kms = Arc::clone(&aws.kms);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        aws.serve(listeners.aws, &mut tasks, &stop);

        let (sessions, begun) = Sessions::begin(Arc::clone(&aws.sts), aws.clock.clone())?;
        if let Some(ended) = config.faults.edge_session_ended {
            sessions.announce_edge_end(ended);
        }
        let template = aws.template(&site)?;
        let further = sites::behaviours(&template)?;
        let viewers = aws.viewers.clone();
        let trusted = viewers.as_ref().map_or(&[][..], ViewerKeys::trusted);
        let distribution = cdn::distribution(&site, further, trusted, &config.faults)?;
        let cdn = cdn::start(&config, distribution.clone(), &addresses, sessions.edge()).await?;
        let further_sites = sites::further_sites(&template)?;
        let settling = config.faults.release_settling;
        let settling = settling.map_or(SETTLING, Duration::from_millis);
        let origin = OriginSetup::new(&aws, &site, further_sites, &addresses, &cdn, settling)?;
        let dev_json_path = config.folder.join(DEV_JSON);
        let publisher_token = publisher::token(
            &origin.administrator(&aws),
            &site.bucket,
            DevJson::earlier_token(&dev_json_path),
        )
        .await?;
        let issuer = match listeners.issuer {
            Some(listener) => {
                let url = format!("http://localhost:{}", listener.local_addr()?.port());
                logins::admit(&origin.administrator(&aws), &site, &url).await?;
                let page = config
                    .page
                    .then(|| format!("{}/", self::url(addresses.publish)));
                if page.is_some() {
                    let admin = origin.administrator(&aws);
                    logins::admit_publishers(&admin, &site.bucket, &url).await?;
                }
                let issuer = logins::issuer(&url, &cdn.url(), page, aws.clock.clone())?;
                tasks.spawn(keyfront_dev_issuer::serve(
                    listener,
                    Arc::clone(&issuer),
                    stop.clone(),
                ));
                Some(issuer)
            }
            None => None,
        };
        origin.serve(listeners.publish, sessions.origin(), &mut tasks, &stop);
        let function = function_url::function(&config.origin, &aws, &origin, &sessions);
        let function = Arc::new(function.await?);
        let sqs = Arc::new(aws.queues(&template)?);
        let source = EventSource {
            sqs: Arc::clone(&sqs),
            function: Arc::clone(&function),
            account: aws.iam.account().clone(),
            clock: aws.clock.clone(),
            visibility: config.faults.message_visibility,
        };
        tasks.spawn(source.deliver(stop.clone()));
        let auth = aws.auth("sqs");
        tasks.spawn(api_server::serve(
            listeners.sqs,
            Arc::clone(&sqs),
            auth,
            stop.clone(),
        ));
        if let Some(host) = site.function_host() {
            let policy = template.function_policy(config.withheld.as_ref())?;
            let url = function_url::open(&aws, &policy, host, function)?;
            tasks.spawn(url.serve(listeners.function_url, stop.clone()));
        }
        let api = cdn::serve_api(
            &aws,
            &cdn,
            distribution,
            &config.faults,
            listeners.cloudfront,
            stop.clone(),
        );
        tasks.spawn(api);
        let stored = aws.parameters(&site, &cdn.url())?;
        tasks.spawn(parameters(&aws, stored, listeners.ssm, stop.clone()));

        let dev_json = DevJson {
            cdn_url: cdn.url(),
            publish_url: url(addresses.publish),
            page_url: config.page.then(|| format!("{}/", url(addresses.publish))),
            s3_url: url(addresses.s3),
            kms_url: url(addresses.kms),
            sts_url: url(addresses.sts),
            bucket: site.bucket,
            region: site.region,
            key_arn: aws.key_arn.clone(),
            publisher_token,
            ca_cert: std::path::absolute(cdn.ca_cert())
                .context("the folder has no absolute path")?,
            credentials: role_credentials(&begun, &aws.administrator),
            viewers: viewers.as_ref().map(ViewerKeys::for_signers),
            viewer_issuer_url: issuer.as_ref().map(|issuer| issuer.url().to_owned()),
        };
        write_files(&dev_json, &endpoints(&aws, &addresses), &config)?;
        let replaced = rewriting(dev_json.clone(), dev_json_path.clone(), aws.administrator);
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
            site_paths,
            cloudfront_url: url(addresses.cloudfront),
            ssm_url: url(addresses.ssm),
            sqs_url: url(addresses.sqs),
            function_url: addresses.function_url,
            kms,
            issuer,
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

    /// The queues of the stack.
    pub fn sqs_url(&self) -> &str {
        &self.sqs_url
    }

    /// Where the site's publish host is served, for what resolves names itself. Silent if the site has none.
    pub fn function_url(&self) -> SocketAddr {
        self.function_url
    }

    /// The paths of the sites that are served besides the stack's own.
    pub fn site_paths(&self) -> &[String] {
        &self.site_paths
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

    /// Where viewers log in, to issue tokens without a browser.
    pub fn issuer(&self) -> Option<&Arc<Issuer>> {
        self.issuer.as_ref()
    }

    /// Stops accepting, lets requests under way end for some seconds, and stops.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        self.rotation.abort();
        self.cdn.shutdown().await;
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("requests still open at shutdown were aborted");
        }
    }
}

/// Serves the parameter store.
fn parameters(
    aws: &LocalAws,
    stored: Ssm,
    listener: TcpListener,
    stop: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    let auth = aws.auth_in(PARAMETER_REGION, "ssm");
    api_server::serve(listener, Arc::new(stored), auth, stop)
}

fn write_files(dev: &DevJson, endpoints: &Endpoints, config: &StackConfig) -> anyhow::Result<()> {
    endpoints.write(&config.folder)?;
    dev.write(&config.folder.join(DEV_JSON))?;
    match &config.ready_file {
        Some(ready) => dev.write(ready),
        None => Ok(()),
    }
}

fn endpoints(aws: &LocalAws, addresses: &Addresses) -> Endpoints {
    Endpoints {
        cloudfront_url: url(addresses.cloudfront),
        distribution: resources::DISTRIBUTION.to_owned(),
        edge_role: aws.iam.account().role_arn(EDGE_ROLE),
        function_url: url(addresses.function_url),
        sqs_url: url(addresses.sqs),
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
