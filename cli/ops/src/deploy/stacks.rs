//! CloudFormation in one Region: how a stack stands, following what happens to it.
//!
//! It decides nothing; `standing` and `cause` do.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{Stack, StackEvent, StackStatus},
};

use super::render::Progress;
use super::{
    cause::{Event, Failure, failures},
    failure::DeployError,
    standing::{Aim, Standing},
};
use crate::aws::told;

/// Looks without an event before a stack at rest counts as done: events may come late.
const SILENT_LOOKS: u32 = 10;

/// CloudFormation in one Region.
pub(crate) struct Stacks {
    pub(super) client: Client,
    pub(crate) region: String,
    /// Pause between two looks.
    pub(super) every: Duration,
}

/// Where following begins: after everything that had happened.
pub(super) struct Mark {
    /// The stack's id; a deleted stack is found by it alone.
    stack: String,
    seen: BTreeSet<String>,
}

impl Stacks {
    pub(crate) fn new(config: &SdkConfig, region: &str, every: Duration) -> Self {
        Self {
            client: Client::new(&crate::aws::in_region(config, region)),
            region: region.to_owned(),
            every,
        }
    }

    /// The stack; `None` if it does not exist.
    pub(crate) async fn find(&self, name: &str) -> anyhow::Result<Option<Stack>> {
        match self.client.describe_stacks().stack_name(name).send().await {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
            Err(error)
                if error.code() == Some("ValidationError")
                    && error
                        .message()
                        .is_some_and(|text| text.contains("does not exist")) =>
            {
                Ok(None)
            }
            Err(error) => Err(told(error).context(format!(
                "stack {name} in {} cannot be described",
                self.region
            ))),
        }
    }

    /// Asks for a stack's deletion.
    pub(super) async fn begin_deletion(&self, stack: &str) -> anyhow::Result<()> {
        let sent = self.client.delete_stack().stack_name(stack).send().await;
        sent.map(drop).map_err(|error| {
            told(error).context(format!(
                "stack {stack} in {} cannot be deleted",
                self.region
            ))
        })
    }

    /// What failed in the latest operation of a stack.
    pub(super) async fn last_failures(&self, stack_id: &str) -> anyhow::Result<Vec<Failure>> {
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
            let at_rest = !matches!(Standing::from(&status), Standing::Busy | Standing::Reviewed);
            let moved = happened.iter().any(|event| event.of_stack);
            if at_rest && (moved || silent >= SILENT_LOOKS || status == StackStatus::DeleteComplete)
            {
                return self.judge(stack, &status, aim, &happened);
            }
            silent += u32::from(at_rest);
            tokio::time::sleep(self.every).await;
        }
    }

    fn judge(
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
            region: self.region.clone(),
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
            let call = self.client.describe_stack_events().stack_name(stack);
            let answer = match call.set_next_token(page).send().await {
                Ok(answer) => answer,
                // A stack that was deleted long ago, or has not begun yet.
                Err(error) if error.code() == Some("ValidationError") => break,
                Err(error) => return Err(told(error).context("the stack's events cannot be read")),
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
