//! One `GET` of a JSON document that is public, such as an issuer's: no redirects, bounded in time and in bytes.
//!
//! It knows no document.

use http::{Request, header::ACCEPT};

use crate::{HttpCaller, HttpError, Limits};

/// Why a document is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum JsonDocumentError {
    /// There can be nothing at such a URL.
    #[error("the URL is invalid")]
    Url(#[source] http::Error),
    /// No reply.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// It is elsewhere. Whoever named the URL has to name the other.
    #[error(
        "the server answers {0}, and redirects are not followed; give the URL that it leads to"
    )]
    Redirect(u16),
    /// It is not there.
    #[error("the server answers {0}")]
    Status(u16),
    /// Something else is there.
    #[error("the server's answer is not JSON")]
    ContentType,
}

impl HttpCaller {
    /// The bytes at `url`, which the server says are JSON.
    ///
    /// # Errors
    /// [`JsonDocumentError`]
    pub async fn json_document(
        &self,
        url: &str,
        limits: Limits,
    ) -> Result<Vec<u8>, JsonDocumentError> {
        let request = Request::get(url)
            .header(ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(JsonDocumentError::Url)?;
        let reply = self.call(request, limits).await?;
        match reply.status {
            200 => {}
            300..400 => return Err(JsonDocumentError::Redirect(reply.status)),
            other => return Err(JsonDocumentError::Status(other)),
        }
        // `application/json`, or a type of that syntax such as `application/jwk-set+json`.
        let is_json = |essence: &str| essence == "application/json" || essence.ends_with("+json");
        match reply.media_type.as_deref().is_some_and(is_json) {
            true => Ok(reply.body),
            false => Err(JsonDocumentError::ContentType),
        }
    }
}
