//! Which documents are policies.

mod conditions;
mod principals;
mod statements;

use super::{
    error::{ElementProblem, ValueProblem},
    *,
};

fn refused(kind: PolicyKind, json: &str) -> PolicyError {
    match Policy::parse(json, kind) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {json}"),
    }
}

fn value(statement: &str) -> ValueProblem {
    match refused(PolicyKind::Identity, &document(statement)) {
        PolicyError::Value { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}
