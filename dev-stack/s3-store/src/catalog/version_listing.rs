//! Listing versions: keys in the order of their bytes, the versions of each newest first, groups folded by a delimiter.

use std::ops::Bound;

use redb::ReadableTable;

use super::{
    listing::{after_all, group_of},
    records::Object,
    tables::{Catalog, CatalogError, OBJECTS, VERSIONS, find, row_key},
    version_id::VersionId,
    version_rows::{ROW_END, Version, place_in, place_of_null, version_row, version_rows},
};

/// One page's question over versions.
#[derive(Clone, Debug, Default)]
pub struct VersionListQuery {
    /// Only keys that begin with it.
    pub prefix: String,
    /// Fold what follows its first occurrence after the prefix.
    pub delimiter: Option<String>,
    /// Where to begin.
    pub resume: VersionResume,
    /// At most this many entries.
    pub limit: usize,
}

/// Where a page of versions begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VersionResume {
    /// At the first key.
    #[default]
    Start,
    /// Behind all versions of this key.
    AfterKey(String),
    /// Behind every key with this prefix.
    AfterGroup(String),
    /// Behind this version of this key, whether or not it still exists.
    AfterVersion(String, VersionId),
}

/// One line of a page of versions.
#[derive(Clone, Debug)]
pub enum VersionEntry {
    /// A version.
    Version {
        /// Its key.
        key: String,
        /// Itself.
        version: Version,
        /// Whether it is the newest of its key.
        is_latest: bool,
    },
    /// A common prefix.
    Group(String),
}

/// A page of versions.
#[derive(Debug, Default)]
pub struct VersionPage {
    /// In order.
    pub entries: Vec<VersionEntry>,
    /// Whether there are more behind the last entry.
    pub is_truncated: bool,
}

impl Catalog {
    /// One page of the versions of `bucket`.
    ///
    /// # Errors
    /// [`CatalogError`] if the records cannot be read.
    pub fn list_versions(
        &self,
        bucket: &str,
        query: &VersionListQuery,
    ) -> Result<VersionPage, CatalogError> {
        if query.limit == 0 {
            return Ok(VersionPage::default());
        }
        let read = self.read()?;
        let walk = Walk {
            objects: read.open_table(OBJECTS)?,
            others: read.open_table(VERSIONS)?,
            base: row_key(bucket, ""),
            wanted: row_key(bucket, &query.prefix),
        };
        walk.page(query)
    }
}

/// A walk over both tables, key by key.
struct Walk<T> {
    objects: T,
    others: T,
    /// What stands before every key of the bucket.
    base: Vec<u8>,
    /// What stands before every row that is asked for.
    wanted: Vec<u8>,
}

impl<T: ReadableTable<&'static [u8], &'static [u8]>> Walk<T> {
    fn page(&self, query: &VersionListQuery) -> Result<VersionPage, CatalogError> {
        let mut page = VersionPage::default();
        let (mut from, mut behind) = self.begin(&query.resume)?;
        while let Some(row) = self.next_key(&from)? {
            let key = String::from_utf8_lossy(&row[self.base.len()..]).into_owned();
            let entries = match group_of(&key, &query.prefix, query.delimiter.as_deref()) {
                Some(group) => {
                    from = after_all(&[self.base.as_slice(), group.as_bytes()].concat());
                    vec![VersionEntry::Group(group)]
                }
                None => {
                    let [_, end] = version_rows(&row);
                    from = end;
                    let room = query.limit - page.entries.len() + 1;
                    self.versions(&row, &key, behind, room)?
                }
            };
            behind = None;
            for entry in entries {
                if page.entries.len() == query.limit {
                    page.is_truncated = true;
                    return Ok(page);
                }
                page.entries.push(entry);
            }
        }
        Ok(page)
    }

    /// The row to begin at, and of its key the place to begin behind.
    fn begin(&self, resume: &VersionResume) -> Result<(Vec<u8>, Option<u64>), CatalogError> {
        let at = |key: &str| [self.base.as_slice(), key.as_bytes()].concat();
        let (from, behind) = match resume {
            VersionResume::Start => (self.wanted.clone(), None),
            VersionResume::AfterKey(key) => {
                let [_, end] = version_rows(&at(key));
                (end, None)
            }
            VersionResume::AfterGroup(prefix) => (after_all(&at(prefix)), None),
            VersionResume::AfterVersion(key, id) => {
                let row = at(key);
                let place = match id.place() {
                    Some(place) => Some(place),
                    None => self.place_of_null(&row)?,
                };
                (row, place)
            }
        };
        Ok(match from < self.wanted {
            true => (self.wanted.clone(), None),
            false => (from, behind),
        })
    }

    /// The place of a key's `null` version. If it is gone, all of the key's are listed: rather twice than not at all.
    fn place_of_null(&self, row: &[u8]) -> Result<Option<u64>, CatalogError> {
        match find::<Object>(&self.objects, row)? {
            Some(object) if object.stamp.id.is_null() => Ok(Some(object.stamp.place)),
            _ => place_of_null(&self.others, row),
        }
    }

    /// The row of the first key at or behind `from`.
    fn next_key(&self, from: &[u8]) -> Result<Option<Vec<u8>>, CatalogError> {
        let object = self.objects.range(from..)?.next().transpose()?;
        let object = object.map(|(row, _)| row.value().to_vec());
        let other = self.others.range(from..)?.next().transpose()?;
        let other = other.map(|(row, _)| {
            let row = row.value();
            row[..row.len() - ROW_END].to_vec()
        });
        let first = match (object, other) {
            (Some(object), Some(other)) => Some(object.min(other)),
            (object, other) => object.or(other),
        };
        Ok(first.filter(|row| row.starts_with(&self.wanted)))
    }

    /// At most `room` versions of a key, newest first.
    fn versions(
        &self,
        row: &[u8],
        key: &str,
        behind: Option<u64>,
        room: usize,
    ) -> Result<Vec<VersionEntry>, CatalogError> {
        let is_behind = |place| behind.is_none_or(|behind| place < behind);
        let entry = |version, is_latest| VersionEntry::Version {
            key: key.to_owned(),
            version,
            is_latest,
        };
        let object: Option<Object> = find(&self.objects, row)?;
        let [first, end] = version_rows(row);
        let newest = match &object {
            Some(object) => Some(object.stamp.place),
            None => self.first_place(&first, &end)?,
        };
        let mut entries = Vec::new();
        entries.extend(
            object
                .filter(|object| is_behind(object.stamp.place))
                .map(|object| entry(Version::Object(Box::new(object)), true)),
        );
        let first = match behind {
            Some(behind) => Bound::Excluded(version_row(row, behind)),
            None => Bound::Included(first),
        };
        let rows = (
            first.as_ref().map(Vec::as_slice),
            Bound::Excluded(end.as_slice()),
        );
        for found in self.others.range::<&[u8]>(rows)? {
            if entries.len() >= room {
                break;
            }
            let version: Version = serde_json::from_slice(found?.1.value())?;
            let is_latest = newest == Some(version.stamp().place);
            entries.push(entry(version, is_latest));
        }
        Ok(entries)
    }

    fn first_place(&self, first: &[u8], end: &[u8]) -> Result<Option<u64>, CatalogError> {
        let found = self.others.range(first..end)?.next().transpose()?;
        Ok(found.and_then(|(row, _)| place_in(row.value())))
    }
}
