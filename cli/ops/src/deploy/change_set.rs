//! Change sets: made, looked at, executed or thrown away.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_cloudformation::{
    error::ProvideErrorMetadata as _,
    operation::describe_change_set::DescribeChangeSetOutput,
    types::{Capability, Change, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter, Tag},
};
use sha2::{Digest as _, Sha256};

use super::{
    planned_change::{PlannedChange, planned},
    stacks::Stacks,
};
use crate::{aws::call_error, system::ownership::CHANGE_SET_PREFIX};

/// The template of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateSource {
    Body(String),
    Url(String),
    /// The one that the stack has.
    Previous,
}

/// A stack as it should be.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) stack: String,
    pub(super) template: TemplateSource,
    /// Values; `None` keeps what the stack has.
    pub(super) parameters: Vec<(String, Option<String>)>,
    pub(super) tags: BTreeMap<String, String>,
    /// Whom CloudFormation acts as; without one as the caller, or as the stack's role if it has one.
    pub(super) role: Option<String>,
}

/// A change set that can be executed, or that there is nothing to do.
pub(super) enum Drafted {
    NoChanges,
    Changes {
        id: String,
        stack_id: String,
        changes: Vec<PlannedChange>,
    },
    /// An earlier run executed the very same one: it is under way.
    UnderWay,
}

/// What became of a call that executes a change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Execution {
    Begun,
    /// There is nothing to execute any more: an attempt whose answer was lost did it, or others threw the change set away.
    Spent,
}

impl Wanted {
    /// The same for the same request, so that an interrupted run finds its own change set again.
    fn change_set_name(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(match &self.template {
            TemplateSource::Body(template) | TemplateSource::Url(template) => template,
            TemplateSource::Previous => "",
        });
        for (name, value) in &self.parameters {
            digest.update(format!("\n{name}={value:?}"));
        }
        for (key, value) in &self.tags {
            digest.update(format!("\n{key:?}:{value:?}"));
        }
        format!(
            "{CHANGE_SET_PREFIX}{}",
            &hex::encode(digest.finalize())[..20]
        )
    }
}

impl Stacks {
    /// Makes the change set and waits until CloudFormation has worked it out.
    pub(super) async fn draft(
        &self,
        wanted: &Wanted,
        kind: ChangeSetType,
    ) -> anyhow::Result<Drafted> {
        let name = wanted.change_set_name();
        // Twice at most: what an earlier run left may be useless and is thrown away.
        for _ in 0..2 {
            self.create_change_set(wanted, &name, kind.clone()).await?;
            let (set, changes) = self.worked_out(&wanted.stack, &name).await?;
            let status = set.status.clone().unwrap_or(ChangeSetStatus::Failed);
            let reason = set.status_reason.clone().unwrap_or_default();
            match (status, set.execution_status.clone()) {
                (_, Some(ExecutionStatus::ExecuteInProgress)) => return Ok(Drafted::UnderWay),
                (ChangeSetStatus::CreateComplete, Some(ExecutionStatus::Available)) => {
                    return Ok(Drafted::Changes {
                        id: set.change_set_id.context("the change set has no id")?,
                        stack_id: set.stack_id.context("the change set has no stack")?,
                        changes: changes.iter().filter_map(planned).collect(),
                    });
                }
                (ChangeSetStatus::Failed, _) if says_no_changes(&reason) => {
                    self.discard(&wanted.stack, &name).await?;
                    return Ok(Drafted::NoChanges);
                }
                (ChangeSetStatus::Failed, execution)
                    if execution != Some(ExecutionStatus::Obsolete) =>
                {
                    self.discard(&wanted.stack, &name).await?;
                    anyhow::bail!("CloudFormation refused the change set: {reason}");
                }
                _ => self.discard(&wanted.stack, &name).await?,
            }
        }
        anyhow::bail!(
            "change set {name} of stack {} cannot be used; try again",
            wanted.stack
        )
    }

    async fn create_change_set(
        &self,
        wanted: &Wanted,
        name: &str,
        kind: ChangeSetType,
    ) -> anyhow::Result<()> {
        let call = self
            .cloudformation
            .client
            .create_change_set()
            .stack_name(&wanted.stack)
            .change_set_name(name)
            .change_set_type(kind)
            .capabilities(Capability::CapabilityNamedIam)
            // All of them: those that are not sent are removed.
            .set_tags(Some(wanted.tags.iter().map(tag).collect()))
            .set_role_arn(wanted.role.clone())
            .set_parameters(Some(wanted.parameters.iter().map(parameter).collect()));
        let call = match &wanted.template {
            TemplateSource::Body(body) => call.template_body(body),
            TemplateSource::Url(url) => call.template_url(url),
            TemplateSource::Previous => call.use_previous_template(true),
        };
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("AlreadyExistsException") => Ok(()),
            Err(error) => Err(call_error(error).context("the change set cannot be created")),
        }
    }

    /// The change set with all pages of its changes, once it is no longer being made.
    async fn worked_out(
        &self,
        stack: &str,
        name: &str,
    ) -> anyhow::Result<(DescribeChangeSetOutput, Vec<Change>)> {
        loop {
            let mut changes = Vec::new();
            let mut page = None;
            let set = loop {
                let call = self
                    .cloudformation
                    .client
                    .describe_change_set()
                    .stack_name(stack)
                    .change_set_name(name);
                let answer = call.set_next_token(page).send().await;
                let mut answer = answer
                    .map_err(|error| call_error(error).context("the change set cannot be read"))?;
                changes.extend(answer.changes.take().unwrap_or_default());
                page = answer.next_token.take();
                if page.is_none() {
                    break answer;
                }
            };
            match &set.status {
                Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) => {
                    tokio::time::sleep(self.poll_interval).await;
                }
                _ => return Ok((set, changes)),
            }
        }
    }

    /// Executes a change set. What a failed creation takes back is the template's to say.
    pub(super) async fn execute(&self, change_set: &str) -> anyhow::Result<Execution> {
        let call = self
            .cloudformation
            .client
            .execute_change_set()
            .change_set_name(change_set);
        match call.send().await {
            Ok(_) => Ok(Execution::Begun),
            Err(error)
                if matches!(
                    error.code(),
                    Some("ChangeSetNotFound" | "InvalidChangeSetStatus")
                ) =>
            {
                Ok(Execution::Spent)
            }
            Err(error) => Err(call_error(error).context("the change set cannot be executed")),
        }
    }

    /// Throws a change set away.
    pub(super) async fn discard(&self, stack: &str, change_set: &str) -> anyhow::Result<()> {
        let call = self
            .cloudformation
            .client
            .delete_change_set()
            .stack_name(stack)
            .change_set_name(change_set);
        call.send()
            .await
            .map(drop)
            .map_err(|error| call_error(error).context("the change set cannot be deleted"))
    }
}

fn tag((key, value): (&String, &String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn parameter((name, value): &(String, Option<String>)) -> Parameter {
    let builder = Parameter::builder().parameter_key(name);
    match value {
        Some(value) => builder.parameter_value(value),
        None => builder.use_previous_value(true),
    }
    .build()
}

/// CloudFormation reports "nothing to do" as a failure, in one of two sentences.
fn says_no_changes(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_set_is_named_after_what_is_wanted() {
        let wanted = Wanted {
            stack: "s".to_owned(),
            template: TemplateSource::Body("t".to_owned()),
            parameters: vec![("A".to_owned(), Some("1".to_owned()))],
            tags: BTreeMap::new(),
            role: None,
        };
        let mut other = wanted.clone();
        assert_eq!(wanted.change_set_name(), other.change_set_name());
        other.parameters[0].1 = None;
        assert_ne!(wanted.change_set_name(), other.change_set_name());
        let mut tagged = wanted.clone();
        tagged.tags.insert("team".to_owned(), "media".to_owned());
        assert_ne!(wanted.change_set_name(), tagged.change_set_name());
        assert_eq!(wanted.change_set_name().len(), "keyfront-".len() + 20);
    }
}
