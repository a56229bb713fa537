//! Identities that are not ours: who of an issuer's users, or of the account's IAM principals, is a
//! publisher.
//!
//! Pure, and after authentication: the claims are verified, AWS verified the ARN.

use keyfront_names::{Arn, RoleArn, arn::is_account_id};
use serde::{Deserialize, Serialize};

use crate::oidc::OidcIdentity;

/// One way of being a publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// A user of an OIDC issuer.
    Oidc(OidcIdentity),
    /// An IAM role or user that calls the Function URL itself.
    Iam(IamPrincipal),
}

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME` (all its sessions), or `...:user/PATH/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IamPrincipal {
    arn: String,
    role: Option<RoleArn>,
}

impl IamPrincipal {
    /// Whether `caller` is the user, or a session of the role.
    pub fn is_met_by(&self, caller: &IamCaller) -> bool {
        match &self.role {
            Some(role) => role.is_session(&caller.arn),
            None => self.arn == caller.arn,
        }
    }
}

impl TryFrom<String> for IamPrincipal {
    type Error = &'static str;

    fn try_from(arn: String) -> Result<Self, &'static str> {
        let role = RoleArn::parse(&arn).ok();
        let is_user = Arn::parse(&arn).is_ok_and(|arn| {
            arn.service == "iam"
                && arn.region.is_empty()
                && is_account_id(arn.account)
                && arn
                    .resource
                    .strip_prefix("user/")
                    .is_some_and(|name| !name.is_empty())
        });
        if role.is_some() || is_user {
            Ok(Self { arn, role })
        } else {
            Err("an IAM identity must be the ARN of one role or user")
        }
    }
}

impl From<IamPrincipal> for String {
    fn from(principal: IamPrincipal) -> Self {
        principal.arn
    }
}

/// Whom AWS verified as the caller of the Function URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamCaller {
    /// The caller's ARN.
    pub arn: String,
    /// The unique id of the user or role. A session's own name is not part of it: whoever assumes
    /// the role chooses that, and could choose someone else's.
    pub unique_id: Option<String>,
}

impl IamCaller {
    /// A caller as the event names it: `userArn`, and `userId` (`ID` or `ID:SESSION`).
    pub fn new(user_arn: &str, user_id: Option<&str>) -> Self {
        Self {
            arn: user_arn.to_owned(),
            unique_id: user_id
                .and_then(|id| id.split(':').next())
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests;
