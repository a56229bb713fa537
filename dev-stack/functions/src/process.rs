//! One process of a built function: started as Lambda starts it, and never outliving its stack.

use std::process::Stdio;
use std::time::Duration;

use futures::StreamExt as _;
use keyfront_iam::Credentials;
use keyfront_names::Arn;
use thiserror::Error;
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::codec::{FramedRead, LinesCodec};

use super::config::InstancesConfig;
use super::outcome::InvokeError;
use super::runtime_api::{Invocation, Outcome, RuntimeApi};

/// Lambda's limit for the time before the first invocation is requested.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_LOG_LINE: usize = 64 * 1024;
/// How the origin's log marks what someone has to look at.
const ERROR_MARK: &str = "\"level\":\"ERROR\"";

/// A process that does not come to its first invocation.
#[derive(Debug, Error)]
pub enum StartError {
    /// The executable cannot be run on this machine.
    #[error("the function's process cannot be started")]
    Spawn(#[source] std::io::Error),
    /// It ended, or said that it cannot start. Its log says more.
    #[error("the function does not start: {0}")]
    Init(String),
    /// It said nothing for ten seconds.
    #[error("the function did not start within {INIT_TIMEOUT:?}")]
    InitTimeout,
}

/// When an invocation has taken too long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    /// From now on.
    pub(super) fn after(timeout: Duration) -> Self {
        Self {
            at: Instant::now() + timeout,
            timeout,
        }
    }
}

/// A process that has requested an invocation.
#[derive(Debug)]
pub(super) struct FunctionProcess {
    child: Child,
    api: RuntimeApi,
}

impl FunctionProcess {
    /// Starts a process with `credentials`, which are its own for as long as it lives.
    pub(super) async fn start(
        config: &InstancesConfig,
        credentials: &Credentials,
        number: usize,
    ) -> Result<Self, StartError> {
        let (api, initialised) = RuntimeApi::open(config.function_arn.clone())
            .await
            .map_err(StartError::Spawn)?;
        let mut child = command(config, credentials, &api)
            .spawn()
            .map_err(StartError::Spawn)?;
        if let Some(output) = child.stdout.take() {
            tokio::spawn(pass_on_log(output, number));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(pass_on_log(output, number));
        }
        let mut process = Self { child, api };
        process.initialise(initialised).await?;
        Ok(process)
    }

    async fn initialise(
        &mut self,
        initialised: oneshot::Receiver<Result<(), String>>,
    ) -> Result<(), StartError> {
        tokio::select! {
            outcome = initialised => match outcome {
                Ok(Ok(())) => Ok(()),
                Ok(Err(report)) => Err(StartError::Init(report)),
                Err(_) => Err(StartError::Init("its runtime api has ended".to_owned())),
            },
            ended = self.child.wait() => Err(StartError::Init(match ended {
                Ok(status) => format!("it ended with {status}"),
                Err(error) => error.to_string(),
            })),
            () = tokio::time::sleep(INIT_TIMEOUT) => Err(StartError::InitTimeout),
        }
    }

    /// Invokes, and waits for the answer or its head, the end of the process or the time limit.
    pub(super) async fn invoke(&mut self, invocation: Invocation, deadline: Deadline) -> Outcome {
        let outcome = self.api.hand_over(invocation).await;
        tokio::select! {
            outcome = outcome => outcome.unwrap_or(Err(InvokeError::Crashed)),
            _ = self.child.wait() => Err(InvokeError::Crashed),
            () = tokio::time::sleep_until(deadline.at) => Err(InvokeError::TimedOut(deadline.timeout)),
        }
    }

    /// Waits until the process has sent the answer it has begun, until it ends, or until `deadline`.
    pub(super) async fn finish(
        &mut self,
        sent: oneshot::Receiver<()>,
        deadline: Deadline,
    ) -> Result<(), InvokeError> {
        tokio::select! {
            // Without a sender there is nothing left to send.
            _ = sent => Ok(()),
            _ = self.child.wait() => Err(InvokeError::Crashed),
            () = tokio::time::sleep_until(deadline.at) => Err(InvokeError::TimedOut(deadline.timeout)),
        }
    }

    /// Completes when the process ends by itself.
    pub(super) async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// Ends it as Lambda does, without warning, and waits for the end.
    pub(super) async fn end(mut self) {
        if let Err(cause) = self.child.kill().await {
            tracing::warn!(%cause, "a process of the function could not be ended");
        }
    }
}

fn command(config: &InstancesConfig, credentials: &Credentials, api: &RuntimeApi) -> Command {
    let folder = config.bootstrap.folder();
    let arn = Arn::parse(&config.function_arn).ok();
    let name = arn.and_then(|arn| arn.function()).unwrap_or_default();
    let mut command = Command::new(config.bootstrap.program());
    // As on Lambda: nothing of this program's environment.
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("LAMBDA_TASK_ROOT", folder)
        .env("_HANDLER", "bootstrap")
        .env("AWS_REGION", &config.region)
        .env("AWS_DEFAULT_REGION", &config.region)
        .env("AWS_ACCESS_KEY_ID", &credentials.access_key_id)
        .env(
            "AWS_SECRET_ACCESS_KEY",
            credentials.secret_access_key.expose(),
        )
        .envs(config.environment.iter().cloned())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C is for the stack, which lets requests finish.
        .process_group(0)
        .kill_on_drop(true);
    if let Some(token) = &credentials.session_token {
        command.env("AWS_SESSION_TOKEN", token.expose());
    }
    command
}

async fn pass_on_log(output: impl AsyncRead + Unpin, instance: usize) {
    let codec = LinesCodec::new_with_max_length(LONGEST_LOG_LINE);
    let mut lines = FramedRead::new(output, codec);
    // A line that is too long is an error of the codec, after which it goes on with the next one.
    while let Some(line) = lines.next().await {
        match line {
            Ok(line) if line.contains(ERROR_MARK) => {
                tracing::error!(target: "keyfront::function", instance, "{line}");
            }
            Ok(line) => tracing::info!(target: "keyfront::function", instance, "{line}"),
            Err(cause) => tracing::warn!(target: "keyfront::function", instance, %cause),
        }
    }
}
