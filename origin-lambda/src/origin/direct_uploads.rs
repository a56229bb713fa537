//! Uploads straight to S3 until they are completed: each call is checked against the rules as they are now, and counted.

use keyfront_origin_core::{
    budget::Expense,
    object::StoredPart,
    uploads::{Kind, PartChecksums, Upload, UploadRequest, lifetime},
};

use super::Origin;
use crate::{
    error::Error,
    publisher::Session,
    uploads::{self, Begun, Grant, Uploads, unix_time},
};

impl Origin {
    /// Begins an upload straight to S3.
    pub(crate) async fn begin(
        &self,
        session: &Session,
        request: &UploadRequest,
    ) -> Result<Begun, Error> {
        self.budgets.take(session.publisher(), Expense::Signing)?;
        self.admit_loose(&request.key)?;
        let system = Uploads {
            store: &self.store,
            metadata: &self.metadata,
            presigner: &self.presigner,
        };
        system.begin(session, request).await
    }

    /// The upload, if the rules still allow it. Parts of one that they do not allow are given up: they would only cost.
    pub(crate) async fn completable(
        &self,
        session: &Session,
        upload: Upload,
    ) -> Result<Upload, Error> {
        match upload.clone().readmitted(session.publisher(), unix_time()) {
            Ok((upload, _)) => Ok(upload),
            Err(refused) => {
                if matches!(upload.kind, Kind::Multipart(_)) {
                    uploads::abort(&self.store, &upload).await?;
                }
                Err(refused)
            }
        }
    }

    /// Signs requests for parts of an upload that the rules still allow, for `seconds` or as long as they allow.
    pub(crate) async fn sign_parts(
        &self,
        session: &Session,
        upload: Upload,
        parts: &PartChecksums,
        seconds: Option<u32>,
    ) -> Result<Vec<(u32, Grant)>, Error> {
        let publisher = session.publisher();
        let (upload, rule) = upload.readmitted(publisher, unix_time())?;
        self.budgets.take(publisher, Expense::Signing)?;
        let lifetime = lifetime(rule, self.presigner.longest_lifetime(), seconds)?;
        uploads::sign_parts(&self.presigner, &upload, parts, lifetime).await
    }

    /// What S3 holds of an upload that the rules still allow, with that upload.
    pub(crate) async fn held_parts(
        &self,
        session: &Session,
        upload: Upload,
    ) -> Result<(Upload, Vec<StoredPart>), Error> {
        let publisher = session.publisher();
        let (upload, _) = upload.readmitted(publisher, unix_time())?;
        self.budgets.take(publisher, Expense::Listing)?;
        let held = uploads::parts(&self.store, &upload).await?;
        Ok((upload, held))
    }
}
