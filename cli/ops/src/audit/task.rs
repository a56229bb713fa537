//! What an audit is about and how far it came, as its checkpoint holds them.

use serde::{Deserialize, Serialize};

use super::{batch::Listed, expectation::Expectation, inventory::RowPosition, tally::Tally};
use crate::objects::checkpoint;

/// What an audit is about: another one must not go on where this one stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Task {
    pub(super) bucket: String,
    pub(super) prefix: String,
    pub(super) expectation: Expectation,
    pub(super) stale_days: u32,
    pub(super) repair: Repair,
    /// The inventory that lists the objects; `None`: the bucket is listed.
    #[serde(default)]
    pub(super) inventory: Option<String>,
    /// As which role, and through which bucket, S3 Batch Operations works.
    #[serde(default)]
    pub(super) batch: Option<String>,
}

/// What is done about objects that are not as demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Repair {
    None,
    Rehearse,
    Copy,
    /// One job of S3 Batch Operations for all.
    Batch,
}

/// How far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// The last key whose findings were reported.
    pub(super) after: Option<String>,
    /// That key's row, where an inventory lists the objects.
    #[serde(default)]
    pub(super) place: Option<RowPosition>,
    /// The objects listed for the job, as far as they are on the disk.
    #[serde(default)]
    pub(super) listed: Listed,
    pub(super) tally: Tally,
}

impl checkpoint::Task for Task {
    const RUN: &'static str = "an audit";

    fn difference(&self, other: &Self) -> &'static str {
        if self.bucket != other.bucket {
            "bucket"
        } else if self.prefix != other.prefix {
            "prefix"
        } else if self.expectation != other.expectation {
            "expected mode or key"
        } else if self.repair != other.repair {
            "--fix, --batch or --dry-run"
        } else if self.inventory != other.inventory {
            "--inventory"
        } else if self.batch != other.batch {
            "--batch-role or --batch-bucket"
        } else {
            "--stale-days"
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, path::PathBuf};

    use keyfront_origin_core::encryption::EncryptionMode;

    use super::*;
    use crate::objects::checkpoint::Checkpoint;

    fn task() -> Task {
        Task {
            bucket: "b".to_owned(),
            prefix: String::new(),
            expectation: Expectation::new(vec![EncryptionMode::SseKms], None).unwrap(),
            stale_days: 7,
            repair: Repair::None,
            inventory: None,
            batch: None,
        }
    }

    /// A file in a folder of its own, which does not exist yet.
    fn file(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("keyfront-audit-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder.join("audit.json")
    }

    #[test]
    fn a_checkpoint_is_found_again_by_its_own_audit_alone() {
        type Change = fn(&mut Task);
        let path = file("own");
        let checkpoint = Checkpoint::new(path.clone(), task());
        assert_eq!(checkpoint.load::<Progress>().unwrap(), None);
        let progress = Progress {
            after: Some("k\u{1}".to_owned()),
            place: Some(RowPosition { file: 1, row: 9 }),
            listed: Listed {
                objects: 1,
                bytes: 4,
            },
            tally: Tally {
                objects: 3,
                ..Tally::default()
            },
        };
        checkpoint.save(&progress).unwrap();
        assert_eq!(checkpoint.load().unwrap(), Some(progress));
        let others: [(Change, &str); 7] = [
            (|task| task.bucket = "c".to_owned(), "bucket"),
            (|task| task.prefix = "p/".to_owned(), "prefix"),
            (
                |task| {
                    task.expectation = Expectation::new(vec![EncryptionMode::SseS3], None).unwrap();
                },
                "expected mode",
            ),
            (|task| task.repair = Repair::Copy, "--fix"),
            (|task| task.stale_days = 8, "--stale-days"),
            (|task| task.inventory = Some("i".to_owned()), "--inventory"),
            (|task| task.batch = Some("r".to_owned()), "--batch-role"),
        ];
        for (change, expected) in others {
            let mut other = task();
            change(&mut other);
            let refused = Checkpoint::new(path.clone(), other)
                .load::<Progress>()
                .unwrap_err();
            assert!(refused.to_string().contains(expected), "{refused}");
        }
        checkpoint.remove().unwrap();
        checkpoint.remove().unwrap();
        assert_eq!(checkpoint.load::<Progress>().unwrap(), None);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_file_that_is_no_checkpoint_is_refused_and_left_alone() {
        let path = file("foreign");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for text in ["", "{}", "{\"v\":9}", "precious"] {
            fs::write(&path, text).unwrap();
            let refused = Checkpoint::new(path.clone(), task())
                .load::<Progress>()
                .unwrap_err();
            assert!(refused.to_string().contains("--restart"), "{refused}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
