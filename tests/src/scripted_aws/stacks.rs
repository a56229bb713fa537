//! Stacks as they are kept: their status, their change set, and the events that have been shown and are to come.

use std::collections::{BTreeMap, VecDeque};

use super::call::ACCOUNT;

pub(super) type Fields = BTreeMap<String, String>;

/// Whether an operation may end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Held {
    #[default]
    No,
    /// It stays under way.
    Yes,
}

/// A stack.
#[derive(Debug, Clone, Default)]
pub struct FakeStack {
    pub id: String,
    pub status: String,
    pub parameters: Fields,
    pub tags: Fields,
    /// Nobody may delete it.
    pub protected: bool,
    /// Whom CloudFormation acts as.
    pub role: Option<String>,
    pub(super) template: String,
    /// Operations so far.
    pub(super) operations: u32,
    /// Code and revision of every version of the edge's function that was published.
    pub published: Vec<(String, String)>,
    pub(super) change_set: Option<ChangeSet>,
    pub(super) events: Vec<Event>,
    /// Events to come, then the status the stack rests in.
    pub(super) script: VecDeque<Event>,
    pub(super) rest: String,
    /// Logical id, type, physical id of what a deletion spares.
    pub(super) retained: Vec<(&'static str, &'static str, String)>,
}

#[derive(Debug, Clone)]
pub(super) struct ChangeSet {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) parameters: Fields,
    pub(super) tags: Fields,
    pub(super) template: String,
    pub(super) is_empty: bool,
    pub(super) executing: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) resource: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) reason: String,
}

impl FakeStack {
    /// A stack at rest.
    #[must_use]
    pub fn at_rest(region: &str, name: &str, status: &str) -> Self {
        let id = format!("arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/old");
        Self {
            id,
            status: status.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn own(&self, status: &str) -> Event {
        Event {
            id: String::new(),
            resource: self.id.split('/').nth(1).unwrap_or_default().to_owned(),
            kind: "AWS::CloudFormation::Stack".to_owned(),
            status: status.to_owned(),
            reason: String::new(),
        }
    }

    pub(super) fn begin(&mut self, status: &str, script: Vec<Event>, rest: &str) {
        status.clone_into(&mut self.status);
        let mut all = VecDeque::from(vec![self.own(status)]);
        all.extend(script);
        all.push_back(self.own(rest));
        self.script = all;
        rest.clone_into(&mut self.rest);
    }
}
