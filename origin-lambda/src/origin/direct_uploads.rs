//! Uploads straight to S3 until they are completed: each call is checked against the rules as they are now, and counted.

use keyfront_origin_core::{
    budget::Expense,
    object::StoredPart,
    uploads::{Kind, PartChecksums, Upload, UploadRequest, lifetime},
};

use super::Origin;
use crate::{
    error::Error,
    publisher::{Rule, Session},
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

    /// The upload as the rules of this moment allow it, with the one that decides. One that they do not allow is over.
    pub(crate) async fn readmitted<'s>(
        &self,
        session: &'s Session,
        upload: Upload,
    ) -> Result<(Upload, &'s Rule), Error> {
        let admitted = || -> Result<_, Error> {
            let readmitted = upload
                .clone()
                .readmitted(session.publisher(), unix_time())?;
            self.admit_loose(&upload.object_key()?)?;
            Ok(readmitted)
        };
        match admitted() {
            Ok(admitted) => Ok(admitted),
            Err(refusal) => Err(self.refused(session, &upload, refusal).await?),
        }
    }

    /// Ends an upload that is refused for good: its parts would only cost, and what a single request stored would be served.
    async fn refused(
        &self,
        session: &Session,
        upload: &Upload,
        refusal: Error,
    ) -> Result<Error, Error> {
        match (&upload.kind, &refusal) {
            (Kind::Multipart(_), _) => uploads::abort(&self.store, upload).await?,
            // Nobody knows whether it was completed in its week.
            (Kind::Put | Kind::Form, Error::UploadUnknown) => {}
            (Kind::Put | Kind::Form, _) => self.take_back(session, upload).await?,
        }
        Ok(refusal)
    }

    /// Signs requests for parts of an upload that the rules still allow, for `seconds` or as long as they allow.
    pub(crate) async fn sign_parts(
        &self,
        session: &Session,
        upload: Upload,
        parts: &PartChecksums,
        seconds: Option<u32>,
    ) -> Result<Vec<(u32, Grant)>, Error> {
        let (upload, rule) = self.readmitted(session, upload).await?;
        self.budgets.take(session.publisher(), Expense::Signing)?;
        let lifetime = lifetime(rule, self.presigner.longest_lifetime(), seconds)?;
        uploads::sign_parts(&self.presigner, &upload, parts, lifetime).await
    }

    /// What S3 holds of an upload that the rules still allow, with that upload.
    pub(crate) async fn held_parts(
        &self,
        session: &Session,
        upload: Upload,
    ) -> Result<(Upload, Vec<StoredPart>), Error> {
        let (upload, _) = self.readmitted(session, upload).await?;
        self.budgets.take(session.publisher(), Expense::Listing)?;
        let held = uploads::parts(&self.store, &upload).await?;
        Ok((upload, held))
    }
}
