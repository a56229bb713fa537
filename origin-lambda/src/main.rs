//! The origin's program: behind a Function URL where Lambda starts it, a plain HTTP server elsewhere.
//!
//! `keyfront-origin [--listen ADDRESS:PORT]`; the configuration comes from the environment.

use std::{env, error::Error as _, io, iter, net::SocketAddr, process::ExitCode};

use keyfront_origin::{
    Config, ConfigError, Origin,
    http::{
        function_url::FunctionUrl,
        runtime_api::{self, RuntimeError},
    },
    kms::Kms,
    store,
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Set by Lambda, and by its emulators, for every function.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
const DEFAULT_LISTEN: &str = "127.0.0.1:8787";

#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("usage: keyfront-origin [--listen ADDRESS:PORT]")]
    Usage,
    #[error("no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile")]
    Credentials,
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("the server failed")]
    Serve(#[source] io::Error),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("KEYFRONT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .init();
    let outcome = match variable(RUNTIME_API) {
        Some(api) => on_lambda(&api).await,
        None => natively().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let causes = iter::successors(error.source(), |&cause| cause.source());
            let cause = causes
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(": ");
            tracing::error!(%error, cause, "the origin cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn on_lambda(api: &str) -> Result<(), StartError> {
    let config = Config::read_on_lambda(variable)?;
    let function =
        FunctionUrl::new(origin(&config).await?, config.edge_role.clone()).with_metrics();
    match runtime_api::serve(&function, api).await? {}
}

async fn natively() -> Result<(), StartError> {
    let address = listen_address(env::args().skip(1))?;
    let config = Config::read(variable)?;
    let origin = origin(&config).await?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| StartError::Listen(address, error))?;
    let bound = listener
        .local_addr()
        .map_err(|error| StartError::Listen(address, error))?;
    tracing::info!(address = %bound, "listening");
    keyfront_origin::serve(listener, origin, interrupted())
        .await
        .map_err(StartError::Serve)
}

async fn origin(config: &Config) -> Result<std::sync::Arc<Origin>, StartError> {
    let credentials = store::default_credentials(config)
        .await
        .ok_or(StartError::Credentials)?;
    let s3 = store::client(config, credentials.clone());
    let kms = Kms::new(config, credentials.clone());
    Ok(Origin::new(config, s3, kms, credentials))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

fn listen_address(mut arguments: impl Iterator<Item = String>) -> Result<SocketAddr, StartError> {
    let text = match (
        arguments.next().as_deref(),
        arguments.next(),
        arguments.next(),
    ) {
        (None, ..) => DEFAULT_LISTEN.to_owned(),
        (Some("--listen"), Some(address), None) => address,
        _ => return Err(StartError::Usage),
    };
    text.parse().map_err(|_| StartError::Usage)
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a signal handler the server can only be killed; it must not stop at once.
        std::future::pending::<()>().await;
    }
}
