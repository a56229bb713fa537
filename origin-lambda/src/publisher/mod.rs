//! Publishers: who they are (tokens) and what they may do (rules), as `.keyfront/publishers.json`
//! in the bucket says.
//!
//! It does not read HTTP headers and does not talk to S3, except that [`PolicySource`] asks the
//! store for the document.

mod document;
mod policy_source;
mod rule;
mod token;

#[cfg(test)]
mod tests;

pub(crate) use self::document::MAX_DOCUMENT;
pub use self::{
    document::{PolicyError, Publisher, Publishers, Session},
    policy_source::{POLICY_KEY, PolicySource},
    rule::{Denial, HeaderText, Method, Overwrite, Prefix, Rule},
    token::{PublisherToken, StoredToken, TokenHash},
};
