//! Gathers what shows whose a stack is. Reads only; `ownership` decides.

use anyhow::Context as _;
use aws_sdk_cloudformation::types::{
    ResourceStatus, Stack, StackResourceSummary, StackStatus, TemplateStage,
};
use keyfront_cloudformation::Document;

use super::{
    ownership::{ExpectedStack, Presence, StackFacts, StackResource},
    stack::Regional,
};
use crate::aws::call_error;

/// The edge's parameter with the Region of its bucket.
const BUCKET_REGION: &str = "BucketRegion";

impl Regional {
    /// Refuses a stack that is not the expected one; its facts if it is.
    ///
    /// # Errors
    /// [`super::ownership::NotOwned`], or CloudFormation cannot be asked.
    pub(crate) async fn require_own(
        &self,
        expected: &ExpectedStack<'_>,
        stack: &Stack,
    ) -> anyhow::Result<StackFacts> {
        let facts = self.facts(stack).await?;
        expected.require_own(&facts)?;
        Ok(facts)
    }

    /// What is known of a stack, live or deleted.
    pub(crate) async fn facts(&self, stack: &Stack) -> anyhow::Result<StackFacts> {
        let id = stack.stack_id.as_deref().context("a stack without an id")?;
        let tags = stack.tags().iter();
        let tags = tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?)));
        let mut parameters = stack.parameters().iter();
        let bucket_region = parameters
            .find(|parameter| parameter.parameter_key() == Some(BUCKET_REGION))
            .and_then(|parameter| parameter.parameter_value.clone());
        let change_sets = match stack.stack_status {
            Some(StackStatus::ReviewInProgress) => Some(self.change_sets(id).await?),
            _ => None,
        };
        Ok(StackFacts {
            tags: tags.collect(),
            bucket_region,
            resources: self.resources(id).await?,
            change_sets,
        })
    }

    /// The resources of a stack; of a deleted one those that it had.
    pub(crate) async fn resources(&self, stack_id: &str) -> anyhow::Result<Vec<StackResource>> {
        let call = self.client.list_stack_resources().stack_name(stack_id);
        let mut pages = call.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                call_error(error).context(format!(
                    "the resources of stack {stack_id}, which show its owner, cannot be listed"
                ))
            })?;
            for resource in page.stack_resource_summaries.unwrap_or_default() {
                found.push(read(resource)?);
            }
        }
        Ok(found)
    }

    /// The template of a stack, which says what the stack's deletion spares.
    pub(crate) async fn template(&self, stack_id: &str) -> anyhow::Result<Document> {
        let call = self.client.get_template().stack_name(stack_id);
        let answer = call.template_stage(TemplateStage::Original).send().await;
        let answer = answer.map_err(|error| {
            call_error(error).context(format!(
                "the template of stack {stack_id}, which shows what its deletion retains, cannot be fetched"
            ))
        })?;
        let body = answer.template_body.unwrap_or_default();
        Document::parse(&body).with_context(|| {
            format!("the template of stack {stack_id}, which shows what its deletion retains, cannot be read")
        })
    }

    async fn change_sets(&self, stack_id: &str) -> anyhow::Result<Vec<String>> {
        let call = self.client.list_change_sets().stack_name(stack_id);
        let mut pages = call.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                call_error(error).context(format!(
                    "the change sets of stack {stack_id}, which show its owner, cannot be listed"
                ))
            })?;
            let summaries = page.summaries.unwrap_or_default().into_iter();
            names.extend(summaries.filter_map(|set| set.change_set_name));
        }
        Ok(names)
    }
}

fn read(resource: StackResourceSummary) -> anyhow::Result<StackResource> {
    Ok(StackResource {
        logical_id: resource
            .logical_resource_id
            .context("a resource without a logical id")?,
        kind: resource
            .resource_type
            .context("a resource without a type")?,
        physical_id: resource.physical_resource_id.unwrap_or_default(),
        presence: match resource.resource_status {
            Some(ResourceStatus::DeleteComplete) => Presence::Gone,
            Some(ResourceStatus::DeleteSkipped) => Presence::Spared,
            _ => Presence::Present,
        },
    })
}
