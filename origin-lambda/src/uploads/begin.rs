//! Begins an upload by its plan: at S3, where it has parts, and with presigned requests.

use keyfront_names::ObjectKey;
use keyfront_origin_core::uploads::{
    Kind, Upload, UploadPlan, UploadRequest, UploadStart, form_fields, plan,
};
use time::OffsetDateTime;

use super::{Grant, PresignRequest, Presigner, stale, unix_time};
use crate::{error::Error, publisher::Session, sealed_metadata::SealedMetadata, store::Store};

/// What beginning an upload needs of the system.
#[derive(Debug)]
pub struct Uploads<'a> {
    /// The bucket.
    pub store: &'a Store,
    /// Seals what only publishers may know.
    pub metadata: &'a SealedMetadata,
    /// Signs requests.
    pub presigner: &'a Presigner,
}

/// An upload that was begun.
#[derive(Debug)]
pub struct Begun {
    /// To seal into a token.
    pub upload: Upload,
    /// What to send, unless parts are asked for one by one.
    pub grant: Option<Grant>,
}

impl Uploads<'_> {
    /// Authorises and begins an upload.
    ///
    /// # Errors
    /// The publisher's rules; a combination that cannot be bound; what S3 returned.
    pub async fn begin(&self, session: &Session, request: &UploadRequest) -> Result<Begun, Error> {
        let start = UploadStart {
            id: uuid::Uuid::new_v4().to_string(),
            now: unix_time(),
            checksums: self.presigner.checksums(),
            longest_lifetime: self.presigner.longest_lifetime(),
        };
        let planned = plan(session, request, start)?;
        let publisher = &session.publisher().id;
        let now = OffsetDateTime::now_utc();
        let sealed = self
            .metadata
            .seal(publisher, &request.key, &request.details, now);
        let (_, sealed) = sealed.await?;
        match planned.with_sealed(sealed) {
            UploadPlan::OneRequest { upload, lifetime } => {
                let grant = self.one_request(&upload, &request.key, lifetime).await?;
                Ok(Begun {
                    upload,
                    grant: Some(grant),
                })
            }
            UploadPlan::Parts(parts) => {
                stale::abort_abandoned(self.store, &request.key).await;
                let attributes = parts.attributes();
                let created = self.store.create_multipart(&request.key, &attributes);
                let id = created.await?;
                Ok(Begun {
                    upload: parts.begun(id),
                    grant: None,
                })
            }
        }
    }

    async fn one_request(
        &self,
        upload: &Upload,
        key: &ObjectKey,
        lifetime: u32,
    ) -> Result<Grant, Error> {
        let key_arn = self.store.key_arn();
        if upload.kind == Kind::Form {
            let form = form_fields(upload, key_arn);
            return self.presigner.form(form, lifetime).await;
        }
        let put = PresignRequest {
            method: "PUT",
            key: key.as_str(),
            parameters: &[],
            headers: upload.put_headers(key_arn),
        };
        self.presigner.presign(put, lifetime).await
    }
}
