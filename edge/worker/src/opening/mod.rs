//! Opening: envelope-encrypted objects under the site's reader prefix, decrypted in the Worker.
//!
//! A site whose entry does not ask for it is served by its reader Function URL, as on CloudFront.

use keyfront_edge::Refusal;

use crate::exchange::Exchange;

/// Answers a request that the core routed to the reader, if this Worker opens the site's envelopes itself; `None`
/// leaves it to the reader's Function URL.
///
/// # Errors
/// The refusal that answers the request.
pub(crate) async fn open(_exchange: &Exchange<'_>) -> Result<Option<web_sys::Response>, Refusal> {
    Ok(None)
}
