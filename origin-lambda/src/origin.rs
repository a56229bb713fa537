//! The origin: its parts put together, and what handlers share.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use axum::body::Body;
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    invalidation::{Reach, Replaced, stale_after},
    listing::Cursor,
    uploads::{Kind, Upload, UploadRequest},
};

use crate::{
    catalog,
    config::Config,
    error::Error,
    invalidation::Cdn,
    kms::Kms,
    publish::{self, PublishRequest, Publishing, Receipt, Sealing},
    publisher::{Method, Person, Rule, Session},
    publishers::Directory,
    read::Reader,
    sealed_metadata::SealedMetadata,
    sealed_text::{Purpose, SealedTexts},
    store::Store,
    uploads::{self, Begun, Finished, Grant, PresignRequest, Presigner, Uploads, unix_time},
};

/// A value for one person, or for whoever has the publisher's token.
#[derive(serde::Serialize, serde::Deserialize)]
struct Bound<T> {
    person: Option<Person>,
    value: T,
}

/// Everything a request needs.
#[derive(Debug)]
pub struct Origin {
    pub(crate) store: Store,
    pub(crate) metadata: SealedMetadata,
    pub(crate) reader: Reader,
    pub(crate) directory: Directory,
    pub(crate) presigner: Presigner,
    sealing: Sealing,
    texts: SealedTexts,
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
            texts: SealedTexts::new(kms.clone(), bucket),
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
        let plain = serde_json::to_vec(upload).map_err(|_| Error::Internal)?;
        let publisher = &upload.publisher;
        self.texts.seal(Purpose::Upload, publisher, &plain).await
    }

    /// The text of a position in a listing.
    pub(crate) async fn cursor(&self, session: &Session, at: Cursor) -> Result<String, Error> {
        let bound = Bound {
            person: session.person().cloned(),
            value: at,
        };
        let plain = serde_json::to_vec(&bound).map_err(|_| Error::Internal)?;
        let publisher = &session.publisher().id;
        self.texts.seal(Purpose::Cursor, publisher, &plain).await
    }

    /// The position of a text that this very person was given.
    pub(crate) async fn position(&self, session: &Session, text: &str) -> Result<Cursor, Error> {
        let publisher = &session.publisher().id;
        let plain = self.texts.open(Purpose::Cursor, publisher, text).await?;
        let bound: Option<Bound<Cursor>> =
            plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        bound
            .filter(|bound| bound.person.as_ref() == session.person())
            .map(|bound| bound.value)
            .ok_or_else(|| Error::Query("the cursor is not one of ours".to_owned()))
    }

    /// The upload of a token, if its publisher may still write the key, with the rule that now decides for it.
    pub(crate) async fn upload(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<(Upload, Rule), Error> {
        let publisher = &session.publisher().id;
        let plain = self.texts.open(Purpose::Upload, publisher, token).await?;
        let upload: Option<Upload> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let upload = upload
            .filter(|upload| {
                upload.publisher == *publisher && upload.person.as_ref() == session.person()
            })
            .ok_or(Error::UploadUnknown)?;
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
