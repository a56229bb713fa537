//! Listing objects: pages in key order, groups folded by a delimiter.

use super::{
    records::Object,
    tables::{Catalog, CatalogError, OBJECTS, row_key},
};

/// One page's question.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only keys that begin with it.
    pub prefix: String,
    /// Fold what follows its first occurrence after the prefix.
    pub delimiter: Option<String>,
    /// Where to begin.
    pub resume: Resume,
    /// At most this many entries.
    pub limit: usize,
}

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// At the first key.
    #[default]
    Start,
    /// Behind this key.
    AfterKey(String),
    /// Behind every key with this prefix.
    AfterGroup(String),
}

/// One line of a page.
#[derive(Clone, Debug)]
pub enum Entry {
    /// An object.
    Object(String, Box<Object>),
    /// A common prefix.
    Group(String),
}

/// A page, and where the next one begins.
#[derive(Debug, Default)]
pub struct Page {
    /// In order.
    pub entries: Vec<Entry>,
    /// `None` on the last page.
    pub next: Option<Resume>,
}

impl Entry {
    /// The key or the common prefix.
    pub fn name(&self) -> &str {
        match self {
            Self::Object(key, _) => key,
            Self::Group(prefix) => prefix,
        }
    }

    fn resume(&self) -> Resume {
        match self {
            Self::Object(key, _) => Resume::AfterKey(key.clone()),
            Self::Group(prefix) => Resume::AfterGroup(prefix.clone()),
        }
    }
}

impl Catalog {
    /// One page of `bucket`.
    ///
    /// Folded groups are jumped over, so a page costs what it shows.
    ///
    /// # Errors
    /// [`CatalogError`] if the records cannot be read.
    pub fn list(&self, bucket: &str, query: &ListQuery) -> Result<Page, CatalogError> {
        let mut page = Page::default();
        if query.limit == 0 {
            return Ok(page);
        }
        let base = row_key(bucket, "");
        let wanted = row_key(bucket, &query.prefix);
        let read = self.read()?;
        let objects = read.open_table(OBJECTS)?;
        let mut from = first_row(&base, &wanted, &query.resume);
        'seek: loop {
            for row in objects.range(from.as_slice()..)? {
                let (row, record) = row?;
                let row = row.value();
                if !row.starts_with(&wanted) {
                    break 'seek;
                }
                if page.entries.len() == query.limit {
                    page.next = page.entries.last().map(Entry::resume);
                    break 'seek;
                }
                let key = String::from_utf8_lossy(&row[base.len()..]).into_owned();
                if let Some(group) = group_of(&key, &query.prefix, query.delimiter.as_deref()) {
                    from = after_all(&row_key(bucket, &group));
                    page.entries.push(Entry::Group(group));
                    continue 'seek;
                }
                let object = serde_json::from_slice(record.value())?;
                page.entries.push(Entry::Object(key, object));
            }
            break;
        }
        Ok(page)
    }
}

fn first_row(base: &[u8], wanted: &[u8], resume: &Resume) -> Vec<u8> {
    let resumed = match resume {
        Resume::Start => return wanted.to_vec(),
        Resume::AfterKey(key) => [base, key.as_bytes(), &[0]].concat(),
        Resume::AfterGroup(prefix) => after_all(&[base, prefix.as_bytes()].concat()),
    };
    resumed.max(wanted.to_vec())
}

/// The common prefix that `key` folds into.
pub(super) fn group_of(key: &str, prefix: &str, delimiter: Option<&str>) -> Option<String> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let rest = key.strip_prefix(prefix)?;
    let end = rest.find(delimiter)? + delimiter.len();
    Some(format!("{prefix}{}", &rest[..end]))
}

/// The first row behind every row that begins with `prefix`. No row has the byte 0xff: it is not UTF-8.
pub(super) fn after_all(prefix: &[u8]) -> Vec<u8> {
    [prefix, &[0xff]].concat()
}
