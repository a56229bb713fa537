//! A person: who within a publisher is behind a request.
//!
//! A subject is unique where it was given and nowhere else: two issuers may each have an `alice`. So a person is a
//! namespace and a subject, always both, and a `{sub}` is only ever settled by subjects of one namespace.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::oidc::{Issuer, UserFolder};

const IAM: &str = "iam";
const OIDC: &str = "oidc:";

/// Where subjects are unique. Written `iam`, or `oidc:` and the id of an issuer of the policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Namespace {
    /// The unique ids of IAM's roles and users, of any account.
    Iam,
    /// The `sub` claims of this issuer.
    Issuer(String),
}

impl Namespace {
    pub(super) fn of(identity: &Identity) -> Self {
        match identity {
            Identity::Oidc(identity) => Self::Issuer(identity.issuer.clone()),
            Identity::Iam(_) => Self::Iam,
        }
    }
}

impl TryFrom<String> for Namespace {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.strip_prefix(OIDC) {
            Some(issuer) => Ok(Self::Issuer(issuer.to_owned())),
            None if text == IAM => Ok(Self::Iam),
            None => Err("sub_from must be iam, or oidc: and the id of an issuer"),
        }
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.to_string()
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iam => f.write_str(IAM),
            Self::Issuer(issuer) => write!(f, "{OIDC}{issuer}"),
        }
    }
}

/// One of a publisher's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Who vouches for the subject.
    pub namespace: Namespace,
    /// The `sub` of a JWT, the unique id of an IAM principal.
    pub subject: String,
    /// What `{sub}` stands for: the same wherever this person is known.
    #[serde(skip)]
    pub folder: UserFolder,
}

/// Without the subject: who vouches for it, and the hash of both.
impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.folder.as_str())
    }
}

impl Person {
    /// A user of an issuer.
    pub fn of_issuer(issuer: &Issuer, subject: &str) -> Self {
        Self {
            namespace: Namespace::Issuer(issuer.id.clone()),
            subject: subject.to_owned(),
            folder: UserFolder::of(issuer.issuer.as_str(), subject),
        }
    }

    /// A user or role of IAM, by its unique id.
    pub fn of_iam(unique_id: &str) -> Self {
        Self {
            namespace: Namespace::Iam,
            subject: unique_id.to_owned(),
            folder: UserFolder::of(IAM, unique_id),
        }
    }
}
