//! The queues on the wire: `POST /` with `X-Amz-Target: AmazonSQS.Operation`, JSON both ways.

use http::{HeaderName, Method};
use keyfront_dev_ground::api_server::{Api, ApiCall, ApiResponse, respond};
use keyfront_dev_ground::aws_error::{AwsError, Protocol};
use keyfront_iam::Requester;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{ReceiveOptions, Received, Sqs, SqsError};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendMessage {
    queue_url: String,
    message_body: String,
    delay_seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<u32>,
    visibility_timeout: Option<u32>,
    /// Nobody waits here: who finds nothing asks again.
    #[serde(rename = "WaitTimeSeconds")]
    _wait: Option<u32>,
    #[serde(default, alias = "AttributeNames")]
    message_system_attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeleteMessage {
    queue_url: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ChangeMessageVisibility {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(rename = "AttributeNames", default)]
    _names: Vec<String>,
}

impl Api for Sqs {
    const NAME: &'static str = "sqs";
    const PROTOCOL: Protocol = Protocol::Json;
    /// A body, escaped.
    const MAX_BODY: usize = 2 << 20;
    type Error = SqsError;

    fn call(&self, call: &ApiCall) -> Result<ApiResponse, SqsError> {
        let head = &call.head;
        let target = head.headers.get(TARGET);
        let target = target.map(|target| String::from_utf8_lossy(target.as_bytes()).into_owned());
        let target = target.unwrap_or_default();
        if head.method != Method::POST {
            return Err(SqsError::UnknownOperation(target));
        }
        let operation = target.strip_prefix("AmazonSQS.").unwrap_or_default();
        let requester = &call.requester;
        let answer = match operation {
            "SendMessage" => self.answer_send(requester, &read(&call.body)?)?,
            "ReceiveMessage" => self.answer_receive(requester, &read(&call.body)?)?,
            "DeleteMessage" => {
                let DeleteMessage {
                    queue_url,
                    receipt_handle,
                } = read(&call.body)?;
                self.delete(requester, name_of(&queue_url), &receipt_handle)?;
                json!({})
            }
            "ChangeMessageVisibility" => {
                let ChangeMessageVisibility {
                    queue_url,
                    receipt_handle,
                    visibility_timeout,
                } = read(&call.body)?;
                let queue = name_of(&queue_url);
                self.change_visibility(requester, queue, &receipt_handle, visibility_timeout)?;
                json!({})
            }
            "GetQueueAttributes" => self.answer_attributes(requester, &read(&call.body)?)?,
            _ => return Err(SqsError::UnknownOperation(target)),
        };
        Ok(respond(
            200,
            "application/x-amz-json-1.0",
            answer.to_string(),
        ))
    }

    fn describe(error: &SqsError) -> AwsError {
        error.describe()
    }
}

impl Sqs {
    fn answer_send(&self, requester: &Requester, request: &SendMessage) -> Result<Value, SqsError> {
        let queue = name_of(&request.queue_url);
        let sent = self.send(
            requester,
            queue,
            &request.message_body,
            request.delay_seconds,
        )?;
        Ok(json!({"MessageId": sent.id, "MD5OfMessageBody": sent.md5}))
    }

    fn answer_receive(
        &self,
        requester: &Requester,
        request: &ReceiveMessage,
    ) -> Result<Value, SqsError> {
        let options = ReceiveOptions {
            most: request.max_number_of_messages,
            visibility: request.visibility_timeout,
        };
        let received = self.receive(requester, name_of(&request.queue_url), options)?;
        let wanted = &request.message_system_attribute_names;
        let messages: Vec<Value> = received
            .iter()
            .map(|message| written(message, wanted))
            .collect();
        Ok(match messages.is_empty() {
            true => json!({}),
            false => json!({"Messages": messages}),
        })
    }

    fn answer_attributes(
        &self,
        requester: &Requester,
        request: &GetQueueAttributes,
    ) -> Result<Value, SqsError> {
        let [visible, in_flight, delayed] = self.counts(requester, name_of(&request.queue_url))?;
        Ok(json!({"Attributes": {
            "ApproximateNumberOfMessages": visible.to_string(),
            "ApproximateNumberOfMessagesNotVisible": in_flight.to_string(),
            "ApproximateNumberOfMessagesDelayed": delayed.to_string(),
        }}))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    Ok(serde_json::from_slice(body)?)
}

/// A queue by its URL, whatever host that names.
fn name_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

fn written(message: &Received, wanted: &[String]) -> Value {
    let mut written = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": message.md5,
        "Body": message.body,
    });
    let known = [
        ("SentTimestamp", message.sent.to_string()),
        ("ApproximateReceiveCount", message.receive_count.to_string()),
        (
            "ApproximateFirstReceiveTimestamp",
            message.first_received.to_string(),
        ),
    ];
    let is_wanted = |name: &str| wanted.iter().any(|one| one == name || one == "All");
    let attributes: Map<String, Value> = known
        .into_iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    if !attributes.is_empty() {
        written["Attributes"] = attributes.into();
    }
    written
}
