//! The AWS of the stack: identities, KMS, STS and S3 over one state, and the key and bucket everything is about.

use std::sync::Arc;

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_cloudformation::{ExistingBucket, Sites};
use keyfront_dev_ground::api_server;
use keyfront_dev_ground::clock::Clock;
use keyfront_dev_ground::credentials::CredentialRegistry;
use keyfront_dev_ground::request_auth::RequestAuth;
use keyfront_dev_ground::state::State;
use keyfront_dev_kms::{KeySpec, Kms, KmsError, NewKey};
use keyfront_dev_s3::{BucketEncryption, LocalS3, S3Parts};
use keyfront_dev_sqs::Sqs;
use keyfront_dev_ssm::Ssm;
use keyfront_dev_sts::Sts;
use keyfront_iam::Iam;
use keyfront_iam::{Account, Credentials, Principal, Requester};
use keyfront_names::KeyArn;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::config::{CustomerKeys, DevSite, StackConfig, Storage};
use super::listeners::AwsListeners;
use super::principals::{self, ADMIN_USER};
use super::release_queue;
use super::resources;
use super::template::{self, PARAMETER_REGION, StackNames, StackTemplate};
use super::viewers::ViewerKeys;

/// The account everything lives in.
const ACCOUNT: &str = "111122223333";

/// The alias by which a later start finds the key of an earlier one.
const KEY_ALIAS: &str = "alias/keyfront-dev";

/// The alias of the key that signs for viewers.
const SIGNING_KEY_ALIAS: &str = "alias/keyfront-dev-viewers";

/// The folder, within the stack's, of the database and the objects.
const STATE_FOLDER: &str = "state";

/// KMS, STS and S3, opened and not yet serving.
pub(super) struct LocalAws {
    state: Arc<State>,
    pub(super) clock: Clock,
    pub(super) iam: Arc<Iam>,
    registry: Arc<CredentialRegistry>,
    pub(super) kms: Arc<Kms>,
    pub(super) sts: Arc<Sts>,
    s3: LocalS3,
    pub(super) key_arn: String,
    /// With keys of this stack's own KMS.
    sites: Sites,
    /// Who admits viewers, where something is protected.
    pub(super) viewers: Option<ViewerKeys>,
    pub(super) administrator: Credentials,
    /// The client-side master key of the origin: the same as long as the state lives.
    pub(super) master_key: Zeroizing<[u8; 32]>,
    pub(super) customer_keys: CustomerKeys,
    /// The customer keys of the system and of publishers: the same as long as the state lives.
    keys_of_customers: [Zeroizing<[u8; 32]>; 2],
}

fn open_state(config: &StackConfig) -> anyhow::Result<State> {
    Ok(match config.storage {
        Storage::Folder => State::open(&config.folder.join(STATE_FOLDER))?,
        Storage::Memory => State::ephemeral()?,
    })
}

impl LocalAws {
    /// Opens the state; makes the key, the roles and the bucket where they are missing.
    pub(super) async fn open(
        config: &StackConfig,
        site: &DevSite,
        sites: Sites,
    ) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let state = Arc::new(open_state(config)?);
        let iam = Arc::new(Iam::new(Account::new(ACCOUNT, &site.region)?));
        let registry = Arc::new(CredentialRegistry::open(Arc::clone(&state), clock.now())?);
        let kms = Arc::new(Kms::open(
            Arc::clone(&state),
            Arc::clone(&iam),
            clock.clone(),
        )?);
        principals::admit_administrator(&iam)?;
        let key_policy = template::key_policy(iam.account())?;
        let key_of = |alias: &str| {
            let new = new_key(key_policy.clone());
            key(&kms, &administrator(&clock), alias, new).context("a KMS key cannot be created")
        };
        let key_arn = key_of(KEY_ALIAS)?;
        let sites = with_local_keys(sites, key_of)?;
        let (viewers, sites) = with_viewers(&kms, &administrator(&clock), site, sites)?;
        let names = names(site, &key_arn, config.customer_keys);
        let template = StackTemplate::new(iam.account(), names, &sites)?;
        principals::admit_roles(&iam, &template, config.withheld.as_ref())?;
        let master_key = state.derived_key("client-side master key of the origin");
        let keys_of_customers = ["system", "publisher"]
            .map(|whose| state.derived_key(&format!("customer key of the {whose}")));
        let parts = S3Parts {
            state: Arc::clone(&state),
            iam: Arc::clone(&iam),
            kms: Arc::clone(&kms),
            registry: Arc::clone(&registry),
            clock: clock.clone(),
        };
        let s3 = LocalS3::open(parts)?;
        make_buckets(&s3, &template, &sites).await?;
        let administrator = registry.long_lived(&administrator(&clock).principal, clock.now())?;
        let sts = Arc::new(Sts::new(
            Arc::clone(&iam),
            Arc::clone(&registry),
            clock.clone(),
        ));
        Ok(Self {
            state,
            clock,
            iam,
            registry,
            kms,
            sts,
            s3,
            key_arn,
            sites,
            viewers,
            administrator,
            master_key,
            customer_keys: config.customer_keys,
            keys_of_customers,
        })
    }

    /// The parameter store with what the origin reads there.
    ///
    /// # Errors
    /// KMS refuses its administrator, which it does not.
    pub(super) fn parameters(&self, site: &DevSite, cdn_url: &str) -> anyhow::Result<Ssm> {
        let (iam, kms) = (Arc::clone(&self.iam), Arc::clone(&self.kms));
        let parameters = Ssm::new(iam, kms, PARAMETER_REGION);
        let account = self.iam.account();
        parameters.seed(
            &template::distribution_parameter(account),
            resources::DISTRIBUTION,
        );
        if let Some(viewers) = &self.viewers {
            let value = viewers.parameter(cdn_url, site);
            parameters.seed(&template::viewers_parameter(account), &value);
        }
        if self.customer_keys == CustomerKeys::With {
            let administrator = administrator(&self.clock);
            let names = [
                template::customer_key_parameter(account),
                template::publisher_key_parameter(account),
            ];
            for (name, key) in names.iter().zip(&self.keys_of_customers) {
                let value = Zeroizing::new(STANDARD.encode(key.as_slice()));
                parameters.seed_secure(&administrator, name, &value, &self.key_arn)?;
            }
        }
        Ok(parameters)
    }

    /// The queues of the template, with the messages of an earlier start.
    pub(super) fn queues(&self, template: &StackTemplate<'_>) -> anyhow::Result<Sqs> {
        let queues = release_queue::queues(template.document())?;
        let (state, iam) = (Arc::clone(&self.state), Arc::clone(&self.iam));
        Ok(Sqs::open(state, iam, self.clock.clone(), queues)?)
    }

    /// The template of the stack around a site.
    pub(super) fn template<'a>(&'a self, site: &'a DevSite) -> anyhow::Result<StackTemplate<'a>> {
        let names = names(site, &self.key_arn, self.customer_keys);
        StackTemplate::new(self.iam.account(), names, &self.sites)
    }

    /// A verifier of signatures for `service` in the stack's Region.
    pub(super) fn auth(&self, service: &'static str) -> RequestAuth {
        self.auth_in(self.iam.account().region(), service)
    }

    /// A verifier of signatures for a service that lives in one Region.
    pub(super) fn auth_in(&self, region: &str, service: &'static str) -> RequestAuth {
        RequestAuth::new(
            Arc::clone(&self.registry),
            self.clock.clone(),
            region,
            service,
        )
    }

    /// Serves all three until `stop`.
    pub(super) fn serve(
        &self,
        listeners: AwsListeners,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let kms = api_server::serve(
            listeners.kms,
            Arc::clone(&self.kms),
            self.auth("kms"),
            stop.clone(),
        );
        let sts = api_server::serve(
            listeners.sts,
            Arc::clone(&self.sts),
            self.auth("sts"),
            stop.clone(),
        );
        tasks.spawn(kms);
        tasks.spawn(sts);
        let s3 = self.s3.clone();
        let stop = stop.clone().cancelled_owned();
        tasks.spawn(async move { s3.serve(listeners.s3, stop).await });
    }
}

fn names<'a>(site: &'a DevSite, key_arn: &'a str, customer_keys: CustomerKeys) -> StackNames<'a> {
    StackNames {
        bucket: &site.bucket,
        site_prefix: &site.parsed.prefix,
        key_arn,
        customer_keys,
        cors_origins: &site.cors_origins,
    }
}

fn administrator(clock: &Clock) -> Requester {
    let principal = Principal::User {
        account: ACCOUNT.to_owned(),
        name: ADMIN_USER.to_owned(),
    };
    Requester::new(principal, clock.now())
}

/// The stack's bucket, and those of the sites, which have no policy.
async fn make_buckets(
    s3: &LocalS3,
    template: &StackTemplate<'_>,
    sites: &Sites,
) -> anyhow::Result<()> {
    let own = template.names();
    let policy = template.bucket_policy()?.to_string();
    let encryption = BucketEncryption::Kms(own.key_arn.to_owned());
    s3.ensure_bucket(own.bucket, encryption, Some(policy))
        .await?;
    if template.bucket_keeps_versions()? {
        s3.keep_versions(own.bucket).await?;
    }
    if own.customer_keys == CustomerKeys::With {
        s3.allow_customer_keys(own.bucket).await?;
    }
    // Rules that somebody has put stay where the stack has none.
    if !own.cors_origins.is_empty() {
        s3.set_cors(own.bucket, template.bucket_cors()?).await?;
    }
    for existing in sites.existing_buckets() {
        let encryption = BucketEncryption::Kms(existing.key.to_string());
        s3.ensure_bucket(existing.name.as_str(), encryption, None)
            .await?;
    }
    Ok(())
}

/// The sites with a key of this KMS in the place of each key that they name.
fn with_local_keys(
    sites: Sites,
    key_of: impl Fn(&str) -> anyhow::Result<String>,
) -> anyhow::Result<Sites> {
    let mut keys = Vec::new();
    for existing in sites.existing_buckets() {
        let id = existing.key.as_str().rsplit('/').next().unwrap_or_default();
        let local = key_of(&format!("{KEY_ALIAS}-sites/{id}"))?;
        keys.push((existing.key.clone(), KeyArn::parse(&local)?));
    }
    Ok(sites.with_keys(|existing: &ExistingBucket| {
        let local = keys.iter().find(|(named, _)| *named == existing.key);
        local.map_or_else(|| existing.key.clone(), |(_, local)| local.clone())
    }))
}

/// A key for objects.
fn new_key(policy: String) -> NewKey {
    NewKey {
        description: "objects of the local Keyfront".to_owned(),
        policy: Some(policy),
        ..NewKey::default()
    }
}

/// The keys that admit viewers, where something is protected: the stack's own signing key, and the public keys of the document
/// of sites. The template then grants the origin what it needs to sign.
fn with_viewers(
    kms: &Kms,
    administrator: &Requester,
    site: &DevSite,
    sites: Sites,
) -> anyhow::Result<(Option<ViewerKeys>, Sites)> {
    let prefix = &site.parsed.prefix;
    let protected = site.protected_prefixes().iter();
    let folders: Vec<String> = protected
        .filter_map(|key| key.strip_prefix(prefix.as_str()).map(str::to_owned))
        .collect();
    if folders.is_empty() {
        return Ok((None, sites));
    }
    let new = NewKey {
        spec: KeySpec::EccNistP256,
        description: "signs for viewers of the local Keyfront".to_owned(),
        ..NewKey::default()
    };
    let signing_key = key(kms, administrator, SIGNING_KEY_ALIAS, new)
        .context("a key that signs for viewers cannot be made")?;
    let public = kms.public_key(administrator, &signing_key)?;
    let keys = ViewerKeys::new(signing_key, &public.der, sites.public_keys())?;
    let arn = KeyArn::parse(keys.signing_key_arn())?;
    let sites = sites.with_viewers(folders, keys.public_keys(), arn);
    Ok((Some(keys), sites))
}

/// The key behind an alias, made where there is none.
fn key(kms: &Kms, administrator: &Requester, alias: &str, new: NewKey) -> Result<String, KmsError> {
    match kms.describe_key(administrator, alias) {
        Ok(key) => Ok(key.arn),
        Err(KmsError::NotFound(_)) => {
            let key = kms.create_key(administrator, new)?;
            kms.create_alias(administrator, alias, &key.id.to_string())?;
            Ok(key.arn)
        }
        Err(error) => Err(error),
    }
}
