//! The queue of pending invalidations, and the event source mapping that hands its messages to the origin's function.
//!
//! As Lambda does it: with the permissions of the function's role, up to ten messages at a time; what the function names as failed,
//! and everything where it fails as a whole, comes again after the visibility timeout.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use keyfront_cloudformation::Document;
use keyfront_dev_functions::Function;
use keyfront_dev_ground::clock::Clock;
use keyfront_dev_sqs::{DeadLetters, QueueSettings, ReceiveOptions, Received, Sqs, SqsError};
use keyfront_iam::{Account, Principal, Requester};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::resources::{DEAD_LETTERS, ORIGIN_ROLE, RELEASE_QUEUE};

/// How often messages are asked for while there are none. Lambda waits for them.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// After a refusal, as long as it is one.
const REFUSED: Duration = Duration::from_secs(1);

/// The queues as the template has them.
///
/// # Errors
/// A template that says something the local queues have no word for.
pub(super) fn queues(document: &Document) -> anyhow::Result<Vec<QueueSettings>> {
    let properties = document
        .properties("ReleaseQueue")
        .context("the template has no queue of pending invalidations")?;
    let number = |value: &Value| -> anyhow::Result<u32> {
        let number = value.as_u64().context("a queue's numbers")?;
        Ok(u32::try_from(number)?)
    };
    let most = number(&properties["RedrivePolicy"]["maxReceiveCount"])?;
    Ok(vec![
        QueueSettings {
            name: RELEASE_QUEUE.to_owned(),
            delay: 0,
            visibility: number(&properties["VisibilityTimeout"])?,
            dead_letters: Some(DeadLetters {
                queue: DEAD_LETTERS.to_owned(),
                max_receive_count: most,
            }),
        },
        QueueSettings {
            name: DEAD_LETTERS.to_owned(),
            delay: 0,
            visibility: 30,
            dead_letters: None,
        },
    ])
}

/// The mapping.
pub(super) struct EventSource {
    pub(super) sqs: Arc<Sqs>,
    pub(super) function: Arc<Function>,
    pub(super) account: Account,
    pub(super) clock: Clock,
    /// Seconds that a message stays hidden, if not as long as the template says.
    pub(super) visibility: Option<u32>,
}

impl EventSource {
    /// Delivers messages until `stop`. A batch under way is finished by whoever waits for it, or comes again.
    pub(super) async fn deliver(self, stop: CancellationToken) {
        let deliver = async {
            loop {
                let pause = match self.next_batch().await {
                    Ok(0) => POLL_INTERVAL,
                    Ok(_) => continue,
                    Err(error) => {
                        tracing::warn!(%error, "the queue of pending invalidations cannot be read");
                        REFUSED
                    }
                };
                tokio::time::sleep(pause).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = deliver => {}
        }
    }

    /// Delivers what is there; how many messages that were.
    async fn next_batch(&self) -> Result<usize, SqsError> {
        let options = ReceiveOptions {
            most: Some(10),
            visibility: self.visibility,
        };
        let messages = self.sqs.receive(&self.role(), RELEASE_QUEUE, options)?;
        if messages.is_empty() {
            return Ok(0);
        }
        let failed = match self.function.deliver(&self.event(&messages)).await {
            Ok(answer) => failures(&answer),
            Err(error) => {
                tracing::warn!(%error, "the origin did not take messages; they come again");
                return Ok(messages.len());
            }
        };
        for message in &messages {
            let is_failed = failed
                .as_ref()
                .is_none_or(|failed| failed.contains(&message.id));
            if !is_failed {
                self.sqs
                    .delete(&self.role(), RELEASE_QUEUE, &message.receipt)?;
            }
        }
        Ok(messages.len())
    }

    fn role(&self) -> Requester {
        let principal = Principal::AssumedRole {
            account: self.account.id().to_owned(),
            role: ORIGIN_ROLE.to_owned(),
            session: "event-source".to_owned(),
        };
        Requester::new(principal, self.clock.now())
    }

    fn event(&self, messages: &[Received]) -> Value {
        let arn = Sqs::arn(&self.account, RELEASE_QUEUE);
        let record = |message: &Received| {
            json!({
                "messageId": message.id,
                "receiptHandle": message.receipt,
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": message.receive_count.to_string(),
                    "SentTimestamp": message.sent.to_string(),
                    "SenderId": self.account.id(),
                    "ApproximateFirstReceiveTimestamp": message.first_received.to_string(),
                },
                "messageAttributes": {},
                "md5OfBody": message.md5,
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": self.account.region(),
            })
        };
        json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
    }
}

/// The messages that an answer names as failed; `None` where it has no such form, which fails all (*Reporting batch item failures*).
fn failures(answer: &Value) -> Option<Vec<String>> {
    let list = match &answer["batchItemFailures"] {
        Value::Array(list) => list,
        // An empty or null answer, or an empty list, is a complete success.
        Value::Null => return Some(Vec::new()),
        _ => return None,
    };
    let id = |failure: &Value| {
        let id = failure["itemIdentifier"].as_str()?;
        (!id.is_empty()).then(|| id.to_owned())
    };
    list.iter().map(id).collect()
}
