//! Ctrl-C as a request to stop: what has begun is brought to an end, nothing new begins.

use std::sync::Arc;

use keyfront_cli::report::note;
use tokio::sync::watch;

/// Whether to stop.
#[derive(Debug, Clone)]
pub(super) struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// Requested by Ctrl-C, from now on.
    pub(super) fn on_ctrl_c() -> Self {
        let stop = Self(Arc::new(watch::Sender::new(false)));
        let on_signal = stop.clone();
        tokio::spawn(async move {
            // Without a handler Ctrl-C ends the program, as it always did.
            if tokio::signal::ctrl_c().await.is_ok() {
                on_signal.request();
                note("Stopping after the operations in progress.");
            }
        });
        stop
    }

    pub(super) fn request(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn is_requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the request.
    pub(super) async fn requested(&self) {
        let mut changes = self.0.subscribe();
        // The sender is this value's own: it is never gone.
        let _ = changes.wait_for(|requested| *requested).await;
    }
}
