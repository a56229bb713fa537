//! The origin: its parts put together, and what handlers share.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use axum::body::Body;
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    invalidation::{Reach, Replaced, stale_after},
    uploads::{Kind, Upload, UploadRequest},
};

use crate::{
    catalog,
    config::Config,
    error::Error,
    invalidation::Cdn,
    kms::Kms,
    publish::{self, PublishRequest, Publishing, Receipt, Sealing},
    publisher::{Method, Rule, Session},
    publishers::Directory,
    read::Reader,
    sealed_metadata::SealedMetadata,
    store::Store,
    uploads::{
        self, Begun, Finished, Grant, PresignRequest, Presigner, Tokens, Uploads, unix_time,
    },
};

/// Everything a request needs.
#[derive(Debug)]
pub struct Origin {
    pub(crate) store: Store,
    pub(crate) metadata: SealedMetadata,
    pub(crate) reader: Reader,
    pub(crate) directory: Directory,
    pub(crate) presigner: Presigner,
    sealing: Sealing,
    upload_tokens: Tokens,
    cdn: Cdn,
    public_url: Option<String>,
}

impl Origin {
    /// An origin for the bucket and the key that `config` names, behind their clients; presigned requests are
    /// signed with `credentials`.
    pub fn new(
        config: &Config,
        s3: aws_sdk_s3::Client,
        kms: Kms,
        credentials: SharedCredentialsProvider,
    ) -> Arc<Self> {
        let bucket = config.bucket.to_string();
        let store = Store::new(s3, config.bucket.clone(), config.key_arn.clone());
        Arc::new(Self {
            sealing: Sealing::new(kms.clone(), config.master_key.clone(), bucket.clone()),
            metadata: SealedMetadata::new(kms.clone(), bucket.clone()),
            upload_tokens: Tokens::new(kms.clone(), bucket),
            reader: Reader::new(config, store.clone(), kms),
            store,
            directory: Directory::default(),
            cdn: Cdn::new(config, &credentials),
            presigner: Presigner::new(config, credentials),
            public_url: config.public_url.clone(),
        })
    }

    /// Where readers find an object, if this origin knows its CDN.
    pub(crate) fn url_of(&self, key: &ObjectKey) -> Option<String> {
        let base = self.public_url.as_ref()?;
        Some(format!("{base}{}", key.viewer_path()))
    }

    /// Stores an object sent in one request.
    pub(crate) async fn publish(
        &self,
        session: &Session,
        request: PublishRequest<'_>,
        body: Body,
    ) -> Result<(Receipt, Option<Reach>), Error> {
        let system = Publishing {
            store: &self.store,
            sealing: &self.sealing,
            metadata: &self.metadata,
        };
        let key = request.key;
        let outcome = publish::publish(&system, session.publisher(), request, body).await;
        let replaced = outcome.as_ref().ok();
        let replaced = replaced.and_then(|receipt| receipt.replaced.clone());
        self.after_write(key, outcome, replaced).await
    }

    /// Deletes an object.
    pub(crate) async fn delete(
        &self,
        session: &Session,
        key: &ObjectKey,
        if_match: Option<&str>,
    ) -> Result<Option<Reach>, Error> {
        let rule = session.publisher().authorise(Method::Delete, key)?;
        let replaced = match self.store.describe(key).await {
            // Whoever may delete a key that nobody wrote would otherwise spend the account's invalidations.
            Err(Error::NotFound) => None,
            Ok(found) => Some(found.cache_control),
            Err(_) => Some(Some(rule.cache_control().to_owned())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = catalog::delete(&self.store, key, if_match).await;
        let written = self.after_write(key, outcome, replaced).await;
        written.map(|((), reach)| reach)
    }

    /// Begins an upload straight to S3.
    pub(crate) async fn begin(
        &self,
        session: &Session,
        request: &UploadRequest,
    ) -> Result<Begun, Error> {
        let system = Uploads {
            store: &self.store,
            metadata: &self.metadata,
            presigner: &self.presigner,
        };
        system.begin(session, request).await
    }

    /// The token of an upload.
    pub(crate) async fn token(&self, upload: &Upload) -> Result<String, Error> {
        self.upload_tokens.seal(upload).await
    }

    /// The upload of a token, if its publisher may still write the key, with the rule that now decides for it.
    pub(crate) async fn upload(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<(Upload, Rule), Error> {
        let upload = self.upload_tokens.open(session, token).await?;
        let key = upload.object_key()?;
        let rule = session.publisher().authorise(Method::Put, &key)?.clone();
        Ok((upload, rule))
    }

    /// The upload, if the rule still allows it. Parts of one that it does not allow are given up: they would only cost.
    pub(crate) async fn completable(&self, upload: Upload, rule: &Rule) -> Result<Upload, Error> {
        match upload.clone().readmitted(rule, unix_time()) {
            Ok(upload) => Ok(upload),
            Err(refused) => {
                if matches!(upload.kind, Kind::Multipart(_)) {
                    uploads::abort(&self.store, &upload).await?;
                }
                Err(refused)
            }
        }
    }

    /// Completes an upload.
    pub(crate) async fn complete(
        &self,
        upload: &Upload,
    ) -> Result<(Finished, Option<Reach>), Error> {
        let key = upload.object_key()?;
        let replaced = match &upload.kind {
            _ if !upload.overwrite => None,
            Kind::Multipart(_) => Some(self.store.cache_control(&key, &upload.cache_control).await),
            // A single request has replaced its predecessor already: the rule's time is the likeliest.
            Kind::Put | Kind::Form => Some(Some(upload.cache_control.clone())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = uploads::complete(&self.store, upload).await;
        self.after_write(&key, outcome, replaced).await
    }

    /// A presigned `GET`.
    pub(crate) async fn shared(&self, key: &ObjectKey, lifetime: u32) -> Result<Grant, Error> {
        let request = PresignRequest {
            method: "GET",
            key,
            parameters: &[],
            headers: Vec::new(),
        };
        self.presigner.presign(request, lifetime).await
    }

    /// Invalidates what a write made stale. The one place where that is decided for every write.
    async fn after_write<T>(
        &self,
        key: &ObjectKey,
        outcome: Result<T, Error>,
        replaced: Option<Replaced>,
    ) -> Result<(T, Option<Reach>), Error> {
        let reach = match stale_after(&outcome, replaced) {
            Some(stale) => Some(self.cdn.invalidate(key, &stale).await),
            None => None,
        };
        outcome.map(|written| (written, reach))
    }
}
