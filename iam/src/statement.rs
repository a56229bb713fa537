//! One statement: for whom, what, on what, and under which conditions.

use super::action::{ActionPattern, Actions};
use super::condition::Condition;
use super::error::{ElementProblem, PolicyError, ValueProblem};
use super::facts::Facts;
use super::policy_kind::PolicyKind;
use super::principal_element::{Meant, PrincipalName, Principals};
use super::resource::{ResourcePattern, Resources};
use super::template::Variables;
use super::wire::{Strings, WireEffect, WireStatement};
use crate::identity::Principal;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    /// Absent in identity policies, whose statements are about their holder.
    principals: Option<Principals>,
    actions: Actions,
    resources: Resources,
    conditions: Vec<Condition>,
}

/// What a statement does to the calls it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows them, unless another one denies.
    Allow,
    /// It denies them, whatever else allows.
    Deny,
}

impl Statement {
    /// Whether the statement is about this action, resource and situation; for whom is another question.
    pub(super) fn covers(&self, action: &str, resource: &str, facts: &Facts) -> bool {
        self.actions.include(action)
            && self.resources.include(resource, facts)
            && self.conditions.iter().all(|c| c.holds(facts))
    }

    /// Whether and how the statement means `principal`; never, in an identity policy.
    pub(super) fn means(&self, principal: &Principal) -> Option<Meant> {
        self.principals.as_ref()?.means(principal)
    }

    /// Whether it allows, for everyone, under no condition.
    pub(super) fn is_open_to_anyone(&self) -> bool {
        self.effect == Effect::Allow
            && self.conditions.is_empty()
            && self
                .principals
                .as_ref()
                .is_some_and(Principals::include_everyone)
    }

    pub(super) fn resource_sources(&self) -> impl Iterator<Item = &str> {
        self.resources.sources()
    }

    /// `number` counts from 1 and names statements without a `Sid`.
    pub(super) fn parse(
        wire: &WireStatement,
        number: usize,
        kind: PolicyKind,
        variables: Variables,
    ) -> Result<Self, PolicyError> {
        let parser = StatementParser {
            name: wire.sid.clone().unwrap_or_else(|| number.to_string()),
            kind,
            variables,
        };
        parser.parse(wire)
    }
}

struct StatementParser {
    name: String,
    kind: PolicyKind,
    variables: Variables,
}

impl StatementParser {
    fn parse(&self, wire: &WireStatement) -> Result<Statement, PolicyError> {
        let effect = match wire.effect {
            WireEffect::Allow => Effect::Allow,
            WireEffect::Deny => Effect::Deny,
        };
        Ok(Statement {
            sid: wire.sid.clone(),
            effect,
            principals: self.principals(wire, effect)?,
            actions: self.actions(wire)?,
            resources: self.resources(wire)?,
            conditions: self.conditions(wire)?,
        })
    }

    fn principals(
        &self,
        wire: &WireStatement,
        effect: Effect,
    ) -> Result<Option<Principals>, PolicyError> {
        let (written, excluded) = match (self.kind, &wire.principal, &wire.not_principal) {
            (PolicyKind::Identity, None, None) => return Ok(None),
            (PolicyKind::Identity, _, _) => {
                return Err(self.element(ElementProblem::PrincipalInIdentityPolicy));
            }
            (_, Some(listed), None) => (listed, false),
            (_, None, Some(_)) if effect == Effect::Allow => {
                return Err(self.element(ElementProblem::AllowNotPrincipal));
            }
            (_, None, Some(listed)) => (listed, true),
            (_, None, None) | (_, Some(_), Some(_)) => {
                return Err(self.element(ElementProblem::OnePrincipal));
            }
        };
        let names = PrincipalName::parse_all(written).map_err(|p| self.value(p))?;
        if names.is_empty() {
            return Err(self.element(ElementProblem::EmptyList));
        }
        Ok(Some(if excluded {
            Principals::NotListed(names)
        } else {
            Principals::Listed(names)
        }))
    }

    fn actions(&self, wire: &WireStatement) -> Result<Actions, PolicyError> {
        let parse = |list: &Strings| self.parse_list(list, ActionPattern::parse);
        match (&wire.action, &wire.not_action) {
            (Some(list), None) => Ok(Actions::Listed(parse(list)?)),
            (None, Some(list)) => Ok(Actions::NotListed(parse(list)?)),
            (None, None) | (Some(_), Some(_)) => Err(self.element(ElementProblem::OneAction)),
        }
    }

    fn resources(&self, wire: &WireStatement) -> Result<Resources, PolicyError> {
        let parse = |list: &Strings| {
            self.parse_list(list, |text| ResourcePattern::parse(text, self.variables))
        };
        match (self.kind, &wire.resource, &wire.not_resource) {
            (PolicyKind::Trust, None, None) => Ok(Resources::Own),
            (PolicyKind::Trust, _, _) => Err(self.element(ElementProblem::ResourceInTrustPolicy)),
            (_, Some(list), None) => Ok(Resources::Listed(parse(list)?)),
            (_, None, Some(list)) => Ok(Resources::NotListed(parse(list)?)),
            (_, None, None) | (_, Some(_), Some(_)) => {
                Err(self.element(ElementProblem::OneResource))
            }
        }
    }

    fn conditions(&self, wire: &WireStatement) -> Result<Vec<Condition>, PolicyError> {
        let mut conditions = Vec::new();
        let operators = wire.condition.iter().flat_map(|block| &block.0);
        for (operator, keys) in operators {
            for (key, values) in &keys.0 {
                if values.0.is_empty() {
                    return Err(self.element(ElementProblem::EmptyList));
                }
                let condition = Condition::parse(operator, key, &values.0, self.variables);
                conditions.push(condition.map_err(|p| self.value(p))?);
            }
        }
        Ok(conditions)
    }

    fn parse_list<T>(
        &self,
        list: &Strings,
        parse: impl Fn(&str) -> Result<T, ValueProblem>,
    ) -> Result<Vec<T>, PolicyError> {
        if list.0.is_empty() {
            return Err(self.element(ElementProblem::EmptyList));
        }
        let parse_one = |text: &String| parse(text).map_err(|p| self.value(p));
        list.0.iter().map(parse_one).collect()
    }

    fn element(&self, problem: ElementProblem) -> PolicyError {
        PolicyError::Element {
            statement: self.name.clone(),
            problem,
        }
    }

    fn value(&self, problem: ValueProblem) -> PolicyError {
        PolicyError::Value {
            statement: self.name.clone(),
            problem,
        }
    }
}
