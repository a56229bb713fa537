//! Tokens of uploads and cursors of listings: texts that only the person they were given to can use.

use keyfront_origin_core::uploads::Upload;

use super::Origin;
use crate::{error::Error, publisher::Session, sealed_text::Purpose};

impl Origin {
    /// The token of an upload, for whoever begins it.
    pub(crate) async fn token(&self, session: &Session, upload: &Upload) -> Result<String, Error> {
        let plain = serde_json::to_vec(upload).map_err(|_| Error::Internal)?;
        self.texts.seal(Purpose::Upload, session, &plain).await
    }

    /// The upload of a token that this very person was given.
    pub(crate) async fn upload(&self, session: &Session, token: &str) -> Result<Upload, Error> {
        let plain = self.texts.open(Purpose::Upload, session, token).await?;
        plain
            .and_then(|plain| serde_json::from_slice(&plain).ok())
            .ok_or(Error::UploadUnknown)
    }

    /// The cursor that a client gets for a position in a listing, written as `plain`.
    pub(crate) async fn cursor(&self, session: &Session, plain: &str) -> Result<String, Error> {
        let texts = &self.texts;
        texts.seal(Purpose::Cursor, session, plain.as_bytes()).await
    }

    /// The position of a cursor that this very person was given, as `read` takes it.
    pub(crate) async fn position<P>(
        &self,
        session: &Session,
        cursor: &str,
        read: impl FnOnce(&str) -> Option<P>,
    ) -> Result<P, Error> {
        let plain = self.texts.open(Purpose::Cursor, session, cursor).await?;
        plain
            .and_then(|plain| read(str::from_utf8(&plain).ok()?))
            .ok_or_else(|| Error::Query("invalid cursor".to_owned()))
    }
}
