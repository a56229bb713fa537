//! Whether an existing trail records the data events of the bucket: it is there, sees the bucket's Region, is logging, and
//! its selectors cover the objects.

use aws_config::SdkConfig;
use keyfront_names::{Arn, Partition, arn::of_bucket};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    event_selectors::{Coverage, EventSelectors},
    finding::Finding,
};
use crate::{
    aws::{Api, CallError, JsonService},
    deploy::template::TRAIL,
};

/// The bucket whose objects are to be recorded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Recorded<'a> {
    /// Its name.
    Bucket(&'a str),
    /// It is made by this deployment, and its name begins so.
    ToBeMade(&'a str),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetTrail {
    trail: Trail,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trail {
    home_region: String,
    #[serde(default)]
    is_multi_region_trail: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    is_logging: bool,
    #[serde(default)]
    latest_delivery_error: String,
}

pub(super) async fn check(
    config: &SdkConfig,
    arn: &str,
    region: &str,
    recorded: Recorded<'_>,
) -> Vec<Finding> {
    let home = Arn::parse(arn).map_or(region, |arn| arn.region);
    let cloudtrail = CloudTrail {
        service: JsonService::new(config, Api::Trails, home),
        arn,
    };
    match cloudtrail.findings(region, recorded).await {
        Ok(findings) => findings,
        Err(finding) => vec![finding],
    }
}

struct CloudTrail<'a> {
    service: JsonService,
    arn: &'a str,
}

impl CloudTrail<'_> {
    async fn findings(
        &self,
        region: &str,
        recorded: Recorded<'_>,
    ) -> Result<Vec<Finding>, Finding> {
        let arn = self.arn;
        let found: GetTrail = self.read("GetTrail", "Name").await?;
        let trail = found.trail;
        if !trail.is_multi_region_trail && trail.home_region != region {
            return Err(Finding::Bad(format!(
                "{TRAIL} {arn} records {} only, and the bucket is in {region}; make it a multi-Region trail, or give one of {region}",
                trail.home_region
            )));
        }
        let status: Status = self.read("GetTrailStatus", "Name").await?;
        if !status.is_logging {
            let start = format!("aws cloudtrail start-logging --name {arn}");
            return Err(Finding::Bad(format!(
                "{TRAIL} {arn} is not logging; start it with `{start}`"
            )));
        }
        let mut findings = Vec::new();
        if !status.latest_delivery_error.is_empty() {
            findings.push(Finding::Warning(format!(
                "{TRAIL} {arn} could not deliver its last file: {}; look at its bucket's policy and key",
                status.latest_delivery_error
            )));
        }
        let selectors: EventSelectors = self.read("GetEventSelectors", "TrailName").await?;
        findings.push(self.coverage(&selectors, recorded, Partition::of_region(region)));
        Ok(findings)
    }

    async fn read<T: DeserializeOwned>(&self, operation: &str, name: &str) -> Result<T, Finding> {
        let arn = self.arn;
        let answer = self.service.call(operation, &json!({name: arn})).await;
        answer.map_err(|error: CallError| match error.code() {
            Some("TrailNotFoundException") => Finding::Bad(format!(
                "{TRAIL} {arn}: there is no such trail; give the ARN of one, or remove {TRAIL} to have one created"
            )),
            _ => Finding::Unknown(format!("{TRAIL} {arn}: {operation}: {error}")),
        })
    }

    fn coverage(
        &self,
        selectors: &EventSelectors,
        recorded: Recorded<'_>,
        partition: Partition,
    ) -> Finding {
        let arn = self.arn;
        let (name, objects) = match recorded {
            Recorded::Bucket(name) => (name, of_bucket(partition, name) + "/"),
            Recorded::ToBeMade(beginning) => (beginning, of_bucket(partition, beginning)),
        };
        let remedy = "add an event selector for AWS::S3::Object that begins with the bucket's ARN and a slash, reads and writes, with `aws cloudtrail put-event-selectors`";
        match (selectors.coverage(&objects), recorded) {
            (Coverage::Whole, _) => Finding::Good,
            (_, Recorded::ToBeMade(_)) => Finding::Warning(format!(
                "{TRAIL} {arn} does not record every bucket that begins with {name}; after this deployment has created the bucket, {remedy}"
            )),
            (Coverage::Nothing, Recorded::Bucket(_)) => Finding::Bad(format!(
                "{TRAIL} {arn} records no data events of bucket {name}; {remedy}"
            )),
            (Coverage::Part(limits), Recorded::Bucket(_)) => Finding::Bad(format!(
                "{TRAIL} {arn} records only some data events of bucket {name} ({}); {remedy}",
                Vec::from_iter(limits).join("; ")
            )),
        }
    }
}
