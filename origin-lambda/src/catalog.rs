//! Listing what a publisher may see, page by page, across the prefixes its rules allow.
//!
//! A page follows from (rules, prefix asked for, cursor) alone: nothing is kept between requests,
//! and a cursor grants nothing, because every key is authorised anew.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_envelope::{INSTRUCTION_FILE_MARKER, instruction_file_key};
use keyfront_names::ObjectKey;

use crate::{
    error::Error,
    publisher::{Denial, Method, Publisher},
    sealed_metadata::{Found, SealedMetadata},
    store::{Entry, Store},
};

/// Calls to S3 one page may cost.
const CALLS: usize = 8;
/// Objects of a page that are asked about at the same time.
const CONCURRENT_HEADS: usize = 16;

/// Part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Objects in the order of their keys' bytes. A page may hold fewer than asked for, even none.
    pub entries: Vec<Entry>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<Cursor>,
}

/// A position between two pages. Its text is opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// Behind this key.
    After(String),
    /// At the first key of this prefix.
    From(String),
}

impl Cursor {
    /// # Errors
    /// The text was not written by [`Cursor::to_text`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = || Error::Query("the cursor is not one of ours".to_owned());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
        let text = String::from_utf8(bytes).map_err(|_| refuse())?;
        match (text.strip_prefix('a'), text.strip_prefix('f')) {
            (Some(key), _) => Ok(Self::After(key.to_owned())),
            (_, Some(prefix)) => Ok(Self::From(prefix.to_owned())),
            _ => Err(refuse()),
        }
    }

    /// The text to hand to a client.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(match self {
            Self::After(key) => format!("a{key}"),
            Self::From(prefix) => format!("f{prefix}"),
        })
    }

    /// Where a scan of `prefix` starts: `None` if the cursor is behind all of it.
    fn start_in(&self, prefix: &str) -> Option<Option<&str>> {
        match self {
            Self::After(key) if key.starts_with(prefix) => Some(Some(key)),
            Self::After(key) => (prefix > key.as_str()).then_some(None),
            Self::From(first) => (prefix >= first.as_str()).then_some(None),
        }
    }
}

/// Lists objects the publisher may `GET` whose keys start with `prefix`, at most `limit` (1..=1000).
///
/// # Errors
/// No rule allows any key with this prefix; what S3 answered.
pub async fn list(
    store: &Store,
    publisher: &Publisher,
    prefix: &str,
    cursor: Option<&Cursor>,
    limit: u16,
) -> Result<Page, Error> {
    let scans = scans(publisher, prefix)?;
    let mut page = Page {
        entries: Vec::new(),
        next: None,
    };
    let mut calls = 0;
    for scan in scans {
        let mut after = match cursor.map(|cursor| cursor.start_in(scan)) {
            None => None,
            Some(Some(start)) => start.map(str::to_owned),
            Some(None) => continue,
        };
        loop {
            let room = limit
                - u16::try_from(page.entries.len())
                    .unwrap_or(limit)
                    .min(limit);
            if room == 0 || calls == CALLS {
                page.next =
                    Some(after.map_or_else(|| Cursor::From(scan.to_owned()), Cursor::After));
                return Ok(page);
            }
            calls += 1;
            let listing = store.list(scan, after.as_deref(), room).await?;
            let readable = |entry: &Entry| publisher.authorise(Method::Get, &entry.key).is_ok();
            page.entries
                .extend(listing.entries.into_iter().filter(readable));
            match listing.more_after {
                Some(key) => after = Some(key),
                None => break,
            }
        }
    }
    Ok(page)
}

/// Opens the sealed metadata of a page's objects, in their order. An object that is gone by now has
/// none.
///
/// # Errors
/// What S3 or KMS answered.
pub async fn sealed_metadata(
    store: &Store,
    metadata: &SealedMetadata,
    entries: &[Entry],
) -> Result<Vec<Found>, Error> {
    let open = |entry: &Entry| {
        let key = entry.key.clone();
        async move {
            match store.describe(&key).await {
                Ok(described) => metadata.open(&key, &described.metadata).await,
                Err(Error::NotFound) => Ok(Found::Absent),
                Err(error) => Err(error),
            }
        }
    };
    stream::iter(entries.iter().map(open))
        .buffered(CONCURRENT_HEADS)
        .try_collect()
        .await
}

/// Deletes an object, and the instruction file that belongs to it.
///
/// # Errors
/// As [`Store::delete`]. After a failure the same call may be made again.
pub async fn delete(store: &Store, key: &ObjectKey, if_match: Option<&str>) -> Result<(), Error> {
    store.delete(key, if_match).await?;
    // A key with no room for the suffix has no instruction file.
    let Ok(companion) = ObjectKey::new(instruction_file_key(key.as_str())) else {
        return Ok(());
    };
    match store.describe(&companion).await {
        // Only what is marked as one: a publisher may have named a file of his own so.
        Ok(found) if found.metadata.contains_key(INSTRUCTION_FILE_MARKER) => {
            store.delete(&companion, None).await
        }
        Ok(_) | Err(Error::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The disjoint prefixes to scan, in the order of their bytes: what was asked for where a rule
/// covers it, otherwise the rules' own prefixes below it.
fn scans<'a>(publisher: &'a Publisher, asked: &'a str) -> Result<Vec<&'a str>, Denial> {
    let readable = || {
        publisher
            .rules
            .iter()
            .filter(|rule| rule.methods.contains(&Method::Get))
    };
    if readable().any(|rule| rule.prefix.covers(asked)) {
        return Ok(vec![asked]);
    }
    let below = readable()
        .map(|rule| rule.prefix.as_str())
        .filter(|prefix| prefix.starts_with(asked));
    let mut below: Vec<&str> = below.collect();
    below.sort_unstable();
    // Sorted, a folder stands directly before what lies in it.
    below.dedup_by(|inner, outer| inner.starts_with(*outer));
    if below.is_empty() {
        return Err(Denial::NoRule {
            publisher: publisher.id.clone(),
        });
    }
    Ok(below)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn publisher(prefixes: &[(&str, &[&str])]) -> Publisher {
        let rules: Vec<_> = prefixes
            .iter()
            .map(|(prefix, methods)| {
                json!({"prefix": prefix, "methods": methods, "max_size": 1, "content_types": ["*/*"]})
            })
            .collect();
        serde_json::from_value(json!({"id": "p", "rules": rules})).unwrap()
    }

    #[test]
    fn scans_are_disjoint_readable_and_within_what_was_asked() {
        let get: &[&str] = &["GET"];
        let p = publisher(&[
            ("b/", get),
            ("a/", get),
            ("a/x/", get),
            ("a/x/y/", &["PUT"]),
            ("w/", &["PUT"]),
        ]);
        assert_eq!(scans(&p, "").unwrap(), ["a/", "b/"]);
        assert_eq!(scans(&p, "a").unwrap(), ["a/"]);
        assert_eq!(scans(&p, "a/x").unwrap(), ["a/x"]);
        assert_eq!(scans(&p, "b/z").unwrap(), ["b/z"]);
        assert!(scans(&p, "w/").is_err());
        assert!(scans(&p, "ab").is_err());
        assert_eq!(
            scans(&publisher(&[("", get), ("a/", get)]), "q").unwrap(),
            ["q"]
        );
    }

    #[test]
    fn cursors_survive_their_text_and_foreign_texts_are_refused() {
        for cursor in [
            Cursor::After("a/\u{e9} %+".to_owned()),
            Cursor::From("b/".to_owned()),
        ] {
            assert_eq!(Cursor::parse(&cursor.to_text()).unwrap(), cursor);
        }
        for text in ["", "!", "eA", "_w", "YQ=="] {
            assert!(
                matches!(Cursor::parse(text), Err(Error::Query(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_cursor_starts_where_its_page_ended() {
        let after = Cursor::After("b/5".to_owned());
        assert_eq!(after.start_in("a/"), None);
        assert_eq!(after.start_in("b/"), Some(Some("b/5")));
        assert_eq!(after.start_in("c/"), Some(None));
        let from = Cursor::From("b/".to_owned());
        assert_eq!(from.start_in("a/"), None);
        assert_eq!(from.start_in("b/"), Some(None));
    }
}
