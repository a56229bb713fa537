//! `Principal` and `NotPrincipal`.

use keyfront_names::{Arn, arn::is_account_id};

use super::error::ValueProblem;
use super::wire::{Members, Strings, WirePrincipals};
use crate::identity::Principal;

/// Whom a statement of a resource or trust policy means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principals {
    Listed(Vec<PrincipalName>),
    NotListed(Vec<PrincipalName>),
}

/// One name in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PrincipalName {
    Everyone,
    /// The account's root, which stands for the account: it hands the decision to identity policies.
    Account(String),
    Arn(String),
    Service(String),
}

/// How a statement means a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meant {
    /// By way of its account.
    ViaAccount,
    /// By its own name, its role's, or as everyone.
    Directly,
}

impl Principals {
    /// Whether everyone is listed.
    pub(super) fn include_everyone(&self) -> bool {
        matches!(self, Self::Listed(names) if names.contains(&PrincipalName::Everyone))
    }

    /// Whether and how `principal` is meant.
    pub(super) fn means(&self, principal: &Principal) -> Option<Meant> {
        match self {
            Self::Listed(names) => names.iter().filter_map(|n| n.means(principal)).max(),
            // Being exempt takes every name a principal goes by: AWS asks for the account, the role and
            // the session to be listed.
            Self::NotListed(names) => {
                let listed = |own: &String| names.iter().any(|name| name.is(own));
                let everyone = names.contains(&PrincipalName::Everyone);
                let exempt = everyone || principal.policy_names().iter().all(listed);
                (!exempt).then_some(Meant::Directly)
            }
        }
    }
}

impl PrincipalName {
    fn means(&self, principal: &Principal) -> Option<Meant> {
        match self {
            Self::Everyone => Some(Meant::Directly),
            Self::Account(id) => {
                (principal.account() == Some(id.as_str())).then_some(Meant::ViaAccount)
            }
            Self::Arn(_) | Self::Service(_) => principal
                .policy_names()
                .iter()
                .any(|own| self.is(own))
                .then_some(Meant::Directly),
        }
    }

    /// Whether this is the name `own`, one of [`Principal::policy_names`].
    fn is(&self, own: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Account(id) => own == crate::identity::root_arn(id),
            // ARNs hold colons and service names do not, so the two cannot be confused.
            Self::Arn(name) | Self::Service(name) => own == name,
        }
    }

    pub(super) fn parse_all(wire: &WirePrincipals) -> Result<Vec<Self>, ValueProblem> {
        let kinds: &Members<Strings> = match wire {
            WirePrincipals::Star => return Ok(vec![Self::Everyone]),
            WirePrincipals::Kinds(kinds) => kinds,
        };
        let mut names = Vec::new();
        for (kind, values) in &kinds.0 {
            for value in &values.0 {
                let unknown = || ValueProblem::Principal(format!("{kind}: {value}"));
                let name = match kind.as_str() {
                    "AWS" => Self::parse_aws(value),
                    "Service" => Self::parse_service(value),
                    _ => None,
                };
                names.push(name.ok_or_else(unknown)?);
            }
        }
        Ok(names)
    }

    fn parse_aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        if is_account_id(text) {
            return Some(Self::Account(text.to_owned()));
        }
        let Arn {
            partition: "aws",
            service,
            region: "",
            account,
            resource: name,
        } = Arn::parse(text).ok()?
        else {
            return None;
        };
        // A wildcard inside a principal's ARN means nothing in AWS.
        if !is_account_id(account) || name.contains(['*', '?', '$']) {
            return None;
        }
        match (service, name) {
            ("iam", "root") => Some(Self::Account(account.to_owned())),
            ("iam", name) => {
                let named = name.strip_prefix("role/").or(name.strip_prefix("user/"))?;
                (!named.is_empty()).then(|| Self::Arn(text.to_owned()))
            }
            ("sts", name) => {
                let (role, session) = name.strip_prefix("assumed-role/")?.split_once('/')?;
                (!role.is_empty() && !session.is_empty()).then(|| Self::Arn(text.to_owned()))
            }
            _ => None,
        }
    }

    fn parse_service(text: &str) -> Option<Self> {
        let byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        let named = text.ends_with(".amazonaws.com") && text.bytes().all(byte);
        named.then(|| Self::Service(text.to_owned()))
    }
}
