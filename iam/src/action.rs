//! `Action` and `NotAction`.

use super::error::ValueProblem;
use super::facts::Facts;
use super::template::{Case, Pattern, Template, Variables, Wildcards};

/// The actions a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Actions {
    Listed(Vec<ActionPattern>),
    NotListed(Vec<ActionPattern>),
}

/// `*`, or a service and its actions, such as `s3:Get*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActionPattern(Pattern);

impl Actions {
    pub(super) fn include(&self, action: &str) -> bool {
        let among = |patterns: &[ActionPattern]| patterns.iter().any(|p| p.matches(action));
        match self {
            Self::Listed(patterns) => among(patterns),
            Self::NotListed(patterns) => !among(patterns),
        }
    }
}

impl ActionPattern {
    pub(super) fn parse(text: &str) -> Result<Self, ValueProblem> {
        let refused = || ValueProblem::Action(text.to_owned());
        let well_formed = text == "*"
            || text.split_once(':').is_some_and(|(service, name)| {
                let service_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
                let name_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'*' || b == b'?';
                !service.is_empty()
                    && !name.is_empty()
                    && service.bytes().all(service_byte)
                    && name.bytes().all(name_byte)
            });
        if !well_formed {
            return Err(refused());
        }
        let template = Template::parse(text, Wildcards::Honoured, Variables::Refused)?;
        let pattern = template.resolve(&Facts::none()).ok_or_else(refused)?;
        Ok(Self(pattern))
    }

    /// Names of services and actions know no case.
    fn matches(&self, action: &str) -> bool {
        self.0.matches(action, Case::Ignored)
    }
}
