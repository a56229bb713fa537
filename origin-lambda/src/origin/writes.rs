//! What changes an object that viewers may have copies of, and the invalidation that each of these ends with.

use axum::body::Body;
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    budget::Expense,
    invalidation::{Reach, Replaced, stale_after},
    uploads::{Kind, Upload},
};

use super::Origin;
use crate::{
    catalog,
    customer_keys::Holder,
    error::Error,
    history,
    publish::{self, PublishRequest, Publishing, Receipt},
    publisher::{Method, Overwrite, Session},
    store::Restored,
    uploads::{self, Finished},
};

impl Origin {
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
            Ok(found) if rule.admit_method(Method::Head).is_ok() => {
                Some(found.object.cache_control)
            }
            // How long its copies live is metadata.
            Ok(_) | Err(_) => Some(Some(rule.cache_control().to_owned())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = catalog::delete(&self.store, key, if_match).await;
        let written = self.after_write(session, key, outcome, replaced).await;
        written.map(|((), reach)| reach)
    }

    /// Completes an upload that the rules still allow, and returns it as they do.
    pub(crate) async fn complete(
        &self,
        session: &Session,
        upload: Upload,
    ) -> Result<(Upload, Finished, Option<Reach>), Error> {
        let (upload, rule) = self.readmitted(session, upload).await?;
        let key = upload.object_key()?;
        // Whether or not it replaces: what does not match is removed, and may have been seen.
        self.admit_invalidation(session)?;
        let replaced = match &upload.kind {
            _ if !upload.overwrite => None,
            Kind::Multipart(_) => Some(publish::replaced(&self.store, &key, rule).await),
            // A single request has replaced its predecessor already, and what it asks for itself says nothing of that one's copies.
            Kind::Put | Kind::Form => Some(Replaced {
                cache_control: Some(rule.cache_control().to_owned()),
            }),
        };
        let outcome = uploads::complete(&self.store, &upload).await;
        let (finished, reach) = self.after_write(session, &key, outcome, replaced).await?;
        Ok((upload, finished, reach))
    }

    /// Removes what the single request of an upload stored. It could be read until then, and may have replaced what was there.
    pub(super) async fn take_back(&self, session: &Session, upload: &Upload) -> Result<(), Error> {
        let Ok(key) = upload.object_key() else {
            return Ok(());
        };
        self.admit_invalidation(session)?;
        if uploads::take_back(&self.store, upload, &key).await? {
            let nothing_known = Replaced {
                cache_control: None,
            };
            self.invalidate(session, &key, &nothing_known).await;
        }
        Ok(())
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
            Some(stale) => Some(self.invalidate(session, key, &stale).await),
            None => None,
        };
        outcome.map(|written| (written, reach))
    }

    async fn invalidate(&self, session: &Session, key: &ObjectKey, stale: &Replaced) -> Reach {
        self.budgets
            .spend(session.publisher(), Expense::Invalidation);
        self.cdn.invalidate(key, stale).await
    }
}
