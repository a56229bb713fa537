//! The origin: its parts put together, and what handlers share.

mod direct_uploads;
mod page;
mod reads;
mod sealed_texts;
mod writes;

use std::{collections::BTreeSet, sync::Arc};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_names::ObjectKey;
use keyfront_origin_core::error::ReleaseConflict;

use crate::{
    budgets::Budgets,
    config::{Config, PageSettings},
    customer_keys::CustomerKeys,
    error::Error,
    invalidation::Cdn,
    kms::Kms,
    page::PageLogins,
    publish::Sealing,
    publishers::Directory,
    read::Reader,
    releases::{KeptForReleases, Releases},
    sealed_metadata::SealedMetadata,
    sealed_text::SealedTexts,
    sharing::LinkSigner,
    store::Store,
    uploads::Presigner,
    viewer_logins::{KeptForLogins, Logins},
};

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

    /// The sites of releases that the CDN is known to serve.
    pub(crate) fn released_sites(&self) -> BTreeSet<&str> {
        self.cdn.released()
    }

    /// Whether a loose object of this key would be served.
    fn admit_loose(&self, key: &ObjectKey) -> Result<(), Error> {
        match self.cdn.served_from_releases(key) {
            None => Ok(()),
            Some(site) => Err(ReleaseConflict::ServedFromReleases(site.to_owned()).into()),
        }
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
}
