//! Lambda@Edge: what runs the functions of a distribution, and what CloudFront lets them return.
//!
//! A table of contents. Nothing here sends requests to origins.

mod credentials;
pub(crate) mod event;
mod failure;
mod native;
mod node;
mod node_jobs;
mod runtime;
pub(crate) mod verdict;
mod worker;

pub use credentials::EdgeCredentials;
pub(crate) use failure::EdgeFailure;
pub use node_jobs::NodeConfig;
pub use runtime::EdgeKind;
pub(crate) use runtime::EdgeRuntime;
