//! A refused call, with the reason in AWS's words.

use thiserror::Error;

/// A call that is not allowed. The reason is for the caller's own logs; it names policies' kinds and the
/// caller's own identity only.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{principal} may not perform {action} on {resource}: {reason}")]
pub struct Denial {
    /// The caller's ARN.
    pub principal: String,
    /// Such as `kms:Decrypt`.
    pub action: String,
    /// The ARN the call was about.
    pub resource: String,
    /// Which rule refused.
    pub reason: DenialReason,
}

/// Which rule refused a call.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DenialReason {
    /// A `Deny` statement applies; nothing can override it.
    #[error("explicit deny in {source_kind} policy{}", sid.as_ref().map(|s| format!(" (statement {s})")).unwrap_or_default())]
    ExplicitDeny {
        /// Where the statement stands.
        source_kind: PolicySource,
        /// Its `Sid`, if it has one.
        sid: Option<String>,
    },
    /// The caller's own policies do not allow it, and would have to.
    #[error("no identity-based policy allows it")]
    NoIdentityAllow,
    /// The resource's policy neither allows it nor lets the account decide.
    #[error("no resource-based policy allows it")]
    NoResourceAllow,
    /// The role or user no longer exists, or belongs to another account.
    #[error("the principal does not exist")]
    UnknownPrincipal,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PolicySource {
    /// In a policy of the caller.
    #[error("identity-based")]
    Identity,
    /// In the policy of the resource, or a role's trust policy.
    #[error("resource-based")]
    Resource,
}

impl Denial {
    /// The sentence AWS puts into its error's message.
    pub fn aws_message(&self) -> String {
        let Self {
            principal,
            action,
            resource,
            reason,
        } = self;
        // S3 quotes the resource, the other services do not.
        let quote = if action.starts_with("s3:") { "\"" } else { "" };
        let because = match reason {
            DenialReason::ExplicitDeny {
                source_kind: PolicySource::Identity,
                ..
            } => "with an explicit deny in an identity-based policy".to_owned(),
            DenialReason::ExplicitDeny {
                source_kind: PolicySource::Resource,
                ..
            } => "with an explicit deny in a resource-based policy".to_owned(),
            DenialReason::NoIdentityAllow | DenialReason::UnknownPrincipal => {
                format!("because no identity-based policy allows the {action} action")
            }
            DenialReason::NoResourceAllow => {
                format!("because no resource-based policy allows the {action} action")
            }
        };
        format!(
            "User: {principal} is not authorized to perform: {action} on resource: {quote}{resource}{quote} {because}"
        )
    }
}
