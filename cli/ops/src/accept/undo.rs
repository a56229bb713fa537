//! What a run must take back, whatever becomes of it: noted before it is done, taken back in the other order.

use anyhow::Context as _;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::{change::Change, context::Context};
use crate::{aws::call_error, publisher::policy};

impl Context {
    /// Takes back the last change; if that fails it still stands, and the reason is returned.
    pub(super) async fn undo_last(&self) -> Option<String> {
        let change = self.changes.last()?;
        let error = self.take_back(&change).await.err()?;
        let remains = self.described(&change, &error);
        self.changes.note(change);
        Some(remains)
    }

    /// Takes back every change that was noted; what could not be, in words, with the command that does it.
    pub(super) async fn undo_changes(&self) -> Vec<String> {
        let mut remains = Vec::new();
        while let Some(change) = self.changes.last() {
            if let Err(error) = self.take_back(&change).await {
                remains.push(self.described(&change, &error));
            }
        }
        remains
    }

    fn described(&self, change: &Change, error: &anyhow::Error) -> String {
        match change {
            Change::KeyDisabled => format!(
                "key {} is disabled ({error:#}); `aws kms enable-key` enables it",
                self.key_arn
            ),
            Change::ReleasePublished(published) => format!(
                "a release of the site {} ({error:#}); `keyfront releases rollback --site {}` activates the one before, and objects under s3://{}/.keyfront/sites/{}/ are its releases",
                published.site, published.site, self.bucket, published.site
            ),
            Change::PublisherAdded(name) => format!(
                "the publisher {name} is in the bucket's policy ({error:#}); `keyfront publisher revoke {name} --bucket {} --region {}` revokes its token",
                self.bucket, self.region
            ),
        }
    }

    async fn take_back(&self, change: &Change) -> anyhow::Result<()> {
        match change {
            Change::KeyDisabled => {
                self.costs.kms(1);
                let call = self.kms.enable_key().key_id(&self.key_arn);
                call.send().await.map_err(call_error)?;
                Ok(())
            }
            Change::ReleasePublished(published) => self.withdraw(published).await,
            Change::PublisherAdded(name) => self.remove_publisher(name).await,
        }
    }

    async fn remove_publisher(&self, name: &str) -> anyhow::Result<()> {
        let removed = policy::change(&self.target, |policy| {
            let mut document: serde_json::Value = serde_json::from_slice(&policy.to_json()?)?;
            let publishers = document
                .get_mut("publishers")
                .and_then(serde_json::Value::as_array_mut)
                .context("a policy without publishers")?;
            publishers.retain(|publisher| publisher["id"] != name);
            let document = serde_json::to_vec(&document)?;
            Ok((
                keyfront_origin_core::publisher::Publishers::parse(&document)?,
                (),
            ))
        });
        removed.await
    }

    /// Deletes every object and version that the run wrote, and has the CDN forget them; what remains, in words.
    pub(super) async fn delete_objects(&self) -> Vec<String> {
        let mut remains = Vec::new();
        for prefix in self.written_prefixes() {
            if let Err(error) = self.delete_under(&prefix).await {
                remains.push(format!(
                    "objects under s3://{}/{prefix} ({error:#}); `aws s3 rm` removes them",
                    self.bucket
                ));
            }
        }
        if let Err(error) = self.forget_copies().await {
            remains.push(format!(
                "copies of /{}* at distribution {}, until they expire ({error:#}); `aws cloudfront create-invalidation` removes them",
                self.prefix, self.distribution
            ));
        }
        remains
    }

    fn written_prefixes(&self) -> Vec<String> {
        let reader = self.site.reader.as_ref();
        let below_reader = reader
            .map(|reader| format!("{}/{}", reader.prefix.trim_start_matches('/'), self.prefix));
        [Some(self.key("")), below_reader]
            .into_iter()
            .flatten()
            .collect()
    }

    pub(super) async fn delete_under(&self, prefix: &str) -> anyhow::Result<()> {
        // From the beginning each time: what was listed is gone.
        loop {
            let doomed = self.listed(prefix).await?;
            if doomed.is_empty() {
                return self.abort_uploads(prefix).await;
            }
            self.costs.s3(2);
            let delete = Delete::builder().set_objects(Some(doomed)).quiet(true);
            let call = self.s3.delete_objects().bucket(&self.bucket);
            let answer = call.delete(delete.build()?).send().await;
            let answer = answer.map_err(call_error)?;
            if let Some(error) = answer.errors().first() {
                anyhow::bail!(
                    "{}: {}",
                    error.key().unwrap_or_default(),
                    error.message().unwrap_or_default()
                );
            }
        }
    }

    /// A page of what is to be deleted: versions, or objects where the store knows none.
    async fn listed(&self, prefix: &str) -> anyhow::Result<Vec<ObjectIdentifier>> {
        let identifier = |key: Option<&str>, version: Option<&str>| {
            let key = key.context("an object without a key")?;
            let identifier = ObjectIdentifier::builder().key(key);
            Ok(identifier
                .set_version_id(version.map(str::to_owned))
                .build()?)
        };
        // The dev stack keeps no versions.
        if self.is_dev() {
            let call = self.s3.list_objects_v2().bucket(&self.bucket);
            let page = call.prefix(prefix).send().await.map_err(call_error)?;
            let objects = page.contents().iter();
            return objects
                .map(|object| identifier(object.key(), None))
                .collect();
        }
        let call = self.s3.list_object_versions().bucket(&self.bucket);
        let page = call.prefix(prefix).send().await.map_err(call_error)?;
        let versions = page.versions().iter();
        let versions = versions.map(|version| identifier(version.key(), version.version_id()));
        let markers = page.delete_markers().iter();
        let markers = markers.map(|marker| identifier(marker.key(), marker.version_id()));
        versions.chain(markers).collect()
    }

    async fn abort_uploads(&self, prefix: &str) -> anyhow::Result<()> {
        let call = self.s3.list_multipart_uploads().bucket(&self.bucket);
        let listed = call.prefix(prefix).send().await.map_err(call_error)?;
        for upload in listed.uploads() {
            let call = self.s3.abort_multipart_upload().bucket(&self.bucket);
            let call = call
                .set_key(upload.key.clone())
                .set_upload_id(upload.upload_id.clone());
            call.send().await.map_err(call_error)?;
        }
        Ok(())
    }

    async fn forget_copies(&self) -> anyhow::Result<()> {
        use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
        self.costs.invalidated(1);
        let path = format!("/{}*", self.prefix);
        let paths = Paths::builder().quantity(1).items(path).build()?;
        let batch = InvalidationBatch::builder()
            .paths(paths)
            .caller_reference(self.prefix.trim_end_matches('/'))
            .build()?;
        let call = self
            .cloudfront
            .create_invalidation()
            .distribution_id(&self.distribution);
        let call = call.invalidation_batch(batch);
        call.send().await.map_err(call_error)?;
        Ok(())
    }
}
