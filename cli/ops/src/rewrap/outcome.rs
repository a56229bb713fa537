//! What became of an object, each with a stable name and a level, and the numbers of a run.

use serde::{Deserialize, Serialize};

/// One object, or one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) key: String,
    /// The version, where it is not the current one.
    pub(super) version: Option<String>,
    pub(super) status: Status,
    /// What is so, and what to do about it; empty where the status says it all.
    pub(super) detail: String,
    /// Whether S3 keeps it under one of the old keys, sealed as it is.
    pub(super) rests_under_old: bool,
}

/// The classes. Their names are in docs/rewrap.md and are read by scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// Written under the new key, and opened with it.
    Rewrapped,
    /// A dry run: it would be written.
    Planned,
    /// Under the new key before this run.
    Already,
    NotSealed,
    /// It is dealt with together with its object.
    InstructionFile,
    /// Deleted since it was listed.
    Gone,
    /// Written or deleted by somebody else meanwhile.
    Changed,
    /// No key of the run opens it.
    UnknownWrapping,
    /// A format or wrap that is never opened.
    Unsupported,
    /// It begins to be an envelope and is none.
    Broken,
    /// A copy cannot be made, or would lose something.
    NotCopied,
    /// The write was refused, or what was written is not as intended.
    Failed,
    NotChecked,
    /// A version that was removed, its content being there again under the new key.
    Deleted,
}

/// How much an outcome weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Not worth a line.
    Silent,
    Info,
    Done,
    /// It could not be read, so nothing is said about it.
    NotChecked,
    /// Not under the new key.
    Left,
}

impl Status {
    /// The name in every output.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rewrapped => "rewrapped",
            Self::Planned => "planned",
            Self::Already => "already",
            Self::NotSealed => "not-sealed",
            Self::InstructionFile => "instruction-file",
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::UnknownWrapping => "unknown-wrapping",
            Self::Unsupported => "unsupported",
            Self::Broken => "broken-envelope",
            Self::NotCopied => "not-copied",
            Self::Failed => "failed",
            Self::NotChecked => "not-checked",
            Self::Deleted => "deleted",
        }
    }

    pub(super) const fn level(self) -> Level {
        match self {
            Self::Already | Self::InstructionFile | Self::Gone => Level::Silent,
            Self::NotSealed => Level::Info,
            Self::Rewrapped | Self::Deleted => Level::Done,
            Self::NotChecked => Level::NotChecked,
            Self::Planned
            | Self::Changed
            | Self::UnknownWrapping
            | Self::Unsupported
            | Self::Broken
            | Self::NotCopied
            | Self::Failed => Level::Left,
        }
    }
}

impl Level {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Silent | Self::Info => "info",
            Self::Done => "done",
            Self::NotChecked => "not-checked",
            Self::Left => "left",
        }
    }
}

/// Numbers of a whole run, interruptions included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tally {
    /// Objects that were looked at, instruction files excepted.
    pub(super) objects: u64,
    pub(super) rewrapped: u64,
    pub(super) planned: u64,
    pub(super) already: u64,
    pub(super) not_sealed: u64,
    /// What is not under the new key, `planned` included.
    pub(super) left: u64,
    pub(super) not_checked: u64,
    /// Sealed objects that S3 keeps under an old key.
    pub(super) rest_under_old: u64,
    pub(super) versions: Versions,
}

/// What is known of the versions that are not current.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Versions {
    /// Those that still open with an old key.
    pub(super) under_old: u64,
    /// Those that could not be looked at, instruction files among them.
    pub(super) not_checked: u64,
    /// Written again under the new key.
    pub(super) repeated: u64,
    pub(super) deleted: u64,
    /// Whether it is not even known if there are any.
    pub(super) unread: bool,
}

/// What it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Clean,
    Left,
    /// Nothing was left, but not everything was looked at.
    Incomplete,
}

impl Tally {
    pub(super) fn count(&mut self, outcome: &Outcome) {
        match (outcome.status, outcome.version.is_some()) {
            (Status::InstructionFile | Status::Gone, _) => return,
            (Status::Rewrapped, true) => self.versions.repeated += 1,
            (Status::Deleted, _) => self.versions.deleted += 1,
            (status, true) if status.level() == Level::NotChecked => self.versions.not_checked += 1,
            (status, true) => self.left += u64::from(status.level() == Level::Left),
            (status, false) => self.count_object(status),
        }
        self.rest_under_old += u64::from(outcome.rests_under_old);
    }

    fn count_object(&mut self, status: Status) {
        self.objects += 1;
        match status {
            Status::Rewrapped => self.rewrapped += 1,
            Status::Planned => self.planned += 1,
            Status::Already => self.already += 1,
            Status::NotSealed => self.not_sealed += 1,
            _ => {}
        }
        match status.level() {
            Level::Left => self.left += 1,
            Level::NotChecked => self.not_checked += 1,
            Level::Silent | Level::Info | Level::Done => {}
        }
    }

    pub(super) const fn verdict(&self) -> Verdict {
        match (self.left, self.not_checked) {
            (0, 0) => Verdict::Clean,
            (0, _) => Verdict::Incomplete,
            _ => Verdict::Left,
        }
    }
}

impl Verdict {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Left => "left",
            Self::Incomplete => "incomplete",
        }
    }
}
