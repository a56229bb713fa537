//! Starts the stack and runs it until Ctrl-C or SIGTERM.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use keyfront_dev_ground::request_line;
use keyfront_dev_stack::Stack;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    arguments::{DevArguments, config},
    report,
    requests::{RequestLines, Shown},
};

pub(crate) fn run(arguments: DevArguments) -> anyhow::Result<()> {
    log_to_stderr(arguments.shown());
    let runtime =
        tokio::runtime::Runtime::new().context("the asynchronous runtime did not start")?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: DevArguments) -> anyhow::Result<()> {
    // Registered before anything starts: Ctrl-C during the start must end it cleanly as well.
    let mut interrupt = signal(SignalKind::interrupt()).context("Ctrl-C cannot be handled")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be handled")?;
    let stopped = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(stopped);

    let stack = tokio::select! {
        started = Stack::start(config(arguments)?) => started?,
        () = &mut stopped => return Ok(()),
    };
    report::ready(&stack);
    stopped.await;
    stack.shutdown().await;
    report::stopped();
    Ok(())
}

fn log_to_stderr(shown: Shown) {
    let filter = EnvFilter::try_from_env("KEYFRONT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(coloured)
        .with_writer(std::io::stderr)
        .with_filter(filter)
        // The framework of S3 shows its answers in Rust's own form; what failed is said by the parts.
        .with_filter(filter_fn(|line| {
            line.target() != request_line::TARGET && !line.target().starts_with("s3s")
        }));
    let requests =
        RequestLines(shown).with_filter(filter_fn(|line| line.target() == request_line::TARGET));
    tracing_subscriber::registry()
        .with(log)
        .with(requests)
        .init();
}
