//! SQS events, as an event source mapping invokes a function with them, and the answer that says which messages to deliver again.
//!
//! What a message means is not known here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The source that events of queues name.
const SOURCE: &str = "aws:sqs";

/// A batch of messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QueueEvent {
    /// At least one.
    #[serde(rename = "Records")]
    pub messages: Vec<QueueMessage>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueMessage {
    /// Names it in the answer.
    pub message_id: String,
    /// As it was sent.
    pub body: String,
    event_source: String,
}

/// The answer to a batch (`ReportBatchItemFailures`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueAnswer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl QueueEvent {
    /// The batch of an event, if it is one of a queue.
    pub fn read(event: &Value) -> Option<Self> {
        let batch = Self::deserialize(event).ok()?;
        let of_queue = |message: &QueueMessage| message.event_source == SOURCE;
        (!batch.messages.is_empty() && batch.messages.iter().all(of_queue)).then_some(batch)
    }
}

impl QueueAnswer {
    /// This message has to be delivered again.
    pub fn fail(&mut self, message: &QueueMessage) {
        self.batch_item_failures.push(ItemFailure {
            item_identifier: message.message_id.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_events_of_queues_are_batches() {
        let record = json!({"messageId": "1", "receiptHandle": "r", "body": "{}", "attributes": {}, "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:q", "awsRegion": "eu-west-1"});
        let batch = QueueEvent::read(&json!({"Records": [record]})).unwrap();
        assert_eq!(batch.messages[0].body, "{}");
        let mut other = record.clone();
        other["eventSource"] = json!("aws:s3");
        for event in [
            json!({}),
            json!({"Records": []}),
            json!({"Records": [other]}),
            json!({"Records": [record, other]}),
            json!({"rawPath": "/", "requestContext": {}, "body": "{\"Records\":[]}"}),
        ] {
            assert_eq!(QueueEvent::read(&event), None, "{event}");
        }
    }

    #[test]
    fn an_answer_names_what_failed_and_is_empty_otherwise() {
        let mut answer = QueueAnswer::default();
        assert_eq!(
            serde_json::to_value(&answer).unwrap(),
            json!({"batchItemFailures": []})
        );
        let record = json!({"messageId": "7", "body": "", "eventSource": "aws:sqs"});
        let batch = QueueEvent::read(&json!({"Records": [record]})).unwrap();
        answer.fail(&batch.messages[0]);
        assert_eq!(
            serde_json::to_value(&answer).unwrap(),
            json!({"batchItemFailures": [{"itemIdentifier": "7"}]})
        );
    }
}
