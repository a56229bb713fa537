//! Uploads into the trees of a release, straight to S3.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_origin_core::{
    releases::{
        DeclaredObject, PartsUpload, TreeObject, TreeUpload, keys, part_headers, plan_uploads,
        put_headers, uploaded_parts,
    },
    uploads::PartPlan,
};

use super::{ReleasePath, Releases, begin::LIFETIME};
use crate::{
    error::Error,
    publisher::Session,
    sealed_text::Purpose,
    uploads::{Grant, PresignRequest},
};

/// Multipart uploads begun at a time.
const AT_ONCE: usize = 16;
/// Seconds that presigned parts work at most: as long as a role's session lasts.
const PARTS_LIFETIME: u32 = 43_200;

/// An upload that was begun.
#[derive(Debug)]
pub(crate) enum BegunUpload {
    /// One request.
    Put(DeclaredObject, Grant),
    /// Parts.
    Parts(DeclaredObject, BegunParts),
}

/// A multipart upload that was begun.
#[derive(Debug)]
pub(crate) struct BegunParts {
    /// To complete it with.
    pub(crate) token: String,
    /// Bytes of each part but the last.
    pub(crate) part_size: u64,
    /// A request for each part, in order.
    pub(crate) urls: Vec<String>,
}

impl Releases<'_> {
    /// Begins uploads of objects that the manifest describes.
    ///
    /// # Errors
    /// [`Error::ReleaseIncomplete`]: there is no manifest; [`Error::UploadRefused`]: the manifest says otherwise; what S3
    /// returned.
    pub(crate) async fn begin_uploads(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        declared: Vec<DeclaredObject>,
    ) -> Result<Vec<BegunUpload>, Error> {
        let (_, manifest) = self.begun(of).await?;
        let plans = plan_uploads(&manifest, &declared)?;
        let begun = plans.iter().zip(&declared).map(|(plan, declared)| {
            let declared = declared.clone();
            async move {
                match plan {
                    TreeUpload::Put(object) => {
                        let grant = self.one_request(of, object).await?;
                        Ok::<_, Error>(BegunUpload::Put(declared, grant))
                    }
                    TreeUpload::Parts(object, plan) => {
                        let begun = self.parts(session, of, object, *plan).await?;
                        Ok(BegunUpload::Parts(declared, begun))
                    }
                }
            }
        });
        let begun: Vec<_> = begun.collect();
        stream::iter(begun).buffered(AT_ONCE).try_collect().await
    }

    async fn one_request(
        &self,
        of: ReleasePath<'_>,
        object: &TreeObject<'_>,
    ) -> Result<Grant, Error> {
        let key = key_of(of, object);
        let put = PresignRequest {
            method: "PUT",
            key: &key,
            parameters: &[],
            headers: put_headers(object, self.store.key_arn()),
        };
        let lifetime = LIFETIME.min(self.presigner.longest_lifetime());
        self.presigner.presign(put, lifetime).await
    }

    async fn parts(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        object: &TreeObject<'_>,
        plan: PartPlan,
    ) -> Result<BegunParts, Error> {
        let key = key_of(of, object);
        let upload = self.store.begin_release_parts(&key, object).await?;
        let lifetime = PARTS_LIFETIME.min(self.presigner.longest_lifetime());
        let mut urls = Vec::new();
        for number in 1..=plan.count() {
            let length = plan.length_of(number).unwrap_or_default();
            let put = PresignRequest {
                method: "PUT",
                key: &key,
                parameters: &[("partNumber", &number.to_string()), ("uploadId", &upload)],
                headers: part_headers(length),
            };
            urls.push(self.presigner.presign(put, lifetime).await?.url);
        }
        let begun = PartsUpload {
            site: of.site.clone(),
            release: of.id,
            tree: object.tree,
            path: object.path.to_owned(),
            size: object.size,
            upload,
        };
        let plain = serde_json::to_vec(&begun).map_err(|_| Error::Internal)?;
        let token = self.texts.seal(Purpose::ReleaseUpload, session, &plain);
        Ok(BegunParts {
            token: token.await?,
            part_size: plan.part_size(),
            urls,
        })
    }

    /// Completes a multipart upload into this release. Repeating a completed one is success.
    ///
    /// # Errors
    /// [`Error::UploadUnknown`], [`Error::UploadIncomplete`]; what S3 returned.
    pub(crate) async fn complete_upload(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        token: &str,
        named: &[(u32, String)],
    ) -> Result<(), Error> {
        let plain = self
            .texts
            .open(Purpose::ReleaseUpload, session, token)
            .await?;
        let upload: Option<PartsUpload> =
            plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let own = |upload: &PartsUpload| upload.site == *of.site && upload.release == of.id;
        let upload = upload.filter(own).ok_or(Error::UploadUnknown)?;
        let parts = uploaded_parts(&upload, named)?;
        let key = keys::object(of.site, &of.id, upload.tree, &upload.path);
        let completed = self
            .store
            .complete_release_parts(&key, &upload.upload, &parts)
            .await;
        match completed {
            Ok(()) => Ok(()),
            // An earlier response may have been lost, or another client was faster: verification looks at what is there.
            Err(error @ (Error::NotFound | Error::AlreadyExists)) => {
                if matches!(error, Error::AlreadyExists) {
                    self.store.abort_multipart(&key, &upload.upload).await?;
                }
                let there = self.store.held_object(&key).await?;
                let is_one = there.is_some_and(|held| held.named_sha256().is_some());
                match is_one {
                    true => Ok(()),
                    false => Err(Error::UploadUnknown),
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// The key of an object of the manifest.
pub(super) fn key_of(of: ReleasePath<'_>, object: &TreeObject<'_>) -> String {
    keys::object(of.site, &of.id, object.tree, object.path)
}
