//! One permission of the template, and policies without it.

use keyfront_cloudformation::strings;
use serde_json::Value;

/// One action of one statement in the template: of a role, or of the policy of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The logical id, in the template, of the role or function whose policy grants it.
    pub holder: String,
    /// The statement's `Sid`.
    pub statement: String,
    /// The action.
    pub action: String,
}

/// Takes one action out of the statement that grants it.
pub(super) fn withhold(document: &mut Value, grant: &Grant) {
    let Some(statements) = document["Statement"].as_array_mut() else {
        return;
    };
    for statement in statements.iter_mut() {
        if statement["Sid"] == grant.statement.as_str() {
            let left: Vec<_> = strings(&statement["Action"])
                .into_iter()
                .filter(|action| *action != grant.action)
                .map(str::to_owned)
                .collect();
            statement["Action"] = left.into();
        }
    }
    statements.retain(|statement| {
        statement["Action"]
            .as_array()
            .is_none_or(|actions| !actions.is_empty())
    });
}
