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
    publisher::{Method, Overwrite, Rule, Session},
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
            Ok(found) => Some(found.object.cache_control),
            Err(_) => Some(Some(rule.cache_control().to_owned())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = catalog::delete(&self.store, key, if_match).await;
        let written = self.after_write(session, key, outcome, replaced).await;
        written.map(|((), reach)| reach)
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
        // What the upload itself asks for says nothing of the copies of what it replaces.
        let rule = session.publisher().authorise(Method::Put, &key).ok();
        let likeliest = rule.map_or(&*upload.cache_control, Rule::cache_control);
        let replaced = match &upload.kind {
            _ if !upload.overwrite => None,
            Kind::Multipart(_) => Some(self.store.cache_control(&key, likeliest).await),
            // A single request has replaced its predecessor already.
            Kind::Put | Kind::Form => Some(Some(likeliest.to_owned())),
        };
        let replaced = replaced.map(|cache_control| Replaced { cache_control });
        let outcome = uploads::complete(&self.store, upload).await;
        self.after_write(session, &key, outcome, replaced).await
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
