//! What a run is about and how far it came, as its checkpoint holds them.

use serde::{Deserialize, Serialize};

use super::outcome::Tally;
use crate::objects::checkpoint;

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) bucket: String,
    pub(super) prefix: String,
    /// The old keys, by ARN or file.
    pub(super) from: Vec<String>,
    pub(super) to: String,
    pub(super) storage_key: Option<String>,
    pub(super) dry_run: bool,
    pub(super) former: Former,
}

/// What is done about versions that are not current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Former {
    /// They are written again under the new key.
    pub(super) repeat: bool,
    /// Those whose content is there again under the new key are deleted.
    pub(super) delete: bool,
}

/// How far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    pub(super) phase: Phase,
    /// The last key that was dealt with in this phase.
    pub(super) after: Option<String>,
    /// The versions that are being written again.
    pub(super) replay: Option<Replay>,
    pub(super) tally: Tally,
}

/// What is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    Objects,
    Versions,
}

/// An object whose versions are being written again: until the last one is, an older one is current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    pub(super) key: String,
    /// The versions, oldest first; the last one was current.
    pub(super) versions: Vec<String>,
    /// How many of them are written.
    pub(super) done: usize,
    /// Entity tag of what is current.
    pub(super) onto: String,
}

impl checkpoint::Task for Task {
    const RUN: &'static str = "a rewrap";

    fn difference(&self, other: &Self) -> &'static str {
        if self.bucket != other.bucket {
            "bucket"
        } else if self.prefix != other.prefix {
            "prefix"
        } else if self.from != other.from || self.to != other.to {
            "--from or --to"
        } else if self.storage_key != other.storage_key {
            "--storage-key"
        } else if self.dry_run != other.dry_run {
            "--dry-run"
        } else {
            "--all-versions or --delete-old-versions"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::checkpoint::Task as _;

    #[test]
    fn a_run_says_what_it_does_not_share_with_another() {
        type Change = fn(&mut Task);
        let task = Task {
            bucket: "b".to_owned(),
            prefix: String::new(),
            from: vec!["old".to_owned()],
            to: "new".to_owned(),
            storage_key: None,
            dry_run: false,
            former: Former {
                repeat: false,
                delete: false,
            },
        };
        let changes: [(Change, &str); 7] = [
            (|task| task.bucket.push('c'), "bucket"),
            (|task| task.prefix.push('p'), "prefix"),
            (|task| task.from.clear(), "--from or --to"),
            (|task| task.to.push('t'), "--from or --to"),
            (
                |task| task.storage_key = Some("k".to_owned()),
                "--storage-key",
            ),
            (|task| task.dry_run = true, "--dry-run"),
            (
                |task| task.former.repeat = true,
                "--all-versions or --delete-old-versions",
            ),
        ];
        for (change, expected) in changes {
            let mut other = task.clone();
            change(&mut other);
            assert_ne!(task, other);
            assert_eq!(task.difference(&other), expected);
        }
    }
}
