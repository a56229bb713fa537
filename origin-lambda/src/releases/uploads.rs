//! Uploads into the trees of a release, straight to S3.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::{StreamExt as _, stream};
use keyfront_origin_core::{
    publisher::SiteLimits,
    releases::{
        DeclaredObject, PartsUpload, TreeObject, TreeUpload, begun_uploads, keys, part_headers,
        plan_uploads, put_headers, uploaded_parts,
    },
    uploads::PartPlan,
};

use super::{ReleasePath, Releases};
use crate::{
    error::Error,
    publisher::Session,
    sealed_text::Purpose,
    uploads::{Grant, PresignRequest, unix_time},
};

/// Multipart uploads begun at a time.
const AT_ONCE: usize = 16;

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
    /// What S3 knows it by.
    upload: PartsUpload,
}

impl Releases<'_> {
    /// Begins uploads of objects that the manifest describes, or signs the requests anew of those that go on. `charge` is told how many
    /// uploads in parts will be begun. Where one object fails, no upload is left.
    ///
    /// # Errors
    /// [`Error::ReleaseIncomplete`]: there is no manifest; [`Error::UploadRefused`]: the manifest says otherwise; the publisher's
    /// limits; [`Error::UploadUnknown`]; what `charge` and S3 returned.
    pub(crate) async fn begin_uploads(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        declared: Vec<DeclaredObject>,
        charge: impl FnOnce(u32) -> Result<(), Error>,
    ) -> Result<Vec<BegunUpload>, Error> {
        let limits = session.publisher().site_limits.unwrap_or_default();
        let (_, manifest) = self.admitted(of, limits).await?;
        let plans = plan_uploads(&manifest, &declared)?;
        match begun_uploads(&plans, &declared) {
            0 => {}
            count => charge(count)?,
        }
        let failed = AtomicBool::new(false);
        let begun = plans.iter().zip(declared).map(|(plan, declared)| {
            let failed = &failed;
            async move {
                if failed.load(Ordering::Relaxed) {
                    return None;
                }
                let begun = self.begin_upload(session, of, plan, declared).await;
                failed.fetch_or(begun.is_err(), Ordering::Relaxed);
                Some(begun)
            }
        });
        let begun: Vec<_> = begun.collect();
        let begun: Vec<_> = stream::iter(begun).buffered(AT_ONCE).collect().await;
        self.all_or_none(begun).await
    }

    async fn begin_upload(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        plan: &TreeUpload<'_>,
        declared: DeclaredObject,
    ) -> Result<BegunUpload, Error> {
        match plan {
            TreeUpload::Put(object) => {
                let limits = session.publisher().site_limits.unwrap_or_default();
                let grant = self.one_request(of, object, limits).await?;
                Ok(BegunUpload::Put(declared, grant))
            }
            TreeUpload::Parts(object, plan) => {
                let token = declared.token.as_deref();
                let begun = self.parts(session, of, object, *plan, token).await?;
                Ok(BegunUpload::Parts(declared, begun))
            }
        }
    }

    /// All of a batch; where one failed, after which no other was begun, the uploads that it began are given up.
    async fn all_or_none(
        &self,
        batch: Vec<Option<Result<BegunUpload, Error>>>,
    ) -> Result<Vec<BegunUpload>, Error> {
        let (mut begun, mut failure) = (Vec::with_capacity(batch.len()), None);
        for outcome in batch.into_iter().flatten() {
            match outcome {
                Ok(upload) => begun.push(upload),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let Some(error) = failure else {
            return Ok(begun);
        };
        for upload in begun {
            if let BegunUpload::Parts(DeclaredObject { token: None, .. }, parts) = upload {
                self.give_up(&parts.upload).await;
            }
        }
        Err(error)
    }

    async fn one_request(
        &self,
        of: ReleasePath<'_>,
        object: &TreeObject<'_>,
        limits: SiteLimits,
    ) -> Result<Grant, Error> {
        let key = key_of(of, object);
        let put = PresignRequest {
            method: "PUT",
            key: &key,
            parameters: &[],
            headers: put_headers(object, self.store.key_arn()),
        };
        self.presigner.presign(put, self.lifetime(limits)).await
    }

    /// An upload in parts: the one of this token, or another.
    async fn parts(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        object: &TreeObject<'_>,
        plan: PartPlan,
        token: Option<&str>,
    ) -> Result<BegunParts, Error> {
        if let Some(token) = token {
            let upload = self.under_way(session, of, token).await?;
            return match upload.is_of(object) {
                true => self.signed_parts(session, upload, plan).await,
                false => Err(Error::UploadUnknown),
            };
        }
        let key = key_of(of, object);
        let upload = PartsUpload {
            site: of.site.clone(),
            release: of.id,
            tree: object.tree,
            path: object.path.to_owned(),
            size: object.size,
            begun: unix_time(),
            upload: self.store.begin_release_parts(&key, object).await?,
        };
        let signed = self.signed_parts(session, upload.clone(), plan).await;
        if signed.is_err() {
            self.give_up(&upload).await;
        }
        signed
    }

    async fn signed_parts(
        &self,
        session: &Session,
        upload: PartsUpload,
        plan: PartPlan,
    ) -> Result<BegunParts, Error> {
        let key = key_of_upload(&upload);
        let lifetime = self.lifetime(session.publisher().site_limits.unwrap_or_default());
        let mut urls = Vec::new();
        for number in 1..=plan.count() {
            let length = plan.length_of(number).unwrap_or_default();
            let put = PresignRequest {
                method: "PUT",
                key: &key,
                parameters: &[
                    ("partNumber", &number.to_string()),
                    ("uploadId", &upload.upload),
                ],
                headers: part_headers(length),
            };
            urls.push(self.presigner.presign(put, lifetime).await?.url);
        }
        let plain = serde_json::to_vec(&upload).map_err(|_| Error::Internal)?;
        let token = self.texts.seal(Purpose::ReleaseUpload, session, &plain);
        Ok(BegunParts {
            token: token.await?,
            part_size: plan.part_size(),
            urls,
            upload,
        })
    }

    /// Completes a multipart upload into this release. Repeating a completed one is success. What S3 refuses and would refuse again is
    /// given up: parts of what is never made only cost.
    ///
    /// # Errors
    /// [`Error::UploadUnknown`], [`Error::UploadIncomplete`], [`Error::UploadMismatch`]; what S3 returned.
    pub(crate) async fn complete_upload(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        token: &str,
        named: &[(u32, String)],
    ) -> Result<(), Error> {
        let upload = self.under_way(session, of, token).await?;
        let parts = uploaded_parts(&upload, named)?;
        let key = key_of_upload(&upload);
        let completed = self
            .store
            .complete_release_parts(&key, &upload.upload, &parts)
            .await;
        let error = match completed {
            Ok(()) => return Ok(()),
            Err(error) if error.is_transient() || matches!(error, Error::WriteConflict) => {
                return Err(error);
            }
            Err(error) => error,
        };
        if !matches!(error, Error::NotFound) {
            self.give_up(&upload).await;
        }
        match error {
            // An earlier response may have been lost, or another client was faster: verification looks at what is there.
            Error::NotFound | Error::AlreadyExists => {
                let there = self.store.held_object(&key).await?;
                let is_one = there.is_some_and(|held| held.named_sha256().is_some());
                match is_one {
                    true => Ok(()),
                    false => Err(Error::UploadUnknown),
                }
            }
            error => Err(error),
        }
    }

    /// The upload of a token that this very person was given for this release. One that is over is given up.
    async fn under_way(
        &self,
        session: &Session,
        of: ReleasePath<'_>,
        token: &str,
    ) -> Result<PartsUpload, Error> {
        let plain = self
            .texts
            .open(Purpose::ReleaseUpload, session, token)
            .await?;
        let upload: Option<PartsUpload> =
            plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let own = |upload: &PartsUpload| upload.site == *of.site && upload.release == of.id;
        let upload = upload.filter(own).ok_or(Error::UploadUnknown)?;
        if upload.is_over(unix_time()) {
            self.give_up(&upload).await;
            return Err(Error::UploadUnknown);
        }
        Ok(upload)
    }

    /// Gives an upload up. Where that fails, the bucket's lifecycle does it in days.
    async fn give_up(&self, upload: &PartsUpload) {
        let key = key_of_upload(upload);
        if let Err(error) = self.store.abort_multipart(&key, &upload.upload).await {
            tracing::warn!(%error, "the parts of an upload could not be removed");
        }
    }
}

fn key_of_upload(upload: &PartsUpload) -> String {
    keys::object(&upload.site, &upload.release, upload.tree, &upload.path)
}

/// The key of an object of the manifest.
pub(super) fn key_of(of: ReleasePath<'_>, object: &TreeObject<'_>) -> String {
    keys::object(of.site, &of.id, object.tree, object.path)
}
