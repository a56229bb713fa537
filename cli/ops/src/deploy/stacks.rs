//! A system's stacks in one Region: their events, and following an operation to its end.
//!
//! It decides nothing; `stack_state` and `cause` do.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    error::ProvideErrorMetadata as _,
    types::{Stack, StackEvent, StackStatus},
};

use super::{
    cause::{Event, ResourceFailure, failures},
    deploy_arguments::Protection,
    deploy_error::DeployError,
    progress::Progress,
    stack_state::{Aim, StackState},
};
use crate::{aws::call_error, system::stack::Regional};

/// Polls without an event before a stack at rest counts as done: events may come late.
const SILENT_POLLS: u32 = 10;

/// The stacks of one Region.
pub(super) struct Stacks {
    pub(super) cloudformation: Regional,
    pub(super) poll_interval: Duration,
}

/// Where following begins: after everything that had happened.
pub(super) struct Mark {
    /// The stack's id; a deleted stack is found by it alone.
    stack: String,
    seen: BTreeSet<String>,
}

impl Stacks {
    pub(super) fn new(config: &SdkConfig, region: &str, poll_interval: Duration) -> Self {
        Self {
            cloudformation: Regional::new(config, region),
            poll_interval,
        }
    }

    pub(super) fn region(&self) -> &str {
        &self.cloudformation.region
    }

    /// The stack; `None` if it does not exist.
    pub(super) async fn find(&self, name: &str) -> anyhow::Result<Option<Stack>> {
        self.cloudformation.find(name).await
    }

    /// Asks for a stack's deletion.
    pub(super) async fn begin_deletion(&self, stack: &str) -> anyhow::Result<()> {
        let sent = self
            .cloudformation
            .client
            .delete_stack()
            .stack_name(stack)
            .send()
            .await;
        sent.map(drop).map_err(|error| {
            call_error(error).context(format!(
                "stack {stack} in {} cannot be deleted",
                self.region()
            ))
        })
    }

    /// Protects a stack from deletion, or ends that.
    pub(super) async fn protect(&self, stack: &str, protection: Protection) -> anyhow::Result<()> {
        let call = self
            .cloudformation
            .client
            .update_termination_protection()
            .stack_name(stack)
            .enable_termination_protection(protection == Protection::On);
        call.send().await.map(drop).map_err(|error| {
            call_error(error).context(format!(
                "termination protection of stack {stack} in {} cannot be changed",
                self.region()
            ))
        })
    }

    /// What failed in the latest operation of a stack.
    pub(super) async fn last_failures(
        &self,
        stack_id: &str,
    ) -> anyhow::Result<Vec<ResourceFailure>> {
        let all = self.events(stack_id, |_| false).await?;
        let began = all.iter().rposition(Event::begins_operation).unwrap_or(0);
        Ok(failures(&all[began..]))
    }

    /// Marks what has happened so far to a stack at rest.
    pub(super) async fn mark(&self, stack_id: &str) -> anyhow::Result<Mark> {
        let events = self.events(stack_id, |_| false).await?;
        Ok(Mark {
            stack: stack_id.to_owned(),
            seen: events.into_iter().map(|event| event.id).collect(),
        })
    }

    /// Marks the beginning of the operation that is under way.
    pub(super) async fn mark_beginning(&self, stack_id: &str) -> anyhow::Result<Mark> {
        let all = self.events(stack_id, |_| false).await?;
        let began = all.iter().rposition(Event::begins_operation).unwrap_or(0);
        Ok(Mark {
            stack: stack_id.to_owned(),
            seen: all.into_iter().take(began).map(|event| event.id).collect(),
        })
    }

    /// Follows a stack until it rests, showing each event once.
    ///
    /// # Errors
    /// [`DeployError::Failed`] if it rests elsewhere than at `aim`; [`DeployError::Interrupted`] on Ctrl-C.
    pub(super) async fn follow(
        &self,
        mark: Mark,
        aim: Aim,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        tokio::select! {
            ended = self.follow_to_end(mark, aim, progress) => ended,
            _ = tokio::signal::ctrl_c() => Err(DeployError::Interrupted.into()),
        }
    }

    async fn follow_to_end(
        &self,
        mut mark: Mark,
        aim: Aim,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        let mut happened = Vec::new();
        let mut silent = 0;
        loop {
            // The state first: events that are read after it include all that led to it.
            let stack = self.find(&mark.stack).await?;
            let fresh = self
                .events(&mark.stack, |event| mark.seen.contains(&event.id))
                .await?;
            for event in fresh {
                if mark.seen.insert(event.id.clone()) {
                    progress.show(&event);
                    happened.push(event);
                }
            }
            let status = stack.as_ref().and_then(|stack| stack.stack_status.clone());
            let status = status.unwrap_or(StackStatus::DeleteComplete);
            let at_rest = !matches!(
                StackState::from(&status),
                StackState::Busy | StackState::Reviewed
            );
            let moved = happened.iter().any(|event| event.of_stack);
            if at_rest && (moved || silent >= SILENT_POLLS || status == StackStatus::DeleteComplete)
            {
                return self.conclude(stack, &status, aim, &happened);
            }
            silent += u32::from(at_rest);
            tokio::time::sleep(self.poll_interval).await;
        }
    }

    fn conclude(
        &self,
        stack: Option<Stack>,
        status: &StackStatus,
        aim: Aim,
        happened: &[Event],
    ) -> anyhow::Result<()> {
        if aim.is_reached(status) {
            return Ok(());
        }
        let name = stack.and_then(|stack| stack.stack_name);
        Err(DeployError::Failed {
            stack: name.unwrap_or_else(|| "(deleted)".to_owned()),
            region: self.region().to_owned(),
            status: status.as_str().to_owned(),
            causes: failures(happened),
        }
        .into())
    }

    /// Events oldest first, without those before the newest that `is_known` knows.
    async fn events(
        &self,
        stack: &str,
        is_known: impl Fn(&Event) -> bool,
    ) -> anyhow::Result<Vec<Event>> {
        let mut events = Vec::new();
        let mut page = None;
        'pages: loop {
            let call = self
                .cloudformation
                .client
                .describe_stack_events()
                .stack_name(stack);
            let answer = match call.set_next_token(page).send().await {
                Ok(answer) => answer,
                // A stack that was deleted long ago, or has not begun yet.
                Err(error) if error.code() == Some("ValidationError") => break,
                Err(error) => {
                    return Err(call_error(error).context("the stack's events cannot be read"));
                }
            };
            for event in answer.stack_events.unwrap_or_default() {
                let event = read(event).context("an event has no id")?;
                if is_known(&event) {
                    break 'pages;
                }
                events.push(event);
            }
            page = answer.next_token;
            if page.is_none() {
                break;
            }
        }
        events.reverse();
        Ok(events)
    }
}

fn read(event: StackEvent) -> Option<Event> {
    let of_stack =
        event.physical_resource_id.is_some() && event.physical_resource_id == event.stack_id;
    Some(Event {
        id: event.event_id?,
        resource: event.logical_resource_id.unwrap_or_default(),
        kind: event.resource_type.unwrap_or_default(),
        status: event
            .resource_status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        reason: event.resource_status_reason,
        of_stack,
    })
}
