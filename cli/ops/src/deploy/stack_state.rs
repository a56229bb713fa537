//! The state of a stack, and what it allows. Pure.

use aws_sdk_cloudformation::types::StackStatus;

/// What can be done with a stack next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StackState {
    /// It does not exist: it is created.
    Absent,
    /// A change set was made and never executed; there are no resources.
    Reviewed,
    /// An operation is under way: it is followed.
    Busy,
    /// It exists and is complete: it is updated.
    Complete,
    /// Its creation failed. CloudFormation only lets it be deleted.
    NeverCreated,
    /// The rollback of an update stopped midway.
    RollbackStopped,
    /// Its deletion stopped midway.
    DeletionStopped,
    /// A status this program never brings about, or does not know: nothing is done.
    Unknown,
}

impl From<&StackStatus> for StackState {
    fn from(status: &StackStatus) -> Self {
        match status {
            StackStatus::DeleteComplete => Self::Absent,
            StackStatus::ReviewInProgress => Self::Reviewed,
            StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportComplete
            | StackStatus::ImportRollbackComplete => Self::Complete,
            StackStatus::RollbackComplete
            | StackStatus::CreateFailed
            | StackStatus::RollbackFailed => Self::NeverCreated,
            StackStatus::UpdateRollbackFailed => Self::RollbackStopped,
            StackStatus::DeleteFailed => Self::DeletionStopped,
            other if other.as_str().ends_with("_IN_PROGRESS") => Self::Busy,
            _ => Self::Unknown,
        }
    }
}

/// What an operation should reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Deployed,
    Deleted,
}

impl Aim {
    /// Whether a stack at rest with this status is what was wanted. A rollback is not.
    pub(super) fn is_reached(self, status: &StackStatus) -> bool {
        match self {
            Self::Deployed => matches!(
                status,
                StackStatus::CreateComplete
                    | StackStatus::UpdateComplete
                    | StackStatus::ImportComplete
            ),
            Self::Deleted => *status == StackStatus::DeleteComplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_cloudformation_documents_has_a_state() {
        for status in StackStatus::values() {
            let state = StackState::from(&StackStatus::from(*status));
            // An import and an update without rollback are others' doing, and are repaired otherwise.
            let foreign = ["IMPORT_ROLLBACK_FAILED", "UPDATE_FAILED"].contains(status);
            assert_eq!(state == StackState::Unknown, foreign, "{status}");
            let busy = status.ends_with("_IN_PROGRESS") && *status != "REVIEW_IN_PROGRESS";
            assert_eq!(state == StackState::Busy, busy, "{status}");
        }
        assert_eq!(
            StackState::from(&StackStatus::from("NEW_THING")),
            StackState::Unknown
        );
    }

    #[test]
    fn a_rollback_is_not_a_deployment() {
        assert!(Aim::Deployed.is_reached(&StackStatus::UpdateComplete));
        assert!(!Aim::Deployed.is_reached(&StackStatus::UpdateRollbackComplete));
        assert!(!Aim::Deployed.is_reached(&StackStatus::RollbackComplete));
        assert!(Aim::Deleted.is_reached(&StackStatus::DeleteComplete));
    }
}
