//! Former objects: what a bucket with versions keeps of what was replaced or deleted, and how one is copied back.
//!
//! It calls nobody; what S3 lists comes in as values, a moment in whatever type the caller has.

use serde::{Deserialize, Serialize};

/// The largest object that S3 copies in one request, in bytes.
pub const MAX_COPY: u64 = 5 << 30;
/// Bytes of a part of a larger one, unless that would be too many parts.
const PART: u64 = 1 << 30;
/// Parts of an object at most.
const MAX_PARTS: u64 = 10_000;

/// A version as a listing has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion<Moment> {
    /// The key.
    pub key: String,
    /// S3's id; `null` for what was written before the bucket kept versions.
    pub id: String,
    /// Whether it is what readers get, or, of a deletion, why they get nothing.
    pub is_current: bool,
    /// When it was written.
    pub modified: Moment,
    /// What it is.
    pub kind: VersionKind,
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionKind {
    /// An object.
    Object {
        /// Bytes as they rest.
        size: u64,
        /// Entity tag with its quotes.
        etag: Option<String>,
    },
    /// The mark that the key was deleted.
    Deletion,
}

/// Behind a version, or behind all versions of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The key.
    pub key: String,
    /// The version's id; without one, all versions of the key are behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Where a listing of deleted objects goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "lowercase")]
pub enum DeletedCursor {
    /// Behind this position.
    Behind(Position),
    /// At the first key of this prefix.
    From {
        /// The prefix.
        prefix: String,
    },
}

impl DeletedCursor {
    /// Where a scan of `prefix` starts: `None` if the cursor is behind all of it.
    pub fn start_in(&self, prefix: &str) -> Option<Option<&Position>> {
        match self {
            Self::Behind(position) if position.key.starts_with(prefix) => Some(Some(position)),
            Self::Behind(position) => (prefix > position.key.as_str()).then_some(None),
            Self::From { prefix: first } => (prefix >= first.as_str()).then_some(None),
        }
    }
}

/// An object that was deleted, and can be brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedObject<Moment> {
    /// The key.
    pub key: String,
    /// When it was deleted.
    pub deleted: Moment,
    /// The id of its newest version.
    pub version: String,
    /// Bytes as that version rests.
    pub size: u64,
    /// Its entity tag with its quotes.
    pub etag: Option<String>,
}

/// Finds deleted objects among versions that come key by key, the newest first, in any number of pages.
#[derive(Debug)]
pub struct DeletedObjects<Moment> {
    /// The key whose current version is a deletion, and when that was, while none of its objects has come.
    open: Option<(String, Moment)>,
}

impl<Moment> Default for DeletedObjects<Moment> {
    fn default() -> Self {
        Self { open: None }
    }
}

impl<Moment> DeletedObjects<Moment> {
    /// Whether the object of a deletion is still to come.
    pub const fn is_looking(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the next version; the object that it turns out to have been, if that is deleted.
    pub fn take(&mut self, version: ListedVersion<Moment>) -> Option<DeletedObject<Moment>> {
        if self
            .open
            .as_ref()
            .is_some_and(|(key, _)| *key != version.key)
        {
            self.open = None;
        }
        match (version.kind, version.is_current) {
            (VersionKind::Deletion, true) => {
                self.open = Some((version.key, version.modified));
                None
            }
            (VersionKind::Deletion, false) => None,
            (VersionKind::Object { size, etag }, _) => {
                let (key, deleted) = self.open.take()?;
                Some(DeletedObject {
                    key,
                    deleted,
                    version: version.id,
                    size,
                    etag,
                })
            }
        }
    }
}

/// The parts in which a larger object is copied: number, first and last byte of each.
pub fn part_ranges(size: u64) -> impl Iterator<Item = (i32, u64, u64)> {
    let part = PART.max(size.div_ceil(MAX_PARTS));
    (1..)
        .zip(0..size.div_ceil(part))
        .map(move |(number, index)| {
            let first = index * part;
            (number, first, (first + part).min(size) - 1)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, id: &str, is_current: bool) -> ListedVersion<u8> {
        ListedVersion {
            key: key.to_owned(),
            id: id.to_owned(),
            is_current,
            modified: 1,
            kind: VersionKind::Object {
                size: 7,
                etag: None,
            },
        }
    }

    fn deletion(key: &str, is_current: bool) -> ListedVersion<u8> {
        ListedVersion {
            kind: VersionKind::Deletion,
            modified: 9,
            ..object(key, "mark", is_current)
        }
    }

    #[test]
    fn an_object_is_deleted_whose_current_version_is_a_deletion() {
        let mut found = DeletedObjects::default();
        let versions = [
            object("a", "1", true),
            deletion("a", false),
            object("a", "0", false),
            deletion("b", true),
            deletion("b", false),
            object("b", "2", false),
            object("b", "1", false),
            // Its objects are gone for good.
            deletion("c", true),
            object("d", "1", true),
        ];
        let found: Vec<_> = versions
            .into_iter()
            .filter_map(|version| found.take(version))
            .collect();
        let found: Vec<_> = found
            .iter()
            .map(|object| (object.key.as_str(), object.version.as_str(), object.deleted))
            .collect();
        assert_eq!(found, [("b", "2", 9)]);
    }

    #[test]
    fn parts_of_a_copy_cover_every_byte_once() {
        for size in [MAX_COPY + 1, PART * 9, 48 << 40] {
            let mut next = 0;
            let mut count = 0;
            for (number, first, last) in part_ranges(size) {
                count += 1;
                assert_eq!((number, first), (count, next));
                assert!(last >= first && last - first < MAX_COPY);
                next = last + 1;
            }
            assert_eq!(next, size);
            assert!(count <= 10_000);
        }
    }

    #[test]
    fn a_cursor_starts_where_its_page_ended() {
        let position = Position {
            key: "b/5".to_owned(),
            version: None,
        };
        let behind = DeletedCursor::Behind(position.clone());
        assert_eq!(behind.start_in("a/"), None);
        assert_eq!(behind.start_in("b/"), Some(Some(&position)));
        assert_eq!(behind.start_in("c/"), Some(None));
        let from = DeletedCursor::From {
            prefix: "b/".to_owned(),
        };
        assert_eq!(from.start_in("a/"), None);
        assert_eq!(from.start_in("b/"), Some(None));
        let text = serde_json::to_string(&behind).unwrap();
        assert_eq!(
            serde_json::from_str::<DeletedCursor>(&text).unwrap(),
            behind
        );
    }
}
