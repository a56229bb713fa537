//! What deleted stacks left behind. CloudFormation remembers that for 90 days, so nothing is kept on this machine.

use anyhow::Context as _;
use aws_sdk_cloudformation::types::StackStatus;

use super::stacks::Stacks;
use crate::{
    aws::call_error,
    system::ownership::{ExpectedStack, Ownership, Presence, StackResource},
};

/// A deleted stack.
pub(super) struct DeletedStack {
    pub(super) id: String,
    pub(super) ownership: Ownership,
    /// What its deletion spared; never empty.
    pub(super) spared: Vec<StackResource>,
}

/// The deleted stacks of a name that left something, the latest deletion first.
pub(super) async fn of_deleted(
    stacks: &Stacks,
    expected: &ExpectedStack<'_>,
) -> anyhow::Result<Vec<DeletedStack>> {
    let mut found = Vec::new();
    for id in deleted(stacks, expected.system).await? {
        let stack = stacks.find(&id).await?;
        let stack =
            stack.context("CloudFormation lists a deleted stack that it cannot describe")?;
        let facts = stacks.cloudformation.facts(&stack).await?;
        let ownership = expected.ownership(&facts);
        let spared = facts.resources.into_iter();
        let spared = spared.filter(|resource| resource.presence == Presence::Spared);
        let spared: Vec<StackResource> = spared.collect();
        if !spared.is_empty() {
            found.push(DeletedStack {
                id,
                ownership,
                spared,
            });
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
