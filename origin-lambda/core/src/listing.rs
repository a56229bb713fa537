//! Listing what a publisher may see: where a page starts, and which prefixes it covers.
//!
//! A page follows from (rules, prefix, cursor) alone: nothing is kept between requests, and a cursor grants nothing,
//! because every key is authorised anew.

use crate::publisher::{Denial, Method, Publisher, Rule};

/// A position between two pages. Clients get it sealed: the key may be one that no rule shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// Behind this key.
    After(String),
    /// At the first key of this prefix.
    From(String),
}

impl Cursor {
    /// What [`Cursor::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        match (text.strip_prefix('a'), text.strip_prefix('f')) {
            (Some(key), _) => Some(Self::After(key.to_owned())),
            (_, Some(prefix)) => Some(Self::From(prefix.to_owned())),
            _ => None,
        }
    }

    /// One character longer than the key, whatever is in it.
    pub fn to_text(&self) -> String {
        match self {
            Self::After(key) => format!("a{key}"),
            Self::From(prefix) => format!("f{prefix}"),
        }
    }

    /// Where a scan of `prefix` starts: `None` if the cursor is behind all of it.
    pub fn start_in(&self, prefix: &str) -> Option<Option<&str>> {
        match self {
            Self::After(key) if key.starts_with(prefix) => Some(Some(key)),
            Self::After(key) => (prefix > key.as_str()).then_some(None),
            Self::From(first) => (prefix >= first.as_str()).then_some(None),
        }
    }
}

/// The disjoint prefixes to scan, in the order of their bytes: the requested one where a rule
/// covers it, otherwise the rules' own prefixes below it.
///
/// # Errors
/// No rule allows any key with this prefix.
pub fn scans<'a>(publisher: &'a Publisher, requested: &'a str) -> Result<Vec<&'a str>, Denial> {
    let readable = || {
        publisher
            .rules
            .iter()
            .filter(|rule| rule.admit_method(Method::List).is_ok())
    };
    if readable().any(|rule| rule.prefix.covers(requested)) {
        return Ok(vec![requested]);
    }
    let below = readable()
        .map(|rule| rule.prefix.as_str())
        .filter(|prefix| prefix.starts_with(requested));
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

/// The folders directly below `requested` that lead to something the publisher may list, where no rule covers all of it: `scans`
/// are those of it.
pub fn folders_above(scans: &[&str], requested: &str) -> Vec<String> {
    let names = scans.iter().filter_map(|scan| {
        let rest = scan.strip_prefix(requested)?;
        let name = rest.split_inclusive('/').next()?;
        Some(format!("{requested}{name}"))
    });
    let mut folders: Vec<String> = names.collect();
    // The scans are in order, and so are these.
    folders.dedup();
    folders
}

/// Whether a folder is shown: the rule that decides for it lets its keys be listed, or another one does for some of them.
pub fn shows_folder(publisher: &Publisher, folder: &str) -> bool {
    let covering = publisher.rules.iter();
    let covering = covering.filter(|rule| rule.prefix.covers(folder));
    let deciding = covering.max_by_key(|rule| rule.prefix.as_str().len());
    let lists = |rule: &Rule| rule.admit_method(Method::List).is_ok();
    let mut inside = publisher.rules.iter();
    deciding.is_some_and(lists)
        || inside.any(|rule| rule.prefix.as_str().starts_with(folder) && lists(rule))
}

/// Where a listing of a folder goes on behind one of its folders: behind everything in it.
pub fn behind_folder(folder: &str) -> String {
    format!("{folder}{}", char::MAX)
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
    fn scans_are_disjoint_readable_and_within_what_was_requested() {
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
    fn a_folder_is_shown_where_something_in_it_may_be_listed() {
        let get: &[&str] = &["GET"];
        let p = publisher(&[
            ("a/", get),
            ("a/secret/", &["PUT"]),
            ("a/other/", &["PUT"]),
            ("a/other/shown/", get),
            ("b/c/d/", get),
            ("b/c/e/", get),
            ("b/f/", get),
        ]);
        for (folder, shown) in [
            ("a/", true),
            ("a/x/", true),
            ("a/secret/", false),
            ("a/secret/deep/", false),
            ("a/other/", true),
            ("b/", true),
            ("b/c/d/", true),
            ("c/", false),
        ] {
            assert_eq!(shows_folder(&p, folder), shown, "{folder}");
        }
        let above = |requested| folders_above(&scans(&p, requested).unwrap(), requested);
        assert_eq!(above(""), ["a/", "b/"]);
        assert_eq!(above("b/"), ["b/c/", "b/f/"]);
        assert_eq!(above("b/c/"), ["b/c/d/", "b/c/e/"]);
    }

    #[test]
    fn cursors_survive_their_text_and_other_texts_are_none() {
        for cursor in [
            Cursor::After("a/\u{e9} %+\u{0}".to_owned()),
            Cursor::From("b/".to_owned()),
            Cursor::From(String::new()),
        ] {
            assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
        }
        for text in ["", "x", "\u{e9}a"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
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
