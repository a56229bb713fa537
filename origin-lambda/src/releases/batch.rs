//! Messages of the queue: each is an invalidation whose time has come, or is carried out again, or is none.

use keyfront_origin_core::{
    queue_event::{QueueAnswer, QueueEvent},
    releases::PendingInvalidation,
};

use super::{Releases, Settled};
use crate::error::Error;

impl Releases<'_> {
    /// Carries out what the messages of a batch ask for; the answer names those to deliver again.
    pub(crate) async fn settle_batch(&self, batch: &QueueEvent) -> QueueAnswer {
        let mut answer = QueueAnswer::default();
        for message in &batch.messages {
            let pending: PendingInvalidation = match serde_json::from_str(&message.body) {
                Ok(pending) => pending,
                Err(error) => {
                    // Delivered again, it would say the same.
                    tracing::error!(%error, message = message.message_id, "a message is no pending invalidation and is dropped");
                    continue;
                }
            };
            let site = pending.site.as_str();
            match self.settle_message(&pending).await {
                Ok(outcome) => {
                    tracing::info!(site, n = pending.n, ?outcome, "a pending invalidation");
                }
                Err(error) => {
                    tracing::warn!(%error, site, n = pending.n, "the invalidation failed and is tried again");
                    answer.fail(message);
                }
            }
        }
        answer
    }

    async fn settle_message(&self, pending: &PendingInvalidation) -> Result<Settled, Error> {
        let outcome = self.settle(&pending.site, pending.n).await?;
        if let Settled::Later(left) = outcome {
            // The visibility timeout is far longer than what is left.
            let queue = self.kept.queue.as_ref().ok_or(Error::Internal)?;
            queue.send(pending, left).await?;
        }
        Ok(outcome)
    }
}
