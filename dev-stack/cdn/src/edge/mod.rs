//! Lambda@Edge: what runs the functions of a distribution, and what CloudFront lets them return.
//!
//! A table of contents. Nothing here sends requests to origins.

mod credentials;
pub(crate) mod event;
mod native;
mod node;
mod runtime;
pub(crate) mod verdict;
mod worker;

pub use credentials::EdgeCredentials;
pub use node::NodeConfig;
pub use runtime::EdgeKind;
pub(crate) use runtime::{EdgeFailure, EdgeRuntime};
