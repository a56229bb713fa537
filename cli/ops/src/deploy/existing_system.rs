//! The stacks of a system as they are before a deployment.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use keyfront_cloudformation::Template;

use super::{kept_stack::KeptStack, stack_state::StackState};
use crate::system::outputs::{Outputs, of_stack};

/// What there is of a system.
#[derive(Debug, Default)]
pub(super) struct ExistingSystem {
    /// Of all its stacks.
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) outputs: Outputs,
    /// The templates whose resources do not exist yet.
    pub(super) missing: Vec<Template>,
}

impl ExistingSystem {
    /// Adds what there is of one template.
    pub(super) fn add(&mut self, template: Template, stack: Option<Stack>) {
        let status = stack.as_ref().and_then(|stack| stack.stack_status.as_ref());
        let state = status.map_or(StackState::Absent, StackState::from);
        if matches!(
            state,
            StackState::Absent | StackState::Reviewed | StackState::NeverCreated
        ) {
            self.missing.push(template);
        }
        let Some(stack) = stack else {
            return;
        };
        self.parameters
            .extend(KeptStack::of(Some(&stack)).parameters);
        self.outputs.extend(of_stack(stack));
    }
}
