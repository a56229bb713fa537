//! Whether the account has room for what the stacks that do not exist yet will make.
//!
//! Service Quotas names the limits and each service counts what there is; IAM answers both at once. Reads only.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudfront::{
    Client as CloudFront,
    types::{CachePolicyType, ResponseHeadersPolicyType},
};
use keyfront_cloudformation::{Document, Resolution};
use serde::Deserialize;
use serde_json::json;

use super::{
    finding::Finding,
    headroom::{self, Headroom},
    iam_summary,
};
use crate::{
    aws::{self, Api, CallError, JsonService, call_error},
    system::layout::EDGE_REGION,
};

/// Something of which an account has so many at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quota {
    Distributions,
    CachePolicies,
    ResponseHeadersPolicies,
    Buckets,
    Roles,
}

impl Quota {
    const ALL: [Self; 5] = [
        Self::Distributions,
        Self::CachePolicies,
        Self::ResponseHeadersPolicies,
        Self::Buckets,
        Self::Roles,
    ];

    /// The type of the resources that count.
    const fn resource(self) -> &'static str {
        match self {
            Self::Distributions => "AWS::CloudFront::Distribution",
            Self::CachePolicies => "AWS::CloudFront::CachePolicy",
            Self::ResponseHeadersPolicies => "AWS::CloudFront::ResponseHeadersPolicy",
            Self::Buckets => "AWS::S3::Bucket",
            Self::Roles => "AWS::IAM::Role",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Distributions => "CloudFront distributions",
            Self::CachePolicies => "CloudFront cache policies",
            Self::ResponseHeadersPolicies => "CloudFront response headers policies",
            Self::Buckets => "S3 buckets",
            Self::Roles => "IAM roles",
        }
    }

    /// Service and code by which Service Quotas knows it, and a word of its name there.
    const fn code(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Distributions => ("cloudfront", "L-24B04930", "distribution"),
            Self::CachePolicies => ("cloudfront", "L-7D134442", "cache polic"),
            Self::ResponseHeadersPolicies => ("cloudfront", "L-CF0D4FC5", "response headers polic"),
            Self::Buckets => ("s3", "L-DC2B2D3D", "bucket"),
            Self::Roles => ("iam", "L-FE177D64", "role"),
        }
    }
}

/// Looks at what the resources of these templates count towards.
pub(super) async fn check(
    config: &SdkConfig,
    made: &[Document],
    parameters: &BTreeMap<String, String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for quota in Quota::ALL {
        let counts = made.iter().map(|document| {
            let known = |name: &str| Some(name.to_owned());
            let resolution = Resolution::new(document, parameters.clone(), known);
            let resources = document.section("Resources");
            let of_type = resources.filter(|(_, one)| one["Type"] == quota.resource());
            // What cannot be computed here is left to CloudFormation.
            let exist = of_type.filter(|(_, one)| resolution.exists(one).unwrap_or(false));
            exist.count() as u64
        });
        let wanted: u64 = counts.sum();
        if wanted > 0 {
            findings.push(of_quota(config, quota, wanted).await);
        }
    }
    findings
}

async fn of_quota(config: &SdkConfig, quota: Quota, wanted: u64) -> Finding {
    let name = quota.name();
    match headroom_of(config, quota).await {
        Ok(headroom) => evaluate(quota, headroom, wanted),
        Err(error) => Finding::Unknown(format!("the quota of {name}: {error:#}")),
    }
}

fn evaluate(quota: Quota, headroom: Headroom, wanted: u64) -> Finding {
    let Headroom { used, limit } = headroom;
    if used.saturating_add(wanted) <= limit {
        return Finding::Good;
    }
    let name = quota.name();
    let (service, code, _) = quota.code();
    let desired = used.saturating_add(wanted).to_string();
    let increase = headroom::increase(service, code, EDGE_REGION, &desired);
    Finding::Bad(format!(
        "the account may have {limit} {name} and has {used}; this deployment creates {wanted} more: delete unused ones, or request a higher quota with `{increase}`"
    ))
}

async fn headroom_of(config: &SdkConfig, quota: Quota) -> anyhow::Result<Headroom> {
    let config = &aws::in_region(config, EDGE_REGION);
    if quota == Quota::Roles {
        return iam_summary::roles(config).await;
    }
    // Counting may take pages; a limit that cannot be read needs no count.
    let limit = limit(config, quota).await?;
    let used = match quota {
        Quota::Distributions => distributions(config).await?,
        Quota::CachePolicies => cache_policies(config).await?,
        Quota::ResponseHeadersPolicies => response_headers_policies(config).await?,
        Quota::Buckets | Quota::Roles => buckets(config).await?,
    };
    Ok(Headroom { used, limit })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    quota: ServiceQuota,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceQuota {
    quota_name: String,
    value: f64,
}

/// The account's own limit, else AWS's default.
async fn limit(config: &SdkConfig, quota: Quota) -> anyhow::Result<u64> {
    let quotas = JsonService::new(config, Api::Quotas, EDGE_REGION);
    let (service, code, word) = quota.code();
    let input = json!({"ServiceCode": service, "QuotaCode": code});
    let applied: Result<Answer, CallError> = quotas.call("GetServiceQuota", &input).await;
    let found = match applied {
        Err(error) if error.code() == Some("NoSuchResourceException") => {
            let default: Answer = quotas.call("GetAWSDefaultServiceQuota", &input).await?;
            default.quota
        }
        applied => applied?.quota,
    };
    anyhow::ensure!(
        found.quota_name.to_lowercase().contains(word),
        "Service Quotas calls {code} {:?}",
        found.quota_name
    );
    // Limits are whole numbers far below what a float holds exactly.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(found.value.max(0.0) as u64)
}

async fn distributions(config: &SdkConfig) -> anyhow::Result<u64> {
    let cloudfront = CloudFront::new(config);
    let (mut count, mut marker) = (0, None);
    loop {
        let call = cloudfront.list_distributions().set_marker(marker);
        let list = call.send().await.map_err(call_error)?.distribution_list;
        let Some(list) = list else { return Ok(count) };
        count += list.items.map_or(0, |items| items.len() as u64);
        marker = list.next_marker;
        if marker.is_none() {
            return Ok(count);
        }
    }
}

async fn cache_policies(config: &SdkConfig) -> anyhow::Result<u64> {
    let cloudfront = CloudFront::new(config);
    let (mut count, mut marker) = (0, None);
    loop {
        let call = cloudfront.list_cache_policies().set_marker(marker);
        let call = call.r#type(CachePolicyType::Custom);
        let list = call.send().await.map_err(call_error)?.cache_policy_list;
        let Some(list) = list else { return Ok(count) };
        count += list.items.map_or(0, |items| items.len() as u64);
        marker = list.next_marker;
        if marker.is_none() {
            return Ok(count);
        }
    }
}

async fn response_headers_policies(config: &SdkConfig) -> anyhow::Result<u64> {
    let cloudfront = CloudFront::new(config);
    let (mut count, mut marker) = (0, None);
    loop {
        let call = cloudfront.list_response_headers_policies();
        let call = call.r#type(ResponseHeadersPolicyType::Custom);
        let answer = call.set_marker(marker).send().await.map_err(call_error)?;
        let Some(list) = answer.response_headers_policy_list else {
            return Ok(count);
        };
        count += list.items.map_or(0, |items| items.len() as u64);
        marker = list.next_marker;
        if marker.is_none() {
            return Ok(count);
        }
    }
}

async fn buckets(config: &SdkConfig) -> anyhow::Result<u64> {
    let mut pages = aws::s3(config)
        .list_buckets()
        .into_paginator()
        .page_size(1000)
        .send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.map_err(call_error)?.buckets().len() as u64;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_quota_is_refused_with_its_numbers_and_how_to_raise_it() {
        let headroom = Headroom {
            used: 19,
            limit: 20,
        };
        assert_eq!(evaluate(Quota::CachePolicies, headroom, 1), Finding::Good);
        let refused = evaluate(Quota::CachePolicies, headroom, 2);
        for expected in [
            "may have 20 CloudFront cache policies and has 19",
            "creates 2 more",
            "--quota-code L-7D134442",
            "--desired-value 21",
        ] {
            assert!(
                matches!(&refused, Finding::Bad(text) if text.contains(expected)),
                "{refused:?}"
            );
        }
    }
}
