//! The instances of a built function: each serves one invocation at a time, and gets a new process when the old one
//! ended, ran into the time limit, or has credentials that were replaced.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use keyfront_iam::Credentials;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::config::InstancesConfig;
use super::outcome::{InvokeError, Returned};
use super::process::{Deadline, FunctionProcess, StartError};
use super::runtime_api::{Answered, Invocation};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Invocations that wait for an instance; whoever comes later waits to be let in.
const QUEUE: usize = 64;

/// Running instances. They end with this value, whatever they are doing.
#[derive(Debug)]
pub struct Instances {
    jobs: mpsc::Sender<Job>,
    timeout: Duration,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Job {
    invocation: Invocation,
    reply: oneshot::Sender<Result<Returned, InvokeError>>,
}

type Jobs = Arc<Mutex<mpsc::Receiver<Job>>>;

impl Instances {
    /// Starts all instances. The function's credentials are the current ones of `credentials`, always.
    ///
    /// # Errors
    /// [`StartError`] if one does not come to its first invocation; none is then left running.
    pub async fn start(
        config: InstancesConfig,
        credentials: watch::Receiver<Credentials>,
    ) -> Result<Self, StartError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let queue: Jobs = Arc::new(Mutex::new(queue));
        let (timeout, config) = (config.timeout, Arc::new(config));
        let mut instances = Vec::new();
        for number in 0..config.count {
            let mut instance = Instance {
                number,
                config: Arc::clone(&config),
                jobs: Arc::clone(&queue),
                credentials: credentials.clone(),
            };
            let first = instance.process().await?;
            instances.push((instance, first));
        }
        let mut tasks = JoinSet::new();
        for (instance, first) in instances {
            tasks.spawn(instance.run(first));
        }
        Ok(Self {
            jobs,
            timeout,
            _tasks: tasks,
        })
    }

    /// Invokes an instance that is free, or the next one to be.
    pub(super) async fn invoke(
        &self,
        event: Bytes,
        request_id: &str,
    ) -> Result<Returned, InvokeError> {
        let (reply, outcome) = oneshot::channel();
        let invocation = Invocation {
            request_id: request_id.to_owned(),
            event,
            timeout: self.timeout,
        };
        let job = Job { invocation, reply };
        // Both fail only when the instances have ended.
        self.jobs
            .send(job)
            .await
            .map_err(|_| InvokeError::Crashed)?;
        outcome.await.unwrap_or(Err(InvokeError::Crashed))
    }
}

struct Instance {
    number: usize,
    config: Arc<InstancesConfig>,
    jobs: Jobs,
    credentials: watch::Receiver<Credentials>,
}

/// Why a process is no longer used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It ended, or was ended, for a fault of its own.
    Fault,
    /// Its credentials were replaced.
    Replaced,
    /// Nobody can invoke any more.
    Unused,
}

impl Instance {
    async fn process(&mut self) -> Result<FunctionProcess, StartError> {
        let credentials = self.credentials.borrow_and_update().clone();
        FunctionProcess::start(&self.config, &credentials, self.number).await
    }

    async fn run(mut self, first: FunctionProcess) {
        let mut pause = FIRST_PAUSE;
        let mut process = Some(first);
        loop {
            if let Some(running) = process.take() {
                match self.serve(running).await {
                    End::Unused => return,
                    End::Replaced => {}
                    End::Fault => {
                        tracing::warn!(instance = self.number, "the function ended; restarting it");
                    }
                }
            }
            match self.process().await {
                Ok(running) => {
                    pause = FIRST_PAUSE;
                    process = Some(running);
                }
                Err(cause) => {
                    tracing::warn!(instance = self.number, %cause, "the function does not start");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Serves with one process, as long as it can be used.
    async fn serve(&mut self, mut process: FunctionProcess) -> End {
        loop {
            let job = tokio::select! {
                biased;
                Ok(()) = self.credentials.changed() => {
                    process.end().await;
                    return End::Replaced;
                }
                () = process.ended() => return End::Fault,
                job = async { self.jobs.lock().await.recv().await } => job,
            };
            let Some(Job { invocation, reply }) = job else {
                process.end().await;
                return End::Unused;
            };
            if reply.is_closed() {
                continue;
            }
            let outcome = answer(&mut process, invocation, reply).await;
            if let Err(InvokeError::Crashed | InvokeError::TimedOut(_)) = outcome {
                process.end().await;
                return End::Fault;
            }
        }
    }
}

/// Answers one invocation; the process is free again once all of the answer is sent.
async fn answer(
    process: &mut FunctionProcess,
    invocation: Invocation,
    reply: oneshot::Sender<Result<Returned, InvokeError>>,
) -> Result<(), InvokeError> {
    let deadline = Deadline::after(invocation.timeout);
    // In every case nobody may be waiting for the reply any more.
    match process.invoke(invocation, deadline).await {
        Ok(Answered { returned, sent }) => {
            let _ = reply.send(Ok(returned));
            process.finish(sent, deadline).await
        }
        Err(error) => {
            let _ = reply.send(Err(error.clone()));
            Err(error)
        }
    }
}
