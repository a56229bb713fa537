//! Why an operation failed: the failures among a stack's events, the one that began it first. Pure.

use std::fmt;

/// One event of a stack, as far as this program reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    /// The logical id.
    pub(crate) resource: String,
    /// `AWS::S3::Bucket`
    pub(crate) kind: String,
    /// `CREATE_IN_PROGRESS`
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// Whether it is about the stack itself.
    pub(crate) of_stack: bool,
}

/// A resource that failed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourceFailure {
    pub(crate) resource: String,
    pub(crate) kind: String,
    pub(crate) reason: String,
}

impl Event {
    /// Whether an operation began here.
    pub(super) fn begins_operation(&self) -> bool {
        self.of_stack
            && matches!(
                self.status.as_str(),
                "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS"
            )
    }

    /// CloudFormation stops what else was under way when something fails: that is a consequence, no cause.
    fn is_consequence(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        self.of_stack || reason.contains("cancelled") || reason.contains("Cancelled")
    }
}

/// The failures of an operation, in the order they happened; `events` oldest first.
pub(super) fn failures(events: &[Event]) -> Vec<ResourceFailure> {
    let failed = events
        .iter()
        .filter(|event| event.status.ends_with("_FAILED") && !event.is_consequence());
    failed
        .map(|event| ResourceFailure {
            resource: event.resource.clone(),
            kind: event.kind.clone(),
            reason: event
                .reason
                .clone()
                .unwrap_or_else(|| "no reason was given".to_owned()),
        })
        .collect()
}

impl fmt::Display for ResourceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.resource, self.kind, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(resource: &str, status: &str, reason: &str, of_stack: bool) -> Event {
        Event {
            id: String::new(),
            resource: resource.to_owned(),
            kind: "AWS::X::Y".to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            of_stack,
        }
    }

    #[test]
    fn the_first_failure_is_the_cause_and_cancelled_resources_are_not() {
        let events = [
            event("name", "CREATE_IN_PROGRESS", "User Initiated", true),
            event(
                "Other",
                "CREATE_FAILED",
                "Resource creation cancelled",
                false,
            ),
            event("Bucket", "CREATE_FAILED", "name taken", false),
            event("Key", "CREATE_FAILED", "denied", false),
            event(
                "name",
                "CREATE_FAILED",
                "The following resource(s) failed",
                true,
            ),
        ];
        let causes: Vec<_> = failures(&events)
            .into_iter()
            .map(|cause| cause.resource)
            .collect();
        assert_eq!(causes, ["Bucket", "Key"]);
    }
}
