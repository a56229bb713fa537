//! The kinds of principal the stack knows, and the names policies use for them.

use serde::{Deserialize, Serialize};

use super::account::root_arn;

/// A principal that was authenticated, or an AWS service the stack plays itself.
///
/// There is no anonymous principal and no root user: what is not signed never becomes a `Principal`, and
/// the stack's administrator is an ordinary user with an allow-all policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// An IAM user with a long-lived access key.
    User {
        /// Twelve digits.
        account: String,
        /// The user's name.
        name: String,
    },
    /// One session of a role.
    AssumedRole {
        /// Twelve digits.
        account: String,
        /// The role's name.
        role: String,
        /// The session's name, chosen by whoever assumed the role.
        session: String,
    },
    /// A service principal such as `edgelambda.amazonaws.com`; only code of the stack acts as one.
    Service {
        /// The service's DNS-like name.
        name: String,
    },
}

impl Principal {
    /// The ARN that `GetCallerIdentity` and denials show; a service is shown by its name.
    pub fn arn(&self) -> String {
        match self {
            Self::User { account, name } => format!("arn:aws:iam::{account}:user/{name}"),
            Self::AssumedRole {
                account,
                role,
                session,
            } => format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            Self::Service { name } => name.clone(),
        }
    }

    /// The ARN that holds the policies: the user's, or the role's behind a session. This is what
    /// `aws:PrincipalArn` compares.
    pub fn issuer_arn(&self) -> String {
        match self {
            Self::User { .. } | Self::Service { .. } => self.arn(),
            Self::AssumedRole { account, role, .. } => {
                format!("arn:aws:iam::{account}:role/{role}")
            }
        }
    }

    /// The account, unless the principal is a service.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::User { account, .. } | Self::AssumedRole { account, .. } => Some(account),
            Self::Service { .. } => None,
        }
    }

    /// Every ARN under which a resource policy can mean this principal, the account's root first.
    pub(crate) fn policy_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.account().map(root_arn).into_iter().collect();
        names.push(self.issuer_arn());
        if let Self::AssumedRole { .. } = self {
            names.push(self.arn());
        }
        names
    }

    /// The `aws:userid` of the principal: a stable id, followed by the session's name for roles.
    ///
    /// Real ids are random; these are derived from the name, so that they are the same in every run.
    pub fn user_id(&self) -> String {
        match self {
            Self::User { account, name } => unique_id("AIDA", account, name),
            Self::AssumedRole {
                account,
                role,
                session,
            } => format!("{}:{session}", unique_id("AROA", account, role)),
            Self::Service { name } => name.clone(),
        }
    }
}

/// Twenty-one characters like IAM's unique ids: prefix and 17 of the base-32 alphabet.
fn unique_id(prefix: &str, account: &str, name: &str) -> String {
    use sha2::{Digest, Sha256};
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(format!("{prefix}/{account}/{name}"));
    let tail = digest
        .iter()
        .take(17)
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    prefix.chars().chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_sts_arn_and_authorized_by_its_role() {
        let session = Principal::AssumedRole {
            account: "123456789012".into(),
            role: "edge".into(),
            session: "node-1".into(),
        };
        assert_eq!(
            session.arn(),
            "arn:aws:sts::123456789012:assumed-role/edge/node-1"
        );
        assert_eq!(session.issuer_arn(), "arn:aws:iam::123456789012:role/edge");
        let id = session.user_id();
        assert!(id.starts_with("AROA") && id.ends_with(":node-1"), "{id}");
        assert_eq!(id.len(), 21 + ":node-1".len());
    }
}
