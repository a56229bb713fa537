//! `Resource` and `NotResource`.

use super::error::ValueProblem;
use super::facts::Facts;
use super::template::{Case, Template, Variables, Wildcards};

/// The resources a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resources {
    /// The one resource a trust policy hangs on.
    Own,
    Listed(Vec<ResourcePattern>),
    NotListed(Vec<ResourcePattern>),
}

/// `*` or an ARN with wildcards and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResourcePattern {
    template: Template,
    source: String,
}

impl Resources {
    /// As in AWS, a pattern whose variable has no value names no resource.
    pub(super) fn include(&self, resource: &str, facts: &Facts) -> bool {
        let among = |patterns: &[ResourcePattern]| {
            patterns
                .iter()
                .filter_map(|pattern| pattern.template.resolve(facts))
                .any(|pattern| pattern.matches(resource, Case::Matters))
        };
        match self {
            Self::Own => true,
            Self::Listed(patterns) => among(patterns),
            Self::NotListed(patterns) => !among(patterns),
        }
    }

    /// The patterns as written.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        let patterns = match self {
            Self::Own => [].as_slice(),
            Self::Listed(patterns) | Self::NotListed(patterns) => patterns,
        };
        patterns.iter().map(|pattern| pattern.source.as_str())
    }
}

impl ResourcePattern {
    pub(super) fn parse(text: &str, variables: Variables) -> Result<Self, ValueProblem> {
        let parts = text.splitn(6, ':').count();
        if text != "*" && (!text.starts_with("arn:") || parts < 6) {
            return Err(ValueProblem::Resource(text.to_owned()));
        }
        let template = Template::parse(text, Wildcards::Honoured, variables)?;
        Ok(Self {
            template,
            source: text.to_owned(),
        })
    }
}
