//! Lambda@Edge: what runs the functions of a distribution, and what CloudFront lets them return.
//!
//! A table of contents. Nothing here sends requests to origins.

mod credentials;
pub(crate) mod event;
mod failure;
mod native;
mod node;
mod node_jobs;
mod pointer;
mod runtime;
pub(crate) mod verdict;
mod worker;

pub use self::credentials::EdgeCredentials;
pub(crate) use self::failure::EdgeFailure;
pub use self::node_jobs::NodeConfig;
pub use self::runtime::EdgeKind;
pub(crate) use self::runtime::EdgeRuntime;
