//! One Node.js worker: a child process that runs the bundle, restarted when it ends.
//!
//! The process reads invocations on standard input and exits when that closes, so none outlives the stack, however
//! the stack ended. What the bundle logs is passed on to `tracing`.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::credentials::EdgeCredentials;
use super::failure::EdgeFailure;
use super::node_jobs::{Jobs, NodeConfig};
use crate::error::CdnError;

const RUNNER: &str = include_str!("runner.mjs");
/// A result is at most 1 MB of body, base64, as JSON; far more is a runaway function.
const LONGEST_RESULT: usize = 8 * 1024 * 1024;
const LONGEST_LOG_LINE: usize = 64 * 1024;
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Version managers' `node` is a script that needs these. Nothing else of this program's reaches a function.
const KEPT_VARIABLES: [&str; 2] = ["PATH", "HOME"];
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const FAREWELL: Duration = Duration::from_secs(2);

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Greeting {
    Ready(String),
    Broken(String),
}

#[derive(Deserialize)]
struct Outcome {
    id: u64,
    threw: Option<String>,
    #[serde(default)]
    returned: Value,
}

/// A running child process that has loaded the bundle.
pub(super) struct WorkerProcess {
    child: Child,
    input: ChildStdin,
    output: FramedRead<ChildStdout, LinesCodec>,
    next_id: u64,
}

impl WorkerProcess {
    /// Starts the process and waits until the bundle is loaded.
    pub(super) async fn start(
        config: &NodeConfig,
        origins: &str,
        number: usize,
    ) -> Result<Self, CdnError> {
        let missing = |source| CdnError::NodeMissing {
            program: config.program.clone(),
            source,
        };
        let broken = |reason: &str| CdnError::BundleBroken {
            reason: reason.into(),
        };
        let bundle = std::path::absolute(&config.bundle).map_err(missing)?;
        let mut child = Command::new(&config.program)
            .args(["--input-type=module", "-e", RUNNER, "--"])
            .arg(bundle)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| KEPT_VARIABLES.iter().any(|k| name == k)))
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EXECUTION_ENV", "keyfront-dev-stack")
            .env("KEYFRONT_ORIGINS", origins)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for the stack, which lets requests finish before it closes the workers' input.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(missing)?;
        let (Some(input), Some(output), Some(log)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(broken("the worker has no standard streams"));
        };
        tokio::spawn(pass_on_log(log, number));
        let codec = LinesCodec::new_with_max_length(LONGEST_RESULT);
        let mut process = Self {
            child,
            input,
            output: FramedRead::new(output, codec),
            next_id: 0,
        };
        let line = tokio::time::timeout(LOAD_TIMEOUT, process.output.next())
            .await
            .map_err(|_| broken("it did not load within 30 s"))?;
        match line {
            Some(Ok(line)) => match serde_json::from_str(&line) {
                Ok(Greeting::Ready(version)) => {
                    tracing::debug!(worker = number, version, "edge worker ready");
                    Ok(process)
                }
                Ok(Greeting::Broken(reason)) => Err(broken(&reason)),
                Err(_) => Err(broken("the worker does not speak the runner's protocol")),
            },
            _ => Err(broken("the worker ended while loading it")),
        }
    }

    async fn invoke(
        &mut self,
        event: &str,
        credentials: &watch::Receiver<EdgeCredentials>,
    ) -> Result<Value, EdgeFailure> {
        self.next_id += 1;
        let id = self.next_id;
        let line = invocation_line(id, event, &credentials.borrow())?;
        let sent = async {
            self.input.write_all(line.as_bytes()).await?;
            self.input.flush().await
        };
        sent.await.map_err(|_| EdgeFailure::Crashed)?;
        let Some(Ok(line)) = self.output.next().await else {
            return Err(EdgeFailure::Crashed);
        };
        match serde_json::from_str::<Outcome>(&line) {
            Ok(outcome) if outcome.id == id => match outcome.threw {
                Some(reason) => Err(EdgeFailure::Threw(reason)),
                None => Ok(outcome.returned),
            },
            _ => Err(EdgeFailure::Crashed),
        }
    }

    /// Closes the input, which ends the process; kills it if it lingers. Either way it is waited for.
    async fn end(mut self) {
        drop(self.input);
        if tokio::time::timeout(FAREWELL, self.child.wait())
            .await
            .is_err()
        {
            kill(&mut self.child).await;
        }
    }

    /// Ends a process that does not do what it should.
    async fn kill(mut self) {
        kill(&mut self.child).await;
    }
}

async fn kill(child: &mut Child) {
    if let Err(cause) = child.kill().await {
        tracing::warn!(%cause, "an edge worker could not be ended");
    }
}

/// `[id, credentials, event]` as a line. It holds the secrets, so it does not stay in memory.
fn invocation_line(
    id: u64,
    event: &str,
    credentials: &EdgeCredentials,
) -> Result<Zeroizing<String>, EdgeFailure> {
    // Whole seconds, as Lambda's variables have.
    let expiration = credentials
        .expires_at
        .and_then(|moment| OffsetDateTime::from(moment).format(&Rfc3339).ok());
    let values = [
        Some(credentials.access_key_id.as_str()),
        Some(credentials.secret_access_key.as_str()),
        credentials.session_token.as_deref(),
        expiration.as_deref(),
    ];
    let values = serde_json::to_string(&values)
        .map(Zeroizing::new)
        .map_err(|cause| EdgeFailure::Invalid(cause.to_string()))?;
    let mut line = Zeroizing::new(String::with_capacity(values.len() + event.len() + 32));
    line.push_str(&format!("[{id},"));
    line.push_str(&values);
    line.push(',');
    line.push_str(event);
    line.push(']');
    line.push('\n');
    Ok(line)
}

async fn pass_on_log(log: ChildStderr, worker: usize) {
    let codec = LinesCodec::new_with_max_length(LONGEST_LOG_LINE);
    let mut lines = FramedRead::new(log, codec);
    // A line that is too long is an error of the codec, after which it goes on with the next one.
    loop {
        match lines.next().await {
            None => return,
            Some(Ok(line)) => tracing::info!(target: "keyfront::edge", worker, "{line}"),
            Some(Err(cause)) => tracing::warn!(target: "keyfront::edge", worker, %cause),
        }
    }
}

/// The life of one worker: take an invocation, run it, restart the process if it ended.
pub(super) struct Worker {
    pub(super) number: usize,
    pub(super) config: NodeConfig,
    /// Where the functions' own calls go.
    pub(super) origins: Arc<str>,
    pub(super) jobs: Jobs,
    pub(super) credentials: watch::Receiver<EdgeCredentials>,
    pub(super) stop: CancellationToken,
}

impl Worker {
    pub(super) async fn run(self, first: Option<WorkerProcess>) {
        let mut process = first;
        let mut pause = FIRST_PAUSE;
        loop {
            let running = match process.take() {
                Some(running) => Ok(running),
                None => tokio::select! {
                    started = WorkerProcess::start(&self.config, &self.origins, self.number) => started,
                    () = self.stop.cancelled() => return,
                },
            };
            match running {
                Ok(running) => {
                    let Some(invocations) = self.serve(running).await else {
                        return;
                    };
                    if invocations > 0 {
                        pause = FIRST_PAUSE;
                    }
                    tracing::warn!(worker = self.number, "an edge worker ended; restarting it");
                }
                Err(cause) => {
                    tracing::warn!(worker = self.number, %cause, "an edge worker does not start");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stop.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Serves until the process ends (the number of finished invocations) or the stack stops (`None`).
    async fn serve(&self, mut process: WorkerProcess) -> Option<u64> {
        let mut finished = 0;
        loop {
            let job = tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    process.end().await;
                    return None;
                }
                _ = process.child.wait() => return Some(finished),
                job = async { self.jobs.lock().await.recv().await } => job,
            };
            let Some(job) = job else {
                process.end().await;
                return None;
            };
            if job.reply.is_closed() {
                continue;
            }
            // Whoever waits gives up at the time limit; a function that is still running then is ended, as on Lambda.
            let outcome = tokio::select! {
                outcome = process.invoke(&job.event, &self.credentials) => outcome,
                () = tokio::time::sleep(self.config.timeout) => Err(EdgeFailure::TimedOut(self.config.timeout)),
                () = self.stop.cancelled() => Err(EdgeFailure::Crashed),
            };
            let ended = matches!(
                outcome,
                Err(EdgeFailure::Crashed | EdgeFailure::TimedOut(_))
            );
            // Nobody may be waiting any more.
            let _ = job.reply.send(outcome);
            if ended {
                process.kill().await;
                return (!self.stop.is_cancelled()).then_some(finished);
            }
            finished += 1;
        }
    }
}
