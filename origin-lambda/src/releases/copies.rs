//! Copies from an earlier release of the site: what has not changed never travels.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::releases::{COPIES, DeclaredObject, ReleaseId, TreeObject, keys};

use super::{ReleasePath, Releases, uploads::key_of};
use crate::error::Error;

/// Copies at a time.
const AT_ONCE: usize = 16;

/// An object to copy.
#[derive(Debug)]
pub(crate) struct CopyRequest {
    /// Its path in the earlier release, in the same tree.
    pub(crate) from_path: String,
    /// What it becomes.
    pub(crate) object: DeclaredObject,
}

/// What became of the copies.
#[derive(Debug)]
pub(crate) struct CopyResults {
    /// How many are there.
    pub(crate) copied: usize,
    /// The others, and why not: they have to be uploaded.
    pub(crate) missing: Vec<(DeclaredObject, &'static str)>,
}

impl Releases<'_> {
    /// Copies objects from an earlier release.
    ///
    /// # Errors
    /// As for uploads; what S3 returned.
    pub(crate) async fn copy(
        &self,
        of: ReleasePath<'_>,
        from: ReleaseId,
        requests: Vec<CopyRequest>,
    ) -> Result<CopyResults, Error> {
        if requests.is_empty() || requests.len() > COPIES {
            return Err(Error::UploadRefused(format!(
                "request 1 to {COPIES} copies at a time"
            )));
        }
        let (_, manifest) = self.begun(of).await?;
        let mut planned = Vec::with_capacity(requests.len());
        for request in &requests {
            let object = request.object.in_manifest(&manifest)?;
            // One that is no key is one that nobody has.
            let source = keys::object(of.site, &from, object.tree, &request.from_path);
            planned.push((source, object));
        }
        let copies: Vec<_> = planned
            .iter()
            .map(|(source, object)| self.copy_one(of, source, object))
            .collect();
        let outcomes: Vec<Option<&'static str>> =
            stream::iter(copies).buffered(AT_ONCE).try_collect().await?;
        let outcomes = requests.into_iter().zip(outcomes);
        let missing = outcomes.filter_map(|(request, why)| Some((request.object, why?)));
        let missing: Vec<_> = missing.collect();
        Ok(CopyResults {
            copied: planned.len() - missing.len(),
            missing,
        })
    }

    /// Why an object was not copied; `None` if it is there.
    async fn copy_one(
        &self,
        of: ReleasePath<'_>,
        source: &str,
        object: &TreeObject<'_>,
    ) -> Result<Option<&'static str>, Error> {
        let Some(held) = self.store.held_object(source).await? else {
            return Ok(Some("the earlier release has no such object"));
        };
        if held.named_sha256() != Some(object.sha256) || held.size != object.size {
            return Ok(Some("the earlier release has other content there"));
        }
        let key = key_of(of, object);
        let copied = self
            .store
            .copy_release_object((source, &held.etag), &key, object)
            .await;
        match copied {
            // What is there already is left to verification.
            Ok(()) | Err(Error::AlreadyExists) => Ok(None),
            Err(Error::NotFound | Error::Precondition) => {
                Ok(Some("the earlier release was removed meanwhile"))
            }
            Err(error) => Err(error),
        }
    }
}
