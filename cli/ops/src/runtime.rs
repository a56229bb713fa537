//! The asynchronous runtime of a command.

use anyhow::Context as _;
use tokio::runtime::Runtime;

/// # Errors
/// The system gives no threads or no timers.
pub(crate) fn start() -> anyhow::Result<Runtime> {
    Runtime::new().context("the asynchronous runtime did not start")
}
