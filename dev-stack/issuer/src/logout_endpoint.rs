//! `/logout`: ends a session (OpenID Connect RP-Initiated Logout 1.0).
//!
//! It does not ask first: whoever is logged out logs in again by typing a name.

use super::issuer::Issuer;
use super::location::with_query;
use super::opaque_value::is_state;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// Where the browser goes when its session has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LoggedOut {
    /// To the client's address.
    Redirect(String),
    /// Nowhere: the client names no address.
    Page,
}

impl Issuer {
    /// Ends the session, then looks where to go: to an address of the client that is named, or of any if none is.
    ///
    /// # Errors
    /// [`Refusal`]: the address is not a configured one; the session has ended all the same.
    pub(super) fn log_out(
        &self,
        parameters: &Parameters,
        session: Option<&str>,
    ) -> Result<LoggedOut, Refusal> {
        if let Some(id) = session {
            self.sessions.end(id);
        }
        let client = parameters.value("client_id")?;
        let Some(given) = parameters.value("post_logout_redirect_uri")? else {
            return Ok(LoggedOut::Page);
        };
        let clients = self.clients.iter();
        let mut uris = clients
            .filter(|known| client.is_none_or(|client| known.id == client))
            .flat_map(|known| &known.post_logout_redirect_uris);
        if !uris.any(|uri| uri == given) {
            return Err(Refusal::UnknownLogoutUri(given.to_owned()));
        }
        let state = parameters.value("state")?.filter(|state| is_state(state));
        let state = state.map(|state| ("state", state));
        Ok(LoggedOut::Redirect(with_query(given, state)))
    }
}
