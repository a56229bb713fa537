//! What an issuer says of itself: its `.well-known/openid-configuration` (OpenID Connect Discovery 1.0, 3 and 4).
//!
//! It is read once, when the issuer is added: afterwards nothing follows from it.

use keyfront_origin_core::oidc::{Algorithm, TrustedUrl};
use serde::Deserialize;

use super::issuer_fetch::{FetchError, fetch};

/// Bytes of a document at most: those of large issuers have a few KiB.
const MAX_BYTES: usize = 64 << 10;

/// Where an issuer's keys and endpoints are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Discovered {
    /// `jwks_uri`
    pub(super) jwks_uri: Option<TrustedUrl>,
    /// `authorization_endpoint`
    pub(super) authorization_endpoint: Option<TrustedUrl>,
    /// `token_endpoint`
    pub(super) token_endpoint: Option<TrustedUrl>,
    /// `end_session_endpoint` (OpenID Connect RP-Initiated Logout 1.0, 2.1)
    pub(super) end_session_endpoint: Option<TrustedUrl>,
    /// `code_challenge_methods_supported` (RFC 8414, 2); issuers that have PKCE need not say so.
    challenges: Option<Vec<String>>,
}

/// Why an issuer cannot be added.
#[derive(Debug, thiserror::Error)]
pub(super) enum DiscoveryError {
    /// The document is not to be had.
    #[error("the issuer's configuration is not known")]
    Fetch(#[from] FetchError),
    /// Not a JSON object of that form, or with a member twice.
    #[error("the issuer's configuration is not JSON of the expected form")]
    Schema(#[source] serde_json::Error),
    /// The document is another issuer's (4.3), which could otherwise pass for this one.
    #[error(
        "the configuration below {asked} belongs to the issuer {found:?}; give the issuer exactly as in the `iss` of its tokens"
    )]
    OtherIssuer {
        /// Whose was fetched.
        asked: String,
        /// Whose it is.
        found: String,
    },
    /// What is fetched or opened there could be anybody's.
    #[error("the issuer's {member} {url:?} cannot be trusted: {reason}")]
    Untrusted {
        /// The member of the document.
        member: &'static str,
        /// Its value.
        url: String,
        /// Why.
        reason: &'static str,
    },
    /// Its tokens could not be verified.
    #[error("the issuer signs ID tokens with {0}; have it sign with RS256 or ES256")]
    Algorithms(String),
    /// The document lacks what is needed.
    #[error("the issuer's configuration has no {0}")]
    Missing(&'static str),
    /// A login could not be bound to its browser (RFC 7636).
    #[error(
        "the issuer does not support PKCE with S256, but {0}; people cannot log in there as a public client"
    )]
    Challenges(String),
}

/// What counts of the document; what else there is, is for others.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

/// Fetches what an issuer says of itself.
///
/// # Errors
/// [`DiscoveryError`]
pub(super) async fn discover(issuer: &TrustedUrl) -> Result<Discovered, DiscoveryError> {
    let document = fetch(&url_of(issuer), MAX_BYTES).await?;
    Discovered::read(&document, issuer)
}

/// Where the document is (4.1).
fn url_of(issuer: &TrustedUrl) -> String {
    let base = issuer.as_str().trim_end_matches('/');
    format!("{base}/.well-known/openid-configuration")
}

impl Discovered {
    /// Reads what an issuer says of itself.
    ///
    /// # Errors
    /// [`DiscoveryError`]
    pub(super) fn read(document: &[u8], issuer: &TrustedUrl) -> Result<Self, DiscoveryError> {
        let metadata: Metadata =
            serde_json::from_slice(document).map_err(DiscoveryError::Schema)?;
        if metadata.issuer != issuer.as_str() {
            return Err(DiscoveryError::OtherIssuer {
                asked: issuer.as_str().to_owned(),
                found: metadata.issuer,
            });
        }
        if let Some(algorithms) = metadata.id_token_signing_alg_values_supported
            && !algorithms
                .iter()
                .any(|name| Algorithm::named(name).is_some())
        {
            return Err(DiscoveryError::Algorithms(algorithms.join(", ")));
        }
        Ok(Self {
            jwks_uri: trusted("jwks_uri", metadata.jwks_uri)?,
            authorization_endpoint: trusted(
                "authorization_endpoint",
                metadata.authorization_endpoint,
            )?,
            token_endpoint: trusted("token_endpoint", metadata.token_endpoint)?,
            end_session_endpoint: trusted("end_session_endpoint", metadata.end_session_endpoint)?,
            challenges: metadata.code_challenge_methods_supported,
        })
    }

    /// Refuses an issuer that says that it has no PKCE as logins use it.
    ///
    /// # Errors
    /// [`DiscoveryError::Challenges`]
    pub(super) fn check_challenges(&self) -> Result<(), DiscoveryError> {
        match &self.challenges {
            Some(methods) if !methods.iter().any(|method| method == "S256") => {
                Err(DiscoveryError::Challenges(match methods.is_empty() {
                    true => "none at all".to_owned(),
                    false => methods.join(", "),
                }))
            }
            _ => Ok(()),
        }
    }
}

fn trusted(
    member: &'static str,
    url: Option<String>,
) -> Result<Option<TrustedUrl>, DiscoveryError> {
    let read = |url: String| {
        TrustedUrl::try_from(url.clone()).map_err(|reason| DiscoveryError::Untrusted {
            member,
            url,
            reason,
        })
    };
    url.map(read).transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://issuer.example/pool";

    fn trusted_url(url: &str) -> TrustedUrl {
        TrustedUrl::try_from(url.to_owned()).unwrap()
    }

    fn document(changed: &[(&str, Value)]) -> Vec<u8> {
        let mut document = json!({
            "issuer": ISSUER,
            "jwks_uri": "https://keys.example/jwks",
            "authorization_endpoint": "https://issuer.example/authorize",
            "token_endpoint": "https://issuer.example/token",
            "response_types_supported": ["code"],
        });
        for (name, value) in changed {
            document[name] = value.clone();
        }
        document.to_string().into_bytes()
    }

    fn read(changed: &[(&str, Value)]) -> Result<Discovered, DiscoveryError> {
        Discovered::read(&document(changed), &trusted_url(ISSUER))
    }

    #[test]
    fn the_document_is_below_the_issuer() {
        for (issuer, url) in [
            (
                ISSUER,
                "https://issuer.example/pool/.well-known/openid-configuration",
            ),
            (
                "https://a.example/",
                "https://a.example/.well-known/openid-configuration",
            ),
            (
                "http://127.0.0.1:9",
                "http://127.0.0.1:9/.well-known/openid-configuration",
            ),
        ] {
            assert_eq!(url_of(&trusted_url(issuer)), url);
        }
    }

    #[test]
    fn keys_and_endpoints_are_read_and_what_else_there_is_does_not_matter() {
        let found = read(&[(
            "end_session_endpoint",
            json!("https://issuer.example/logout"),
        )]);
        let found = found.unwrap();
        assert_eq!(
            found.jwks_uri.unwrap().as_str(),
            "https://keys.example/jwks"
        );
        assert_eq!(
            found.end_session_endpoint.unwrap().as_str(),
            "https://issuer.example/logout"
        );
        assert_eq!(read(&[]).unwrap().end_session_endpoint, None);
    }

    #[test]
    fn another_issuers_document_is_refused_to_the_letter() {
        for other in [
            "https://evil.example",
            "https://issuer.example/pool/",
            "https://ISSUER.example/pool",
            "",
        ] {
            let refused = read(&[("issuer", json!(other))]).unwrap_err();
            assert!(
                matches!(&refused, DiscoveryError::OtherIssuer { found, .. } if found == other),
                "{refused}"
            );
        }
    }

    #[test]
    fn what_could_be_anybodys_or_could_not_work_is_refused() {
        for (member, value, expected) in [
            (
                "jwks_uri",
                json!("http://keys.example/"),
                "jwks_uri \"http://keys.example/\" cannot be trusted",
            ),
            (
                "authorization_endpoint",
                json!("http://issuer.example/"),
                "must begin with https://",
            ),
            (
                "token_endpoint",
                json!("https://me@issuer.example/"),
                "no user",
            ),
            (
                "end_session_endpoint",
                json!("javascript:alert(1)"),
                "end_session_endpoint",
            ),
            ("jwks_uri", json!(7), "not JSON of the expected form"),
            (
                "id_token_signing_alg_values_supported",
                json!(["HS256", "PS256"]),
                "with HS256, PS256",
            ),
        ] {
            let refused = read(&[(member, value)]).unwrap_err().to_string();
            assert!(refused.contains(expected), "{member}: {refused}");
        }
        let twice = String::from_utf8(document(&[])).unwrap();
        let twice = twice.replacen('{', "{\"issuer\":\"https://evil.example\",", 1);
        let refused = Discovered::read(twice.as_bytes(), &trusted_url(ISSUER));
        assert!(matches!(refused, Err(DiscoveryError::Schema(_))));
    }

    #[test]
    fn an_issuer_may_be_silent_about_pkce_but_not_deny_it() {
        let member = "code_challenge_methods_supported";
        assert!(read(&[]).unwrap().check_challenges().is_ok());
        let both = read(&[(member, json!(["plain", "S256"]))]).unwrap();
        assert!(both.check_challenges().is_ok());
        for (methods, expected) in [(json!(["plain"]), "but plain"), (json!([]), "none at all")] {
            let refused = read(&[(member, methods)]).unwrap().check_challenges();
            assert!(refused.unwrap_err().to_string().contains(expected));
        }
    }
}
