//! What publishers are shown of objects: descriptions, and URLs that read them.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_names::ObjectKey;
use keyfront_origin_core::{budget::Expense, sealed_metadata::MetadataRead};

use super::Origin;
use crate::{
    customer_keys::Holder,
    error::Error,
    publisher::{Method, Session},
    sharing::{Share, ShareRequest, Sharing},
    store::ObjectDescription,
};

/// Links signed at a time: each is a call to KMS.
const SIGNED_AT_ONCE: usize = 16;
impl Origin {
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

    fn sharing(&self) -> Sharing<'_> {
        Sharing {
            store: &self.store,
            presigner: &self.presigner,
            signer: self.links.as_ref(),
            site: self.cdn.main_site(),
        }
    }
}
