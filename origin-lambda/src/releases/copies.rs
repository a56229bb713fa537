//! Copies from an earlier release of the site: what has not changed never travels.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::{
    publisher::SiteLimits,
    releases::{COPIES, DeclaredObject, ReleaseId, TreeObject, keys},
};

use super::{ReleasePath, Releases, uploads::key_of};
use crate::{
    error::{Error, Fault},
    store::ReleaseCopy,
};

/// Copies at a time.
const AT_ONCE: usize = 16;
/// How long one call takes, about: what stands in front of the origin waits a minute for its answer. S3 copies large objects
/// at some 100 MB/s.
const CALL: Duration = Duration::from_secs(40);
/// Less time than this is not worth beginning a copy.
const SHORTEST: Duration = Duration::from_secs(2);
/// Why there was no copy: time.
const LATE: &str = "S3 did not copy it in time";

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
        limits: SiteLimits,
    ) -> Result<CopyResults, Error> {
        if requests.is_empty() || requests.len() > COPIES {
            return Err(Error::UploadRefused(format!(
                "request 1 to {COPIES} copies at a time"
            )));
        }
        let end = Instant::now() + CALL;
        let (_, manifest) = self.admitted(of, limits).await?;
        let mut planned = Vec::with_capacity(requests.len());
        for request in &requests {
            let object = request.object.in_manifest(&manifest)?;
            // One that is no key is one that nobody has.
            let source = keys::object(of.site, &from, object.tree, &request.from_path);
            planned.push((source, object));
        }
        let copies: Vec<_> = planned
            .iter()
            .map(|(source, object)| self.copy_one(of, source, object, end))
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
        end: Instant,
    ) -> Result<Option<&'static str>, Error> {
        let Some(held) = self.store.held_object(source).await? else {
            return Ok(Some("the earlier release has no such object"));
        };
        if !held.may_have_the_bytes_of(object) {
            return Ok(Some("the earlier release has other content there"));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left < SHORTEST {
            return Ok(Some(LATE));
        }
        let copy = ReleaseCopy {
            from: source,
            etag: &held.etag,
            to: &key_of(of, object),
            object,
            within: left,
        };
        let copied = self.store.copy_release_object(copy).await;
        match copied {
            // What is there already is left to verification.
            Ok(()) | Err(Error::AlreadyExists) => Ok(None),
            Err(Error::NotFound | Error::Precondition) => {
                Ok(Some("the earlier release was removed meanwhile"))
            }
            // Uploaded instead, it is refused as there already, should the copy be made after all.
            Err(Error::Upstream {
                fault: Fault::Timeout,
                ..
            }) => Ok(Some(LATE)),
            Err(Error::WriteConflict) => Ok(Some("it is being written by another request")),
            Err(error) => Err(error),
        }
    }
}
