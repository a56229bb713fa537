//! A plan carried out: copies on the server and uploads, many at a time. Whatever is interrupted is found as far as it came by the
//! next run.

use anyhow::{Context as _, bail};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_releases::{ReleaseId, TreeObject};

use super::{
    destination::Destination,
    plan::{Copy, Plan},
    upload::Uploader,
};
use crate::release_api::{Declared, MissingCopy};

/// Copies of one call, and calls at a time: the origin makes its copies at the same time.
const COPIES: usize = 100;
const COPY_CALLS: usize = 4;
/// Uploads that one call asks for. Fewer than it may be: the first ones begin sooner.
const UPLOADS: usize = 200;

/// Carries plans out.
pub(super) struct Transfer<'a> {
    pub(super) to: &'a Destination<'a>,
}

impl Transfer<'_> {
    /// Brings everything to its place.
    ///
    /// # Errors
    /// The API or S3 refuses, a file has changed, or a kept file is gone.
    pub(super) async fn carry_out(&self, plan: &Plan<'_>) -> anyhow::Result<()> {
        let files = plan.uploads.len() + plan.copied();
        self.to.progress.expect(files, plan.bytes());
        let (missing, ()) =
            futures::try_join!(self.copy_all(plan), self.upload_all(&plan.uploads))?;
        self.upload_all(&missing).await?;
        let duplicates = self.copy(self.to.id, &plan.duplicates).await?;
        self.upload_all(&duplicates).await
    }

    /// Copies from earlier releases; what could not be copied.
    async fn copy_all<'p>(&self, plan: &'p Plan<'p>) -> anyhow::Result<Vec<TreeObject<'p>>> {
        let mut missing = Vec::new();
        for (from, copies) in &plan.copies {
            missing.extend(self.copy(*from, copies).await?);
        }
        Ok(missing)
    }

    async fn copy<'p>(
        &self,
        from: ReleaseId,
        copies: &'p [Copy<'p>],
    ) -> anyhow::Result<Vec<TreeObject<'p>>> {
        let calls = copies
            .chunks(COPIES)
            .map(|batch| self.copy_batch(from, batch));
        let missing: Vec<Vec<MissingCopy>> = stream::iter(calls)
            .buffered(COPY_CALLS)
            .try_collect()
            .await?;
        let mut objects = Vec::new();
        for missing in missing.into_iter().flatten() {
            let place = |copy: &&Copy<'_>| {
                (copy.to.tree, copy.to.path) == (missing.tree, missing.to_path.as_str())
            };
            let copy = copies.iter().find(place);
            let copy = copy.context("the API returned a copy that was not requested")?;
            self.demand_on_disk(&copy.to, &missing.reason)?;
            objects.push(copy.to);
        }
        Ok(objects)
    }

    async fn copy_batch(
        &self,
        from: ReleaseId,
        batch: &[Copy<'_>],
    ) -> anyhow::Result<Vec<MissingCopy>> {
        let files = batch
            .iter()
            .map(|copy| Declared::from(&copy.to).copied_from(copy.from_path));
        let files: Vec<_> = files.collect::<anyhow::Result<_>>()?;
        let copied = self.to.api.copies(self.to.id, from, &files).await?;
        let done = batch.len().saturating_sub(copied.missing.len());
        self.to.progress.count(done as u64, 0);
        Ok(copied.missing)
    }

    /// What only an earlier release had cannot be sent from here.
    fn demand_on_disk(&self, object: &TreeObject<'_>, reason: &str) -> anyhow::Result<()> {
        let kept = self.to.manifest.keep();
        if kept.iter().any(|kept| &*kept.file.path == object.path) {
            bail!(
                "{} of an earlier release should be kept but cannot be copied ({reason}); to publish without it, set keep_assets = \"0s\" in keyfront.toml",
                object.path
            );
        }
        Ok(())
    }

    /// Sends objects.
    ///
    /// # Errors
    /// The API or S3 refuses, or a file has changed.
    pub(super) async fn upload_all(&self, objects: &[TreeObject<'_>]) -> anyhow::Result<()> {
        let uploader = Uploader::new(self.to);
        let (large, small): (Vec<_>, Vec<_>) = objects
            .iter()
            .copied()
            .partition(|object| Uploader::is_large(object));
        let batches = small.chunks(UPLOADS).map(|batch| uploader.grants(batch));
        stream::iter(batches)
            .buffered(2)
            .map_ok(|grants| stream::iter(grants).map(Ok::<_, anyhow::Error>))
            .try_flatten()
            .map_ok(|(object, grant)| uploader.put(object, grant))
            .try_buffer_unordered(self.to.transfers)
            .try_collect::<()>()
            .await?;
        // One after the other: each is sent by as many connections.
        for object in large {
            uploader.send_parts(object).await?;
        }
        Ok(())
    }
}
