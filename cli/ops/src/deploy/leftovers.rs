//! What deleted stacks left behind. CloudFormation remembers that for 90 days, so nothing is kept on this machine.

use anyhow::Context as _;
use aws_sdk_cloudformation::types::{ResourceStatus, StackStatus};

use super::stacks::Stacks;
use crate::aws::call_error;

pub(super) const FUNCTION: &str = "AWS::Lambda::Function";
pub(super) const BUCKET: &str = "AWS::S3::Bucket";
pub(super) const KEY: &str = "AWS::KMS::Key";

/// A resource that its stack's deletion spared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leftover {
    pub(super) kind: String,
    /// Its logical id in the template.
    pub(super) resource: String,
    /// Its physical id.
    pub(super) id: String,
}

/// What all deleted stacks of this name left, without repetition; the latest deletion first.
pub(super) async fn of_deleted(stacks: &Stacks, name: &str) -> anyhow::Result<Vec<Leftover>> {
    let mut found: Vec<Leftover> = Vec::new();
    for id in deleted(stacks, name).await? {
        for leftover in spared(stacks, &id).await? {
            if !found.contains(&leftover) {
                found.push(leftover);
            }
        }
    }
    Ok(found)
}

async fn deleted(stacks: &Stacks, name: &str) -> anyhow::Result<Vec<String>> {
    let call = stacks
        .cloudformation
        .client
        .list_stacks()
        .stack_status_filter(StackStatus::DeleteComplete);
    let mut pages = call.into_paginator().send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| call_error(error).context("deleted stacks cannot be listed"))?;
        let summaries = page.stack_summaries.unwrap_or_default().into_iter();
        ids.extend(
            summaries
                .filter(|stack| stack.stack_name.as_deref() == Some(name))
                .filter_map(|stack| stack.stack_id),
        );
    }
    Ok(ids)
}

async fn spared(stacks: &Stacks, id: &str) -> anyhow::Result<Vec<Leftover>> {
    let mut pages = stacks
        .cloudformation
        .client
        .list_stack_resources()
        .stack_name(id)
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            call_error(error).context("a deleted stack's resources cannot be listed")
        })?;
        for resource in page.stack_resource_summaries.unwrap_or_default() {
            if resource.resource_status == Some(ResourceStatus::DeleteSkipped) {
                found.push(Leftover {
                    kind: resource
                        .resource_type
                        .context("a resource without a type")?,
                    resource: resource.logical_resource_id.unwrap_or_default(),
                    id: resource.physical_resource_id.unwrap_or_default(),
                });
            }
        }
    }
    Ok(found)
}
