//! Where the function at the edge logs: in the Region that ran it, in a group named after the function in us-east-1.
//!
//! Lambda makes a group there when it first logs, without a retention.

use aws_config::SdkConfig;
use futures::{StreamExt as _, stream};
use keyfront_names::Arn;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{layout::EDGE_REGION, outputs::Outputs};
use crate::aws::{Api, CallError, JsonService};

/// The Regions that are enabled in every account; CloudFront runs the function in those of them with an edge cache.
pub(crate) const LOG_REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];

/// Calls at a time.
const AT_ONCE: usize = 6;

/// A log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogGroup {
    pub(crate) region: String,
    pub(crate) name: String,
    /// `None` keeps its lines for ever.
    pub(crate) retention_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    log_groups: Vec<DescribedGroup>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedGroup {
    log_group_name: String,
    retention_in_days: Option<u32>,
}

/// The name of the edge's group, the same in all Regions.
pub(crate) fn group_of(function: &str) -> String {
    format!("/aws/lambda/{EDGE_REGION}.{function}")
}

/// The name of the system's function at the edge, from the ARN of its version.
pub(crate) fn function_in(outputs: &Outputs) -> Option<&str> {
    let arn = outputs.get("EdgeFunctionArn")?;
    Arn::parse(arn).ok()?.function()
}

/// The group of this name in every Region that has it, and the Regions that could not be looked into.
pub(crate) async fn find(
    config: &SdkConfig,
    group: &str,
) -> (Vec<LogGroup>, Vec<(&'static str, CallError)>) {
    let looks =
        LOG_REGIONS.map(|region| async move { (region, of_region(config, region, group).await) });
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    while let Some((region, outcome)) = looks.next().await {
        match outcome {
            Ok(group) => found.extend(group),
            Err(error) => failed.push((region, error)),
        }
    }
    (found, failed)
}

async fn of_region(
    config: &SdkConfig,
    region: &str,
    group: &str,
) -> Result<Option<LogGroup>, CallError> {
    let logs = JsonService::new(config, Api::Logs, region);
    let input = json!({"logGroupNamePrefix": group});
    let described: Described = logs.call("DescribeLogGroups", &input).await?;
    let mut groups = described.log_groups.into_iter();
    // Those of other functions may begin alike.
    let own = groups.find(|described| described.log_group_name == group);
    Ok(own.map(|described| LogGroup {
        region: region.to_owned(),
        name: described.log_group_name,
        retention_days: described.retention_in_days,
    }))
}

/// Lets a group's lines go after some days.
pub(crate) async fn retain(
    config: &SdkConfig,
    group: &LogGroup,
    days: u32,
) -> Result<(), CallError> {
    let logs = JsonService::new(config, Api::Logs, &group.region);
    let input = json!({"logGroupName": group.name, "retentionInDays": days});
    let answered: Result<Value, CallError> = logs.call("PutRetentionPolicy", &input).await;
    answered.map(drop)
}
