//! Opening the local S3 over the stack's shared parts.

use keyfront_dev_s3_wire::{address::Hosts, form::Forms};
use std::sync::Arc;

use keyfront_dev_ground::{clock::Clock, credentials::CredentialRegistry, state::State};
use keyfront_dev_kms::Kms;
use keyfront_dev_s3_store::{
    blobs::{BlobError, BlobStore},
    catalog::{
        Bucket, BucketDefault, Catalog, CatalogError, CorsRule, CustomerKeys, PublicAccessBlock,
        Versioning,
    },
};
use keyfront_iam::Iam;
use keyfront_names::BucketName;
use s3s::service::S3Service;
use tokio::net::TcpListener;

use super::{
    cross_origin::CrossOrigin,
    gate::{self, Gatekeeper},
    operations::Operations,
    server,
};
use keyfront_dev_s3_access::{authority::Authority, keyring::Keyring};

/// The parts of the stack that S3 works with.
#[derive(Clone)]
pub struct S3Parts {
    /// Records, sealing, and the folder bodies go to; without a folder they stay in memory.
    pub state: Arc<State>,
    /// Authorizes every call; its account and Region are S3's.
    pub iam: Arc<Iam>,
    /// Holds the keys of SSE-KMS.
    pub kms: Arc<Kms>,
    /// Whose signatures are accepted.
    pub registry: Arc<CredentialRegistry>,
    /// Tells the time of sessions and objects. Signatures' age is measured by the machine's own clock.
    pub clock: Clock,
}

/// The local S3 could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the local s3")]
pub struct StartError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl From<CatalogError> for StartError {
    fn from(error: CatalogError) -> Self {
        Self(Box::new(error))
    }
}

impl From<BlobError> for StartError {
    fn from(error: BlobError) -> Self {
        Self(Box::new(error))
    }
}

/// The default encryption of a bucket the stack makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketEncryption {
    /// SSE-S3.
    S3,
    /// SSE-KMS with bucket keys, under this key id, ARN or alias.
    Kms(String),
}

/// The local S3. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct LocalS3 {
    service: S3Service,
    catalog: Catalog,
    clock: Clock,
    registry: Arc<CredentialRegistry>,
    region: String,
}

impl LocalS3 {
    /// Opens S3 over `parts` and sweeps what interrupted uploads left behind.
    ///
    /// # Errors
    /// [`StartError`] if the state folder cannot be read or written.
    pub fn open(parts: S3Parts) -> Result<Self, StartError> {
        let catalog = Catalog::open(Arc::clone(&parts.state))?;
        let blobs = match parts.state.folder() {
            Some(folder) => BlobStore::in_folder(&folder.join("s3"))?,
            None => BlobStore::ephemeral(),
        };
        let referenced = catalog.referenced_blobs()?;
        let swept = blobs.sweep(|blob| referenced.contains(blob))?;
        if swept > 0 {
            tracing::info!(swept, "removed bodies of interrupted uploads");
        }
        let account = parts.iam.account().clone();
        let operations = Operations {
            account: account.clone(),
            clock: parts.clock.clone(),
            authority: Authority::new(parts.iam),
            catalog: catalog.clone(),
            blobs,
            keyring: Keyring::new(parts.state, parts.kms, account.region()),
        };
        let gatekeeper = Gatekeeper {
            account: account.clone(),
            registry: Arc::clone(&parts.registry),
            clock: parts.clock.clone(),
        };
        Ok(Self {
            service: gate::build(gatekeeper, operations),
            catalog,
            clock: parts.clock,
            registry: parts.registry,
            region: account.region().to_owned(),
        })
    }

    /// Serves plain HTTP/1.1 (and HTTP/2 with prior knowledge) on `listener` until `stop` ends; open
    /// requests then have five seconds.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let forms = Forms {
            registry: Arc::clone(&self.registry),
            clock: self.clock.clone(),
            region: self.region.clone(),
        };
        let pages = CrossOrigin {
            catalog: self.catalog.clone(),
            hosts: Hosts::of_region(&self.region),
        };
        server::serve(listener, self.service.clone(), forms, pages, stop).await;
    }

    /// Lets a bucket take objects under customer keys (SSE-C).
    ///
    /// # Errors
    /// [`StartError`] if there is no such bucket or the record cannot be written.
    pub async fn allow_customer_keys(&self, name: &str) -> Result<(), StartError> {
        let allow = |bucket: &mut Bucket| bucket.customer_keys = CustomerKeys::Allowed;
        Ok(self.catalog.change_bucket(name.to_owned(), allow).await?)
    }

    /// Lets pages of other origins reach a bucket as `rules` say, in the place of the rules it had.
    ///
    /// # Errors
    /// [`StartError`] if there is no such bucket or the record cannot be written.
    pub async fn set_cors(&self, name: &str, rules: Vec<CorsRule>) -> Result<(), StartError> {
        let set = |bucket: &mut Bucket| bucket.cors = rules;
        Ok(self.catalog.change_bucket(name.to_owned(), set).await?)
    }

    /// Lets a bucket keep versions, unless somebody has suspended them.
    ///
    /// # Errors
    /// [`StartError`] if there is no such bucket or the record cannot be written.
    pub async fn keep_versions(&self, name: &str) -> Result<(), StartError> {
        let keep = |bucket: &mut Bucket| {
            if bucket.versioning.is_off() {
                bucket.versioning = Versioning::Enabled;
            }
        };
        Ok(self.catalog.change_bucket(name.to_owned(), keep).await?)
    }

    /// Makes a bucket on the stack's own behalf, without asking IAM; one that exists stays as it is.
    ///
    /// The policy must be one that the evaluator understands, or every request is refused.
    ///
    /// # Errors
    /// [`StartError`] if the name breaks S3's rules or the record cannot be written.
    pub async fn ensure_bucket(
        &self,
        name: &str,
        encryption: BucketEncryption,
        policy: Option<String>,
    ) -> Result<(), StartError> {
        let name = BucketName::new(name).map_err(|error| StartError(Box::new(error)))?;
        let default = match encryption {
            BucketEncryption::S3 => BucketDefault::S3,
            BucketEncryption::Kms(key_id) => BucketDefault::Kms {
                key_id: Some(key_id),
                bucket_key: true,
            },
        };
        let record = Bucket {
            created: self.clock.now().into(),
            default,
            policy,
            public_access_block: Some(PublicAccessBlock::ALL),
            object_lock: None,
            customer_keys: CustomerKeys::Blocked,
            cors: Vec::new(),
            versioning: Versioning::Off,
        };
        match self.catalog.create_bucket(name.into_string(), record).await {
            Ok(()) | Err(CatalogError::BucketExists) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
