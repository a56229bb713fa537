//! The verdict on one call: explicit deny first, then who has to allow.
//!
//! Caller and resource always belong to the one account of the stack, so AWS's same-account rules apply.

use super::denial::{Denial, DenialReason, PolicySource};
use super::document::Policy;
use super::facts::{Context, Facts};
use super::principal_element::Meant;
use super::statement::{Effect, Statement};
use crate::identity::Requester;

/// One action on one resource by one requester.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who asks.
    pub requester: &'a Requester,
    /// `service:Action`, such as `s3:GetObject`.
    pub action: &'a str,
    /// The resource's ARN.
    pub resource: &'a str,
    /// The service's own condition keys.
    pub context: &'a Context,
}

/// The policy that hangs on the resource, and with it the rule of who has to allow.
#[derive(Debug, Clone, Copy)]
pub enum ResourcePolicy<'a> {
    /// None: the caller's own policies must allow.
    None,
    /// A bucket's: it or the caller's own policies must allow.
    Bucket(&'a Policy),
    /// A function's: it or the caller's own policies must allow.
    Function(&'a Policy),
    /// A key's: it must allow the caller, or name the account and so let the caller's own policies decide.
    Key(&'a Policy),
    /// A role's trust policy: the same rule as a key's.
    Trust(&'a Policy),
}

/// Evaluates a call by the caller's own policies and the resource's.
pub(super) fn evaluate(
    call: &Call<'_>,
    facts: &Facts,
    own: &[Policy],
    resource_policy: ResourcePolicy<'_>,
) -> Result<(), Denial> {
    let identity = own.iter().flat_map(Policy::statements);
    let identity: Vec<&Statement> = covering(identity, call, facts).collect();
    let on_resource = resource_policy.statements().iter();
    let on_resource: Vec<(&Statement, Meant)> = covering(on_resource, call, facts)
        .filter_map(|s| Some((s, s.means(&call.requester.principal)?)))
        .collect();

    let refuse = |reason| Err(call.denied(reason));
    if let Some(statement) = identity.iter().find(|s| s.effect == Effect::Deny) {
        return refuse(explicit(PolicySource::Identity, statement));
    }
    if let Some((statement, _)) = on_resource.iter().find(|(s, _)| s.effect == Effect::Deny) {
        return refuse(explicit(PolicySource::Resource, statement));
    }

    let identity_allows = identity.iter().any(|s| s.effect == Effect::Allow);
    let resource_allows = on_resource
        .iter()
        .filter(|(s, _)| s.effect == Effect::Allow)
        .map(|(_, meant)| *meant)
        .max();
    match (resource_policy, resource_allows) {
        (_, Some(Meant::Directly)) => Ok(()),
        (ResourcePolicy::Key(_) | ResourcePolicy::Trust(_), None) => {
            refuse(DenialReason::NoResourceAllow)
        }
        _ if identity_allows => Ok(()),
        _ => refuse(DenialReason::NoIdentityAllow),
    }
}

fn covering<'a>(
    statements: impl Iterator<Item = &'a Statement>,
    call: &Call<'_>,
    facts: &Facts,
) -> impl Iterator<Item = &'a Statement> {
    statements.filter(|s| s.covers(call.action, call.resource, facts))
}

fn explicit(source_kind: PolicySource, statement: &Statement) -> DenialReason {
    DenialReason::ExplicitDeny {
        source_kind,
        sid: statement.sid.clone(),
    }
}

impl Call<'_> {
    pub(super) fn denied(&self, reason: DenialReason) -> Denial {
        Denial {
            principal: self.requester.principal.arn(),
            action: self.action.to_owned(),
            resource: self.resource.to_owned(),
            reason,
        }
    }
}

impl ResourcePolicy<'_> {
    fn statements(&self) -> &[Statement] {
        match self {
            Self::None => &[],
            Self::Bucket(policy)
            | Self::Function(policy)
            | Self::Key(policy)
            | Self::Trust(policy) => policy.statements(),
        }
    }
}
