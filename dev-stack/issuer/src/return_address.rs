//! Where a client is answered: validated before anything else, since no unknown address may be redirected to
//! (RFC 6749, 4.1.2.1).

use super::authorization_error::AuthorizationError;
use super::config::Client;
use super::location::with_query;
use super::opaque_value::is_state;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// A client's address, and the state it is to get back there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReturnAddress {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    state: Option<String>,
}

impl ReturnAddress {
    /// # Errors
    /// The client is not known or the address is not one of its own: a page for the person.
    pub(super) fn validate(parameters: &Parameters, clients: &[Client]) -> Result<Self, Refusal> {
        let id = parameters.value("client_id")?.ok_or(Refusal::NoClient)?;
        let client = clients.iter().find(|client| client.id == id);
        let client = client.ok_or_else(|| Refusal::UnknownClient(id.to_owned()))?;
        let given = parameters.value("redirect_uri")?;
        let given = given.ok_or(Refusal::NoRedirectUri)?;
        let uri = client.redirect_uris.iter().find(|uri| *uri == given);
        let uri = uri.ok_or_else(|| Refusal::UnknownRedirectUri {
            client: client.id.clone(),
            uri: given.to_owned(),
        })?;
        // One that is not valid is not sent back; the request is refused for it later.
        let state = parameters.value("state").ok().flatten();
        Ok(Self {
            client_id: client.id.clone(),
            redirect_uri: uri.clone(),
            state: state.filter(|state| is_state(state)).map(str::to_owned),
        })
    }

    /// The address with a code (RFC 6749, 4.1.2; RFC 9207, 2).
    pub(super) fn with_code(&self, code: &str, issuer: &str) -> String {
        self.with(&[("code", code)], issuer)
    }

    /// The address with an error (RFC 6749, 4.1.2.1; RFC 9207, 2).
    pub(super) fn with_error(&self, error: &AuthorizationError, issuer: &str) -> String {
        let description = error.to_string();
        self.with(
            &[("error", error.code()), ("error_description", &description)],
            issuer,
        )
    }

    fn with(&self, outcome: &[(&str, &str)], issuer: &str) -> String {
        let state = self.state.as_deref().map(|state| ("state", state));
        let parameters = outcome.iter().copied().chain(state);
        with_query(&self.redirect_uri, parameters.chain([("iss", issuer)]))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clients() -> [Client; 2] {
        let client = |id: &str, uri: &str| Client {
            id: id.to_owned(),
            redirect_uris: vec![uri.to_owned()],
            post_logout_redirect_uris: vec!["http://app/bye".to_owned()],
        };
        [
            client("app", "http://app/cb"),
            client("other", "http://other/cb"),
        ]
    }

    fn validate(query: &str) -> Result<ReturnAddress, Refusal> {
        ReturnAddress::validate(&Parameters::parse(query.as_bytes()), &clients())
    }

    #[test]
    fn outcomes_come_with_state_and_issuer() {
        let to = validate("client_id=app&redirect_uri=http://app/cb&state=a%26b").unwrap();
        assert_eq!(
            to.with_code("c", "http://i"),
            "http://app/cb?code=c&state=a%26b&iss=http%3A%2F%2Fi"
        );
        let refused = to.with_error(&AuthorizationError::LoginRequired, "http://i");
        assert!(refused.starts_with("http://app/cb?error=login_required&error_description="));
        assert!(
            refused.ends_with("&state=a%26b&iss=http%3A%2F%2Fi"),
            "{refused}"
        );
    }

    #[test]
    fn a_state_that_is_absent_or_invalid_is_not_sent_back() {
        for state in ["", "&state=%C3%A9", "&state=a&state=b"] {
            let query = format!("client_id=app&redirect_uri=http://app/cb{state}");
            let location = validate(&query).unwrap().with_code("c", "i");
            assert_eq!(location, "http://app/cb?code=c&iss=i");
        }
    }

    #[test]
    fn unknown_clients_and_addresses_are_refused() {
        assert!(matches!(validate(""), Err(Refusal::NoClient)));
        assert!(matches!(
            validate("client_id=nobody&redirect_uri=http://app/cb"),
            Err(Refusal::UnknownClient(_))
        ));
        assert!(matches!(
            validate("client_id=app"),
            Err(Refusal::NoRedirectUri)
        ));
        assert!(matches!(
            validate("client_id=app&client_id=other&redirect_uri=http://app/cb"),
            Err(Refusal::Repeated(_))
        ));
        for uri in [
            "http://other/cb",
            "http://app/bye",
            "http://app/cb/",
            "http://app/cb?",
            "http://APP/cb",
            "http://app/cb%23",
            "http://app/cb%20",
            "//app/cb",
            "javascript:alert(1)",
        ] {
            let refused = validate(&format!("client_id=app&redirect_uri={uri}"));
            let unknown = matches!(refused, Err(Refusal::UnknownRedirectUri { .. }));
            assert!(unknown, "{uri}");
        }
    }
}
