//! One stack, as CloudFormation describes it.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::{Client, error::ProvideErrorMetadata as _, types::Stack};

use crate::aws::{self, call_error};

/// CloudFormation in one Region.
#[derive(Debug, Clone)]
pub(crate) struct Regional {
    pub(crate) client: Client,
    pub(crate) region: String,
}

impl Regional {
    pub(crate) fn new(config: &SdkConfig, region: &str) -> Self {
        Self {
            client: Client::new(&aws::in_region(config, region)),
            region: region.to_owned(),
        }
    }

    /// The stack; `None` if it does not exist.
    pub(crate) async fn find(&self, name: &str) -> anyhow::Result<Option<Stack>> {
        let error = match self.client.describe_stacks().stack_name(name).send().await {
            Ok(answer) => return Ok(answer.stacks.unwrap_or_default().into_iter().next()),
            Err(error) => error,
        };
        let message = error.message().unwrap_or_default();
        if error.code() == Some("ValidationError") && message.contains("does not exist") {
            return Ok(None);
        }
        Err(call_error(error).context(format!(
            "stack {name} in {} cannot be described",
            self.region
        )))
    }
}
