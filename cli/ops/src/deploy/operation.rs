//! What can be done with a stack as a whole, each followed to its end: deletion, the end of a rollback, an operation that
//! is under way.

use anyhow::Context as _;
use aws_sdk_cloudformation::types::{Stack, StackStatus};

use super::{deploy_error::DeployError, progress::Progress, stack_state::Aim, stacks::Stacks};
use crate::aws::call_error;

/// Whether the operation under way is the stack's deletion.
pub(super) fn is_being_deleted(stack: &Stack) -> bool {
    stack.stack_status == Some(StackStatus::DeleteInProgress)
}

/// Follows an operation someone else began, or this program before Ctrl-C.
pub(super) async fn follow(stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    let id = stack.stack_id.as_deref().context("a stack without an id")?;
    let name = stack.stack_name.as_deref().unwrap_or(id);
    let progress = Progress::begin(&format!(
        "An operation of stack {name} in {} is in progress; following it.",
        stacks.region()
    ));
    let aim = if is_being_deleted(stack) {
        Aim::Deleted
    } else {
        Aim::Deployed
    };
    let mark = stacks.mark_beginning(id).await?;
    stacks.follow(mark, aim, &progress).await
}

/// Deletes a stack and follows that.
pub(super) async fn delete(stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    let id = stack.stack_id.as_deref().context("a stack without an id")?;
    let name = stack.stack_name.as_deref().unwrap_or(id);
    let mark = stacks.mark(id).await?;
    let progress = Progress::begin(&format!("Deleting stack {name} in {}.", stacks.region()));
    stacks.begin_deletion(id).await?;
    stacks.follow(mark, Aim::Deleted, &progress).await
}

/// Continues a rollback that stopped.
pub(super) async fn continue_rollback(stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    let id = stack.stack_id.as_deref().context("a stack without an id")?;
    let mark = stacks.mark(id).await?;
    let progress = Progress::begin(&format!("Continuing the rollback in {}.", stacks.region()));
    let call = stacks
        .cloudformation
        .client
        .continue_update_rollback()
        .stack_name(id);
    call.send()
        .await
        .map_err(|error| call_error(error).context("the rollback cannot be continued"))?;
    match stacks.follow(mark, Aim::Deployed, &progress).await {
        // A finished rollback is what was wanted here.
        Err(error)
            if matches!(
                error.downcast_ref(),
                Some(DeployError::Failed { status, .. }) if status == "UPDATE_ROLLBACK_COMPLETE"
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}
