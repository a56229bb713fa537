//! The pool of Node.js workers: checks Node once, starts the workers, queues invocations.
//!
//! One invocation at a time per worker, as on Lambda. A worker's own life is in `worker`.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::credentials::EdgeCredentials;
use super::event::EdgeEvent;
use super::failure::EdgeFailure;
use super::node_jobs::{Job, Jobs, NodeConfig};
use super::worker::{Worker, WorkerProcess};
use crate::error::CdnError;
use crate::origin::OriginTable;

const QUEUE: usize = 1024;
const OLDEST_NODE: u32 = 20;

/// The running workers.
pub(crate) struct NodePool {
    jobs: mpsc::Sender<Job>,
    timeout: Duration,
    workers: TaskTracker,
    stop: CancellationToken,
}

impl NodePool {
    /// Checks Node and the bundle, and starts the workers. The first one must load the bundle.
    pub(crate) async fn start(
        config: NodeConfig,
        credentials: watch::Receiver<EdgeCredentials>,
        origins: &OriginTable,
    ) -> Result<Self, CdnError> {
        if !config.bundle.is_file() {
            return Err(CdnError::BundleMissing {
                path: config.bundle,
            });
        }
        check_version(&config).await?;
        let origins: Arc<str> = origins.as_json().into();
        let mut first = Some(WorkerProcess::start(&config, &origins, 0).await?);
        let (jobs, queue) = mpsc::channel(QUEUE);
        let queue: Jobs = Arc::new(Mutex::new(queue));
        let pool = Self {
            jobs,
            timeout: config.timeout,
            workers: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        for number in 0..config.workers.max(1) {
            let worker = Worker {
                number,
                config: config.clone(),
                origins: Arc::clone(&origins),
                jobs: Arc::clone(&queue),
                credentials: credentials.clone(),
                stop: pool.stop.clone(),
            };
            pool.workers.spawn(worker.run(first.take()));
        }
        pool.workers.close();
        Ok(pool)
    }

    /// Runs the handler on one event.
    pub(crate) async fn invoke(&self, event: &EdgeEvent<'_>) -> Result<Value, EdgeFailure> {
        let event = serde_json::to_string(event)
            .map_err(|cause| EdgeFailure::Invalid(cause.to_string()))?;
        let (reply, result) = oneshot::channel();
        self.jobs
            .try_send(Job { event, reply })
            .map_err(|_| EdgeFailure::Overloaded)?;
        match tokio::time::timeout(self.timeout, result).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_dropped)) => Err(EdgeFailure::Crashed),
            Err(_) => Err(EdgeFailure::TimedOut(self.timeout)),
        }
    }

    /// Ends every worker process and waits for it.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.workers.wait().await;
    }
}

impl Drop for NodePool {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn check_version(config: &NodeConfig) -> Result<(), CdnError> {
    let output = Command::new(&config.program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| CdnError::NodeMissing {
            program: config.program.clone(),
            source,
        })?;
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match major(&found) {
        Some(version) if version >= OLDEST_NODE => Ok(()),
        _ => Err(CdnError::NodeTooOld { found }),
    }
}

/// `v20.11.1` is 20.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}
