//! Which kinds of credentials publishers may show, whatever their policy says.

use super::error::{ConfigError, invalid};

/// The kinds that are accepted, separated by commas: `token`, `oidc`, `iam` (optional; all).
pub const PUBLISHER_AUTH: &str = "KEYFRONT_PUBLISHER_AUTH";

/// A kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// A publisher's token.
    Token,
    /// A JSON Web Token of an issuer of the policy.
    Oidc,
    /// An IAM principal that AWS verified.
    Iam,
}

/// The accepted kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherAuth(Vec<CredentialKind>);

impl PublisherAuth {
    /// Whether a credential of this kind may be looked at.
    pub fn accepts(&self, kind: CredentialKind) -> bool {
        self.0.contains(&kind)
    }

    pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        optional(PUBLISHER_AUTH).map_or_else(|| Ok(Self::default()), |list| Self::parse(&list))
    }

    /// Reads a list as [`PUBLISHER_AUTH`] has it.
    ///
    /// # Errors
    /// A kind that there is not.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let kinds = list.split(',').map(|name| match name {
            "token" => Ok(CredentialKind::Token),
            "oidc" => Ok(CredentialKind::Oidc),
            "iam" => Ok(CredentialKind::Iam),
            _ => Err(invalid(
                PUBLISHER_AUTH,
                "expected a comma-separated list of token, oidc and iam",
            )),
        });
        kinds.collect::<Result<_, _>>().map(Self)
    }

    /// As [`PUBLISHER_AUTH`] has it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let names = self.0.iter().map(|kind| match kind {
            CredentialKind::Token => "token",
            CredentialKind::Oidc => "oidc",
            CredentialKind::Iam => "iam",
        });
        names.collect::<Vec<_>>().join(",")
    }
}

/// Every kind.
impl Default for PublisherAuth {
    fn default() -> Self {
        Self(vec![
            CredentialKind::Token,
            CredentialKind::Oidc,
            CredentialKind::Iam,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_is_accepted() {
        let read = PublisherAuth::parse;
        let listed = read("oidc,token").unwrap();
        assert!(listed.accepts(CredentialKind::Token) && listed.accepts(CredentialKind::Oidc));
        assert!(!listed.accepts(CredentialKind::Iam));
        assert_eq!(listed.to_text(), "oidc,token");
        assert_eq!(read("token").unwrap().to_text(), "token");
        let all = PublisherAuth::read(|_| None).unwrap();
        assert_eq!(all.to_text(), "token,oidc,iam");
        for text in ["jwt", "token,", "token oidc", "TOKEN"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
