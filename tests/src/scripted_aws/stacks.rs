//! Stacks as they are kept: their status, their change set, and the events that have been shown and are to come.

use std::collections::{BTreeMap, VecDeque};

use keyfront_cloudformation::{Document, Template};

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
    /// Its text, or where it is.
    pub template: String,
    /// Logical id, type and physical id.
    pub resources: Vec<(String, String, String)>,
    /// Operations so far.
    pub(super) operations: u32,
    /// Code and revision of every version of the edge's function that was published.
    pub published: Vec<(String, String)>,
    pub(super) change_set: Option<ChangeSet>,
    /// Names of change sets that other programs made.
    pub change_sets_of_others: Vec<String>,
    pub(super) events: Vec<Event>,
    /// Events to come, then the status the stack rests in.
    pub(super) script: VecDeque<Event>,
    pub(super) rest: String,
    /// Logical ids of what its deletion spared.
    pub retained: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct ChangeSet {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) parameters: Fields,
    pub(super) tags: Fields,
    pub(super) template: String,
    pub(super) kind: String,
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

    /// A stack of a template with all that it makes for these parameters, as if the console had made it.
    #[must_use]
    pub fn of_template(region: &str, name: &str, template: Template) -> Self {
        let mut stack = Self::at_rest(region, name, "CREATE_COMPLETE");
        template.body().clone_into(&mut stack.template);
        stack.make_resources(template.body());
        stack
    }

    /// The stack with this program's tag.
    #[must_use]
    pub fn of_system(mut self, system: &str) -> Self {
        self.tags
            .insert("keyfront:stack".to_owned(), system.to_owned());
        self
    }

    /// Whether it has a change set of this program's that nobody executed.
    #[must_use]
    pub fn is_drafted(&self) -> bool {
        self.change_set.is_some()
    }

    /// Makes what a template makes unconditionally, and the key and, unless there is one, the bucket.
    pub(super) fn make_resources(&mut self, template: &str) {
        let own = self.id.split('/').nth(1).unwrap_or_default().to_owned();
        let document = Document::parse(template).unwrap();
        let existing = self.parameters.get("ExistingBucket");
        let existing = existing.is_some_and(|name| !name.is_empty());
        let made = document.section("Resources").filter(|(name, value)| {
            let stores = *name == "Key" || (*name == "Bucket" && !existing);
            value.get("Condition").is_none() || stores
        });
        let resources = made.map(|(name, value)| {
            let physical = match name {
                "Bucket" => format!("{own}-content"),
                "Key" => own.clone(),
                _ => format!("{own}-{name}-1"),
            };
            let kind = value["Type"].as_str().unwrap().to_owned();
            (name.to_owned(), kind, physical)
        });
        self.resources = resources.collect();
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
