//! Who may do what: IAM policy documents, parsed strictly and evaluated as AWS evaluates them.
//!
//! The evaluator is pure: a call, the caller's policies and the resource's policy go in, a verdict comes
//! out. It knows fewer elements than AWS and refuses the rest when a document is parsed, so that nothing
//! it does not understand can ever allow. There are no permission boundaries, service control policies,
//! session policies, tags or cross-account calls. Authentication is not its business.

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
mod facts;
mod identity;
mod network;
mod policy_kind;
mod principal_element;
mod resource;
mod statement;
mod template;
mod wire;

pub use denial::{Denial, DenialReason, PolicySource};
pub use directory::{Iam, IamError, Role, User};
pub use document::Policy;
pub use error::PolicyError;
pub use evaluation::{Call, ResourcePolicy};
pub use facts::Context;
pub use identity::{
    Account, AccountError, Credentials, Principal, Requester, SecretAccessKey, SessionToken,
};
pub use policy_kind::PolicyKind;

#[cfg(test)]
mod tests;
