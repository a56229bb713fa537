//! Who may do what: IAM policy documents, parsed strictly and evaluated as AWS evaluates them.
//!
//! The evaluator is pure: a call, the caller's policies and the resource's policy go in, a decision comes out. It knows
//! fewer elements than AWS and refuses the rest when a document is parsed, so that nothing it does not understand can
//! ever allow.
//!
//! # The language
//!
//! | Element | Known |
//! |---|---|
//! | `Version` | `2012-10-17`; `2008-10-17` or none, without policy variables |
//! | `Statement` | one or a list, each with an optional `Sid` that is not repeated |
//! | `Effect` | `Allow`, `Deny` |
//! | `Principal`, `NotPrincipal` | `*`, `AWS` (account, user, role, session), `Service`; not in identity policies, and `NotPrincipal` only with `Deny` |
//! | `Action`, `NotAction` | with `*` and `?` |
//! | `Resource`, `NotResource` | with `*`, `?` and variables; not in trust policies |
//! | `Condition` | `String…`, `Arn…`, `Numeric…`, `Date…`, `Bool`, `IpAddress`, `NotIpAddress`, `Null`; `…IfExists`, `ForAllValues:`, `ForAnyValue:` |
//! | condition keys, variables | the `aws:`, `s3:`, `kms:`, `sts:` and `lambda:` keys that `condition_key` lists |
//!
//! There is no `Federated` or `CanonicalUser`, no `BinaryEquals`, and there are no permission boundaries,
//! service control policies, session policies, tags or cross-account calls. Authentication is not decided here.

mod action;
mod condition;
mod condition_key;
mod condition_test;
mod condition_value;
mod denial;
mod directory;
mod document;
mod error;
mod evaluation;
mod external_policy;
mod facts;
mod identity;
mod network;
mod policy_kind;
mod principal_element;
mod resource;
mod statement;
mod template;
mod wire;

pub use self::denial::{Denial, DenialReason, PolicySource};
pub use self::directory::{Iam, IamError, Role, User};
pub use self::document::Policy;
pub use self::error::PolicyError;
pub use self::evaluation::{Call, ResourcePolicy};
pub use self::external_policy::{ExternalPolicyError, ExternalStatement, read_external};
pub use self::facts::Context;
pub use self::identity::{
    Account, AccountError, Credentials, Principal, Requester, SecretAccessKey, SessionToken,
};
pub use self::policy_kind::PolicyKind;
pub use self::statement::Effect;

#[cfg(test)]
mod tests;
