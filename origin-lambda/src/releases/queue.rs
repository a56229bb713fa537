//! SQS's `SendMessage`.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>, in the JSON protocol.

use std::{fmt, time::Duration};

use aws_credential_types::provider::SharedCredentialsProvider;
use http::{HeaderName, header::CONTENT_TYPE};
use keyfront_aws_call::{Call, RetryPolicy, Service};
use keyfront_names::host;
use keyfront_origin_core::releases::PendingInvalidation;
use serde_json::json;

use crate::{config::Config, error::Error, ssm};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The queue that holds pending invalidations back.
pub(crate) struct ReleaseQueue {
    sqs: Service,
    url: String,
}

impl fmt::Debug for ReleaseQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseQueue({:?})", self.url)
    }
}

impl ReleaseQueue {
    /// The queue that `config` names, or none.
    pub(crate) fn new(config: &Config, credentials: &SharedCredentialsProvider) -> Option<Self> {
        let settings = &config.releases;
        let region = config.region.as_str();
        let endpoint = settings
            .sqs_endpoint
            .clone()
            .unwrap_or_else(|| format!("https://{}", host::of_service("sqs", region)));
        Some(Self {
            url: settings.queue.clone()?,
            sqs: Service::new(
                "sqs",
                region.to_owned(),
                &endpoint,
                credentials.clone(),
                RetryPolicy::REQUEST,
            ),
        })
    }

    /// Sends a message that is delivered after `delay`, in whole seconds.
    ///
    /// # Errors
    /// [`Error::Upstream`]
    pub(crate) async fn send(
        &self,
        message: &PendingInvalidation,
        delay: Duration,
    ) -> Result<(), Error> {
        let body = serde_json::to_string(message).map_err(|_| Error::Internal)?;
        let document = json!({
            "QueueUrl": self.url,
            "MessageBody": body,
            "DelaySeconds": PendingInvalidation::delay(delay),
        });
        let call = Call {
            path: "/".to_owned(),
            headers: vec![
                (CONTENT_TYPE, "application/x-amz-json-1.0".into()),
                (TARGET, "AmazonSQS.SendMessage".into()),
            ],
            body: document.to_string().into_bytes(),
        };
        match self.sqs.call(&call).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::Upstream {
                operation: "SendMessage",
                fault: ssm::fault(&error),
                source: Box::new(error),
            }),
        }
    }
}
