//! IAM's query protocol, called without its SDK for one question and one change.

use anyhow::Context as _;
use aws_config::SdkConfig;
use http::header::CONTENT_TYPE;
use keyfront_aws_call::{Call, Reply, RetryPolicy, Service};

use crate::{aws::service_error, system::layout::EDGE_REGION};

const ENDPOINT: &str = "https://iam.amazonaws.com";
const VERSION: &str = "2010-05-08";

/// Calls an action with its parameters.
///
/// # Errors
/// There are no credentials, no reply, or IAM refuses.
pub(super) async fn call(
    config: &SdkConfig,
    action: &str,
    parameters: &[(&str, &str)],
) -> anyhow::Result<Reply> {
    let credentials = config.credentials_provider();
    let service = Service::new(
        "iam",
        EDGE_REGION.to_owned(),
        config.endpoint_url().unwrap_or(ENDPOINT),
        credentials.context("no credentials are available")?,
        RetryPolicy::COMMAND,
    );
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs([("Action", action), ("Version", VERSION)]);
    body.extend_pairs(parameters);
    let call = Call {
        path: "/".to_owned(),
        headers: vec![(CONTENT_TYPE, "application/x-www-form-urlencoded".into())],
        body: body.finish().into_bytes(),
    };
    service.call(&call).await.map_err(service_error)
}
