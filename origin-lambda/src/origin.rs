//! The origin: its parts put together, and what handlers share.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use axum::body::Body;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    budget::Expense,
    error::ReleaseConflict,
    invalidation::{Reach, Replaced, stale_after},
    object::StoredPart,
    sealed_metadata::MetadataRead,
    uploads::{Kind, PartChecksums, Upload, UploadRequest, lifetime},
};

use crate::{
    budgets::Budgets,
    catalog,
    config::{Config, PageSettings},
    customer_keys::{CustomerKeys, Holder},
    error::Error,
    history,
    invalidation::Cdn,
    kms::Kms,
    page::{PageLogins, content_security_policy},
    publish::{self, PublishRequest, Publishing, Receipt, Sealing},
    publisher::{Method, Overwrite, Session},
    publishers::Directory,
    read::Reader,
    releases::{KeptForReleases, Releases},
    sealed_metadata::SealedMetadata,
    sealed_text::{Purpose, SealedTexts},
    sharing::{LinkSigner, Share, ShareRequest, Sharing},
    store::{ObjectDescription, Restored, Store},
    uploads::{self, Begun, Finished, Grant, Presigner, Uploads, unix_time},
    viewer_logins::{KeptForLogins, Logins},
};

/// Links signed at a time: each is a call to KMS.
const SIGNED_AT_ONCE: usize = 16;

/// Everything a request needs.
#[derive(Debug)]
pub struct Origin {
    pub(crate) store: Store,
    pub(crate) metadata: SealedMetadata,
    pub(crate) reader: Reader,
    pub(crate) directory: Directory,
    pub(crate) presigner: Presigner,
    pub(crate) budgets: Budgets,
    pub(crate) customer_keys: Arc<CustomerKeys>,
    sealing: Sealing,
    texts: SealedTexts,
    cdn: Cdn,
    links: Option<LinkSigner>,
    logins: KeptForLogins,
    releases: KeptForReleases,
    public_url: Option<String>,
    pub(crate) page: PageSettings,
    pub(crate) page_logins: PageLogins,
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
        let customer_keys = Arc::new(CustomerKeys::new(
            config.customer_keys.clone(),
            credentials.clone(),
        ));
        Arc::new(Self {
            sealing: Sealing::new(kms.clone(), config.master_key.clone(), bucket.clone()),
            metadata: SealedMetadata::new(kms.clone(), bucket.clone()),
            logins: KeptForLogins::new(SealedTexts::new(kms.clone(), bucket.clone())),
            texts: SealedTexts::new(kms.clone(), bucket),
            reader: Reader::new(config, store.clone(), kms, Arc::clone(&customer_keys)),
            customer_keys,
            store,
            directory: Directory::new(config.publisher_auth.clone()),
            cdn: Cdn::new(config, &credentials),
            links: LinkSigner::new(config, &credentials),
            releases: KeptForReleases::new(config, &credentials),
            presigner: Presigner::new(config, credentials),
            budgets: Budgets::default(),
            public_url: config.public_url.clone(),
            page: config.page.clone(),
            page_logins: PageLogins::default(),
        })
    }

    /// Where readers find an object, if this origin knows its CDN, and a site of it serves the key.
    pub(crate) fn url_of(&self, key: &ObjectKey) -> Option<String> {
        let base = self.public_url.as_ref()?;
        let path = match self.cdn.is_known() {
            true => self.cdn.path_of(key)?,
            false => key.viewer_path(),
        };
        Some(format!("{base}{path}"))
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
            customer_keys: &self.customer_keys,
        };
        let key = request.key;
        self.admit_loose(key)?;
        if request.options.overwrite == Overwrite::Allow {
            self.admit_invalidation(session)?;
        }
        let outcome = publish::publish(&system, session.publisher(), request, body).await;
        let replaced = outcome.as_ref().ok();
        let replaced = replaced.and_then(|receipt| receipt.replaced.clone());
        self.after_write(session, key, outcome, replaced).await
    }

    /// Deletes an object.
    pub(crate) async fn delete(
        &self,
        session: &Session,
        key: &ObjectKey,
        if_match: Option<&str>,
    ) -> Result<Option<Reach>, Error> {
        let rule = session.publisher().authorise(Method::Delete, key)?;
        self.admit_loose(key)?;
        self.admit_invalidation(session)?;
        let holder = Holder::Publisher(session.publisher());
        let replaced = match self.customer_keys.describe(&self.store, key, holder).await {
            // Whoever may delete a key that nobody wrote would otherwise spend the account's invalidations.
            Err(Error::NotFound) => None,
            Ok(found) => Some(found.object.cache_control),
            Err(_) => Some(Some(rule.cache_control().to_owned())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = catalog::delete(&self.store, key, if_match).await;
        let written = self.after_write(session, key, outcome, replaced).await;
        written.map(|((), reach)| reach)
    }

    /// Begins an upload straight to S3.
    pub(crate) async fn begin(
        &self,
        session: &Session,
        request: &UploadRequest,
    ) -> Result<Begun, Error> {
        self.budgets.take(session.publisher(), Expense::Signing)?;
        self.admit_loose(&request.key)?;
        let system = Uploads {
            store: &self.store,
            metadata: &self.metadata,
            presigner: &self.presigner,
        };
        system.begin(session, request).await
    }

    /// The token of an upload, for whoever begins it.
    pub(crate) async fn token(&self, session: &Session, upload: &Upload) -> Result<String, Error> {
        let plain = serde_json::to_vec(upload).map_err(|_| Error::Internal)?;
        self.texts.seal(Purpose::Upload, session, &plain).await
    }

    /// The upload of a token that this very person was given.
    pub(crate) async fn upload(&self, session: &Session, token: &str) -> Result<Upload, Error> {
        let plain = self.texts.open(Purpose::Upload, session, token).await?;
        plain
            .and_then(|plain| serde_json::from_slice(&plain).ok())
            .ok_or(Error::UploadUnknown)
    }

    /// The cursor that a client gets for a position in a listing, written as `plain`.
    pub(crate) async fn cursor(&self, session: &Session, plain: &str) -> Result<String, Error> {
        let texts = &self.texts;
        texts.seal(Purpose::Cursor, session, plain.as_bytes()).await
    }

    /// The position of a cursor that this very person was given, as `read` takes it.
    pub(crate) async fn position<P>(
        &self,
        session: &Session,
        cursor: &str,
        read: impl FnOnce(&str) -> Option<P>,
    ) -> Result<P, Error> {
        let plain = self.texts.open(Purpose::Cursor, session, cursor).await?;
        plain
            .and_then(|plain| read(str::from_utf8(&plain).ok()?))
            .ok_or_else(|| Error::Query("invalid cursor".to_owned()))
    }

    /// The upload, if the rules still allow it. Parts of one that they do not allow are given up: they would only cost.
    pub(crate) async fn completable(
        &self,
        session: &Session,
        upload: Upload,
    ) -> Result<Upload, Error> {
        match upload.clone().readmitted(session.publisher(), unix_time()) {
            Ok((upload, _)) => Ok(upload),
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
        session: &Session,
        upload: &Upload,
    ) -> Result<(Finished, Option<Reach>), Error> {
        let key = upload.object_key()?;
        self.admit_loose(&key)?;
        // Whether or not it replaces: what does not match is removed, and may have been seen.
        self.admit_invalidation(session)?;
        let replaced = match &upload.kind {
            _ if !upload.overwrite => None,
            Kind::Multipart(_) => Some(self.store.cache_control(&key, &upload.cache_control).await),
            // A single request has replaced its predecessor already: the rule's time is the likeliest.
            Kind::Put | Kind::Form => Some(Some(upload.cache_control.clone())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = uploads::complete(&self.store, upload).await;
        self.after_write(session, &key, outcome, replaced).await
    }

    /// Signs requests for parts of an upload that the rules still allow, for `seconds` or as long as they allow.
    pub(crate) async fn sign_parts(
        &self,
        session: &Session,
        upload: Upload,
        parts: &PartChecksums,
        seconds: Option<u32>,
    ) -> Result<Vec<(u32, Grant)>, Error> {
        let publisher = session.publisher();
        let (upload, rule) = upload.readmitted(publisher, unix_time())?;
        self.budgets.take(publisher, Expense::Signing)?;
        let lifetime = lifetime(rule, self.presigner.longest_lifetime(), seconds)?;
        uploads::sign_parts(&self.presigner, &upload, parts, lifetime).await
    }

    /// What S3 holds of an upload that the rules still allow, with that upload.
    pub(crate) async fn held_parts(
        &self,
        session: &Session,
        upload: Upload,
    ) -> Result<(Upload, Vec<StoredPart>), Error> {
        let publisher = session.publisher();
        let (upload, _) = upload.readmitted(publisher, unix_time())?;
        self.budgets.take(publisher, Expense::Listing)?;
        let held = uploads::parts(&self.store, &upload).await?;
        Ok((upload, held))
    }

    /// Makes a former version the current object again.
    pub(crate) async fn restore(
        &self,
        session: &Session,
        key: &ObjectKey,
        version: &str,
    ) -> Result<(Restored, Option<Reach>), Error> {
        let publisher = session.publisher();
        self.budgets.take(publisher, Expense::Signing)?;
        self.admit_loose(key)?;
        let restoration = history::admit(&self.store, publisher, key, version).await?;
        let replaced = restoration.current.as_ref().map(|current| Replaced {
            cache_control: current.cache_control.clone(),
        });
        if replaced.is_some() {
            self.admit_invalidation(session)?;
        }
        let outcome = history::restore(&self.store, key, version, &restoration).await;
        self.after_write(session, key, outcome, replaced).await
    }

    /// Describes an object as far as the publisher may see it, with its sealed metadata.
    pub(crate) async fn describe(
        &self,
        session: &Session,
        key: &ObjectKey,
    ) -> Result<(ObjectDescription, MetadataRead), Error> {
        let publisher = session.publisher();
        publisher.authorise(Method::Head, key)?;
        let holder = Holder::Publisher(publisher);
        let found = self.customer_keys.describe(&self.store, key, holder);
        let object = found.await?.object;
        let sealed = self.metadata.open(key, &object.metadata).await?;
        Ok((object, sealed))
    }

    /// Shares an object.
    pub(crate) async fn share(
        &self,
        session: &Session,
        request: &ShareRequest,
    ) -> Result<Share, Error> {
        let rule = session.publisher().authorise(Method::Read, &request.key)?;
        self.budgets.take(session.publisher(), Expense::Signing)?;
        self.sharing().share(rule, request).await
    }

    /// A URL under which an object of a listing can be read: a link where only admitted viewers read it, otherwise the CDN's
    /// own, or, where it is not known, a presigned request.
    pub(crate) async fn listed_url(
        &self,
        session: &Session,
        key: &ObjectKey,
    ) -> Result<String, Error> {
        let rule = session.publisher().authorise(Method::Read, key)?;
        let sharing = self.sharing();
        if let Some(link) = sharing.link_if_protected(rule, key).await? {
            self.budgets.take(session.publisher(), Expense::Signing)?;
            return link.sign().await;
        }
        // A presigned URL shows the origin's session token, and S3's answer to it the key's ARN.
        match self.url_of(key) {
            Some(url) => Ok(url),
            None => sharing.presigned_as_usual(rule, key).await,
        }
    }

    /// The URLs of a page's objects, in their order; `None` of one that may not be read.
    pub(crate) async fn urls_of_page<'k>(
        &self,
        session: &Session,
        keys: impl Iterator<Item = &'k ObjectKey>,
    ) -> Result<Vec<Option<String>>, Error> {
        let signed = keys.map(|key| async move {
            match self.listed_url(session, key).await {
                Ok(url) => Ok(Some(self.seen_by_the_page(url))),
                Err(Error::Denied(_)) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let signed: Vec<_> = signed.collect();
        stream::iter(signed)
            .buffered(SIGNED_AT_ONCE)
            .try_collect()
            .await
    }

    /// Where the page reads content.
    pub(crate) fn page_content_url(&self) -> Option<String> {
        let page = self.page.preview_url.as_ref();
        page.or(self.public_url.as_ref()).cloned()
    }

    /// What the page's documents may load.
    pub(crate) fn page_policy(&self) -> String {
        let bucket = self.presigner.origin();
        let content = self.page_content_url();
        content_security_policy([bucket.as_str()].into_iter().chain(content.as_deref()))
    }

    /// A URL of the CDN as browsers of this machine reach it, whose certificate they do not know.
    fn seen_by_the_page(&self, url: String) -> String {
        match (&self.public_url, &self.page.preview_url) {
            (Some(public), Some(preview)) => match url.strip_prefix(public.as_str()) {
                Some(path) => format!("{preview}{path}"),
                None => url,
            },
            _ => url,
        }
    }

    /// Viewers' logins.
    ///
    /// # Errors
    /// [`Error::NotFound`]: nothing signs for viewers here.
    pub(crate) fn logins(&self) -> Result<Logins<'_>, Error> {
        Ok(Logins {
            store: &self.store,
            signer: self.links.as_ref().ok_or(Error::NotFound)?,
            kept: &self.logins,
        })
    }

    /// Releases of sites.
    pub(crate) fn releases(&self) -> Releases<'_> {
        Releases {
            store: &self.store,
            presigner: &self.presigner,
            texts: &self.texts,
            cdn: &self.cdn,
            kept: &self.releases,
        }
    }

    /// Whether a loose object of this key would be served.
    fn admit_loose(&self, key: &ObjectKey) -> Result<(), Error> {
        match self.cdn.served_from_releases(key) {
            None => Ok(()),
            Some(site) => Err(ReleaseConflict::ServedFromReleases(site.to_owned()).into()),
        }
    }

    fn sharing(&self) -> Sharing<'_> {
        Sharing {
            store: &self.store,
            presigner: &self.presigner,
            signer: self.links.as_ref(),
            site: self.cdn.main_site(),
        }
    }

    /// Before anything is written: a write whose copies could not be invalidated would leave viewers the old content.
    fn admit_invalidation(&self, session: &Session) -> Result<(), Error> {
        if !self.cdn.is_known() {
            return Ok(());
        }
        self.budgets
            .check(session.publisher(), Expense::Invalidation)
    }

    /// Invalidates what a write made stale. The one place where that is decided for every write.
    async fn after_write<T>(
        &self,
        session: &Session,
        key: &ObjectKey,
        outcome: Result<T, Error>,
        replaced: Option<Replaced>,
    ) -> Result<(T, Option<Reach>), Error> {
        let reach = match stale_after(&outcome, replaced) {
            Some(stale) => {
                self.budgets
                    .spend(session.publisher(), Expense::Invalidation);
                Some(self.cdn.invalidate(key, &stale).await)
            }
            None => None,
        };
        outcome.map(|written| (written, reach))
    }
}
