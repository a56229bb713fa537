//! How the Node.js workers run the bundle, and the queue of invocations they share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::failure::EdgeFailure;

/// How to run the bundle.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// The Node.js program, usually `node`.
    pub program: PathBuf,
    /// The module that exports `handler`.
    pub bundle: PathBuf,
    /// How many worker processes, each running one invocation at a time.
    pub workers: usize,
    /// How long one invocation may take, waiting included; Lambda@Edge allows 30 s.
    pub timeout: Duration,
}

impl NodeConfig {
    /// Two workers of the `node` on the path, with Lambda@Edge's time limit.
    pub fn new(bundle: impl Into<PathBuf>) -> Self {
        Self {
            program: "node".into(),
            bundle: bundle.into(),
            workers: 2,
            timeout: Duration::from_secs(30),
        }
    }
}

/// An invocation that waits for a worker.
pub(super) struct Job {
    /// The event, as JSON text.
    pub(super) event: String,
    /// Where the result goes; closed when nobody waits for it any more.
    pub(super) reply: oneshot::Sender<Result<Value, EdgeFailure>>,
}

/// The queue the workers share.
pub(super) type Jobs = Arc<Mutex<mpsc::Receiver<Job>>>;
