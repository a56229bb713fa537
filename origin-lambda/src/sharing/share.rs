//! A share: from what a publisher asks for to its URL.

use keyfront_envelope::{INSTRUCTION_FILE_MARKER, Recognised, instruction_file_key, recognise};
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    invalidation::SiteLayout,
    sharing::{ContentForm, SharedObject, Via, Way, link_lifetime, with_the_cdn_named},
    uploads::{Promise, lifetime},
};

use super::link_signer::{LinkSigner, UnsignedLink};
use crate::{
    error::Error,
    publisher::Rule,
    store::{ObjectDescription, Store},
    uploads::{Grant, PresignRequest, Presigner, unix_time},
};

/// What sharing needs of the system.
#[derive(Debug)]
pub(crate) struct Sharing<'a> {
    /// The bucket.
    pub(crate) store: &'a Store,
    /// Signs requests to S3.
    pub(crate) presigner: &'a Presigner,
    /// Signs links of the CDN, where it can.
    pub(crate) signer: Option<&'a LinkSigner>,
    /// The main site of the CDN, which links lead through.
    pub(crate) site: SiteLayout<'a>,
}

/// What a publisher asks for.
#[derive(Debug)]
pub(crate) struct ShareRequest {
    /// The object.
    pub(crate) key: ObjectKey,
    /// The way.
    pub(crate) via: Option<Via>,
    /// Seconds.
    pub(crate) lifetime: Option<u32>,
    /// Whether what is sealed is read as it is stored.
    pub(crate) as_stored: bool,
}

/// A URL that reads one object.
pub(crate) struct Share {
    pub(crate) via: Via,
    pub(crate) url: String,
    /// Unix time after which it is refused.
    pub(crate) expires: u64,
    /// How far that can be relied on.
    pub(crate) promise: Promise,
}

impl Sharing<'_> {
    /// Shares an object that the rule lets its publisher read.
    ///
    /// # Errors
    /// [`Error::ShareRefused`], [`Error::LifetimeRefused`]; [`Error::NotFound`]; [`Error::CustomerKeyRequired`], since whoever
    /// has the URL would need the key as well; what S3, SSM and KMS returned.
    pub(crate) async fn share(&self, rule: &Rule, request: &ShareRequest) -> Result<Share, Error> {
        match Way::choose(request.via, self.signer)? {
            Way::Cdn(signer) => self.link(signer, rule, request).await,
            Way::S3 => {
                let shared = self.presigned(rule, request).await;
                shared.map_err(|refused| match self.signer {
                    Some(_) => with_the_cdn_named(refused, rule),
                    None => refused,
                })
            }
        }
    }

    /// A link of an object that only admitted viewers read, for the usual time. `None` for all other objects, and where no link
    /// can be signed.
    ///
    /// # Errors
    /// What SSM returned.
    pub(crate) async fn link_if_protected(
        &self,
        rule: &Rule,
        key: &ObjectKey,
    ) -> Result<Option<UnsignedLink<'_>>, Error> {
        let Some(signer) = self.signer else {
            return Ok(None);
        };
        let parameter = signer.parameter().await?;
        let until = unix_time() + u64::from(link_lifetime(rule, None)?);
        let form = ContentForm::Plain;
        let grant = parameter.link_if_protected(&self.site, SharedObject { key, form }, until);
        Ok(grant.map(|grant| UnsignedLink {
            signer,
            parameter,
            grant,
        }))
    }

    /// A presigned `GET`, for the usual time.
    ///
    /// # Errors
    /// As [`Presigner::presign`].
    pub(crate) async fn presigned_as_usual(
        &self,
        rule: &Rule,
        key: &ObjectKey,
    ) -> Result<String, Error> {
        let lifetime = lifetime(rule, self.presigner.longest_lifetime(), None)?;
        Ok(self.presign(key, lifetime).await?.url)
    }

    async fn link(
        &self,
        signer: &LinkSigner,
        rule: &Rule,
        request: &ShareRequest,
    ) -> Result<Share, Error> {
        let key = &request.key;
        let lifetime = link_lifetime(rule, request.lifetime)?;
        let described = self.store.describe(key).await?;
        let form = match request.as_stored {
            true => ContentForm::Plain,
            false => self.form_of(key, &described).await?,
        };
        let parameter = signer.parameter().await?;
        let expires = unix_time() + u64::from(lifetime);
        let grant = parameter.link(&self.site, SharedObject { key, form }, expires)?;
        let link = UnsignedLink {
            signer,
            parameter,
            grant,
        };
        Ok(Share {
            via: Via::Cdn,
            url: link.sign().await?,
            expires,
            promise: Promise::Exact,
        })
    }

    async fn presigned(&self, rule: &Rule, request: &ShareRequest) -> Result<Share, Error> {
        let key = &request.key;
        let lifetime = lifetime(rule, self.presigner.longest_lifetime(), request.lifetime)?;
        self.store.describe(key).await?;
        let grant = self.presign(key, lifetime).await?;
        Ok(Share {
            via: Via::S3,
            url: grant.url,
            expires: grant.expires,
            promise: grant.promise,
        })
    }

    async fn presign(&self, key: &ObjectKey, lifetime: u32) -> Result<Grant, Error> {
        let request = PresignRequest {
            method: "GET",
            key: key.as_str(),
            parameters: &[],
            headers: Vec::new(),
        };
        self.presigner.presign(request, lifetime).await
    }

    /// What the bucket holds of an object: what its metadata say, or that it has an instruction file.
    async fn form_of(
        &self,
        key: &ObjectKey,
        described: &ObjectDescription,
    ) -> Result<ContentForm, Error> {
        // Metadata that begin to describe an envelope are no plain object's.
        if !matches!(recognise(&described.metadata), Ok(Recognised::Nothing)) {
            return Ok(ContentForm::Sealed);
        }
        // A key with no room for the suffix has no instruction file.
        let Ok(companion) = ObjectKey::new(instruction_file_key(key.as_str())) else {
            return Ok(ContentForm::Plain);
        };
        match self.store.describe(&companion).await {
            // Only what is marked as one: a publisher may have given a file such a name.
            Ok(found) if found.metadata.contains_key(INSTRUCTION_FILE_MARKER) => {
                Ok(ContentForm::Sealed)
            }
            // Instruction files are under no customer key.
            Ok(_) | Err(Error::NotFound | Error::CustomerKeyRequired) => Ok(ContentForm::Plain),
            Err(error) => Err(error),
        }
    }
}
