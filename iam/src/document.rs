//! A policy document: its version, its statements, and the kind of policy it is.

use super::error::{ElementProblem, PolicyError};
use super::policy_kind::PolicyKind;
use super::statement::Statement;
use super::template::Variables;
use super::wire::WirePolicy;

/// A policy that was understood completely.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    source: String,
    kind: PolicyKind,
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads a JSON policy document.
    ///
    /// # Errors
    /// [`PolicyError`] for anything malformed, and for every element, operator, condition key, variable or
    /// kind of principal that is not known here.
    pub fn parse(json: &str, kind: PolicyKind) -> Result<Self, PolicyError> {
        let wire: WirePolicy = serde_json::from_str(json)?;
        let variables = match wire.version.as_deref() {
            Some("2012-10-17") => Variables::Honoured,
            Some("2008-10-17") | None => Variables::Refused,
            Some(other) => return Err(PolicyError::Version(other.to_owned())),
        };
        let mut statements: Vec<Statement> = Vec::with_capacity(wire.statement.0.len());
        for (index, written) in wire.statement.0.iter().enumerate() {
            let statement = Statement::parse(written, index + 1, kind, variables)?;
            if let Some(sid) = &statement.sid {
                let repeated = statements.iter().any(|s| s.sid.as_ref() == Some(sid));
                if repeated {
                    return Err(PolicyError::Element {
                        statement: sid.clone(),
                        problem: ElementProblem::RepeatedSid,
                    });
                }
            }
            statements.push(statement);
        }
        Ok(Self {
            source: json.to_owned(),
            kind,
            statements,
        })
    }

    /// The document as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the policy hangs on.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// Whether every resource named is `arn` itself or something under `arn/`, as a bucket's policy must
    /// be. `*` is not.
    pub fn resources_within(&self, arn: &str) -> bool {
        let within = |source: &str| match source.strip_prefix(arn) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        };
        self.statements
            .iter()
            .flat_map(Statement::resource_sources)
            .all(within)
    }

    /// Whether some statement lets everyone in without any condition, which makes a bucket public.
    pub fn allows_anyone_unconditionally(&self) -> bool {
        self.statements.iter().any(Statement::is_open_to_anyone)
    }

    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}
