//! Why a policy document is refused.

use thiserror::Error;

/// A policy document that is malformed, or uses what this evaluator does not know. The author of the
/// document corrects it; nothing of it takes effect.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// Not JSON, or JSON of another shape: an unknown, repeated or missing element is named here.
    #[error("policy document is malformed")]
    Malformed(#[from] serde_json::Error),
    /// Only `2012-10-17` and `2008-10-17` exist.
    #[error("policy version {0:?} is unknown")]
    Version(String),
    /// An element is present that this kind of policy does not have, or is absent that it needs.
    #[error("statement {statement} {problem}")]
    Element {
        /// The statement's `Sid`, or its number from 1.
        statement: String,
        /// What is wrong with it.
        problem: ElementProblem,
    },
    /// A value inside a statement is not understood.
    #[error("statement {statement}: {problem}")]
    Value {
        /// The statement's `Sid`, or its number from 1.
        statement: String,
        /// What is wrong with the value.
        problem: ValueProblem,
    },
}

/// An element that must not, or must, be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ElementProblem {
    /// `Principal` and `NotPrincipal` belong to resource and trust policies.
    #[error("has a principal in an identity policy")]
    PrincipalInIdentityPolicy,
    /// Resource and trust policies say whom they mean.
    #[error("has neither Principal nor NotPrincipal, or both")]
    OnePrincipal,
    /// Allowing everybody but a few is never what is meant.
    #[error("allows with NotPrincipal")]
    AllowNotPrincipal,
    /// Every statement names actions.
    #[error("has neither Action nor NotAction, or both")]
    OneAction,
    /// Identity and resource policies name resources.
    #[error("has neither Resource nor NotResource, or both")]
    OneResource,
    /// A trust policy's resource is its role.
    #[error("has a resource in a trust policy")]
    ResourceInTrustPolicy,
    /// A list without members matches nothing, which its author cannot have meant.
    #[error("has an empty list")]
    EmptyList,
    /// `Sid`s are unique within a document.
    #[error("repeats the Sid of another")]
    RepeatedSid,
}

/// A value that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueProblem {
    /// Neither `*` nor `service:Name`.
    #[error("action {0:?} is not an action pattern")]
    Action(String),
    /// Neither `*` nor an ARN.
    #[error("resource {0:?} is not an ARN pattern")]
    Resource(String),
    /// Not a principal of a kind the stack knows.
    #[error("principal {0:?} is not known")]
    Principal(String),
    /// Not a condition operator the stack knows.
    #[error("condition operator {0:?} is not known")]
    Operator(String),
    /// Not a condition key the stack fills.
    #[error("condition key {0:?} is not known")]
    ConditionKey(String),
    /// The operator does not compare values of the key's type.
    #[error("condition operator {operator:?} cannot be used with key {key:?}")]
    OperatorForKey {
        /// The operator as written.
        operator: String,
        /// The key as written.
        key: String,
    },
    /// Keys with several values need `ForAllValues:` or `ForAnyValue:`.
    #[error("condition key {0:?} has several values and needs ForAllValues or ForAnyValue")]
    SetOperatorNeeded(String),
    /// The value is not of the operator's type.
    #[error("condition value {value:?} is not a value for {operator:?}")]
    ConditionValue {
        /// The operator as written.
        operator: String,
        /// The value as written.
        value: String,
    },
    /// `${...}` that names no single-valued key, is not closed, or stands where none is allowed.
    #[error("policy variable in {0:?} is not known")]
    Variable(String),
    /// Variables have a meaning only under version `2012-10-17`.
    #[error("policy variable in {0:?} needs version 2012-10-17")]
    VariableVersion(String),
}
