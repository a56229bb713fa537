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

/// Whether the operation under way is the rollback of an update.
pub(super) fn is_being_rolled_back(stack: &Stack) -> bool {
    matches!(
        stack.stack_status,
        Some(
            StackStatus::UpdateRollbackInProgress
                | StackStatus::UpdateRollbackCompleteCleanupInProgress
        )
    )
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
    if let Err(error) = call.send().await {
        // An attempt whose answer was lost may have continued it.
        let now = stacks.find(id).await?;
        if !now.as_ref().is_some_and(is_being_rolled_back) {
            return Err(call_error(error).context("the rollback cannot be continued"));
        }
    }
    rolled_back(stacks.follow(mark, Aim::Deployed, &progress).await)
}

/// Follows a rollback that an earlier run continued.
pub(super) async fn follow_rollback(stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    rolled_back(follow(stacks, stack).await)
}

/// A finished rollback is what was wanted.
fn rolled_back(followed: anyhow::Result<()>) -> anyhow::Result<()> {
    match followed {
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
