//! The entity tags of a viewer's conditions, of which a release's object can have one kind: `"SHA-256 IN HEXADECIMAL"`.
//!
//! The bucket knows other tags, so it cannot compare. A tag in another form is no object's and is not kept.

use alloc::string::String;

use crate::text::{append, is_sha256_hex};

/// Tags that are kept of a list; who sends more has the first ones compared.
const KEPT: usize = 4;

/// How an object's tag is compared (RFC 9110, section 8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// A weak tag is no object's.
    Strong,
    /// A weak tag counts as the strong one.
    Weak,
}

/// The tags a condition lists: `*`, or hashes, each with a `.` behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tags(String);

impl Tags {
    /// Adds a header's value.
    pub(crate) fn add(&mut self, value: &str, comparison: Comparison) {
        if value == "*" {
            self.0.clear();
            self.0.push('*');
        }
        let mut before = "";
        for part in value.split('"') {
            let is_weak = before.ends_with('/') && comparison == Comparison::Strong;
            if is_sha256_hex(part) && !is_weak && self.0.len() < KEPT * 65 {
                append(&mut self.0, &[part, "."]);
            }
            before = part;
        }
    }

    /// Whether the object of this hash is meant; only `*` means one without a hash.
    pub(crate) fn name(&self, sha256_hex: &str) -> bool {
        let mut tags = self.0.split_terminator('.');
        self.0 == "*" || tags.any(|tag| !tag.is_empty() && tag == sha256_hex)
    }

    /// A word.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn read(word: &str) -> Self {
        Self(word.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(value: &str, comparison: Comparison) -> Tags {
        let mut tags = Tags::default();
        tags.add(value, comparison);
        tags
    }

    #[test]
    fn an_objects_hash_is_found_among_the_tags_of_a_list() {
        let (one, two) = ("0a".repeat(32), "0b".repeat(32));
        for (list, strong, weak) in [
            (format!("\"{one}\""), true, true),
            (format!("\"x\", \"{two}\" ,\"{one}\""), true, true),
            (format!("W/\"{one}\""), false, true),
            (format!("W/\"{two}\", \"{one}\""), true, true),
            ("*".to_owned(), true, true),
            (format!("\"{two}\""), false, false),
            (format!("\"{}\"", one.to_uppercase()), false, false),
            (format!("\"{}\"", &one[1..]), false, false),
            (String::new(), false, false),
        ] {
            assert_eq!(tags(&list, Comparison::Strong).name(&one), strong, "{list}");
            assert_eq!(tags(&list, Comparison::Weak).name(&one), weak, "{list}");
        }
    }

    #[test]
    fn an_object_without_a_hash_is_named_by_no_tag() {
        let one = "0a".repeat(32);
        for list in ["", "x", "\"\"", "\"x\"", "W/\"\"", &format!("\"{one}\"")] {
            for comparison in [Comparison::Strong, Comparison::Weak] {
                assert!(!tags(list, comparison).name(""), "{list}");
            }
        }
        assert!(tags("*", Comparison::Strong).name(""));
    }

    #[test]
    fn a_list_travels_as_a_short_word() {
        let list: Vec<String> = (0..99).map(|at| format!("\"{at:064x}\"")).collect();
        let tags = tags(&list.join(","), Comparison::Weak);
        assert!(tags.as_str().len() <= 4 * 65);
        assert!(tags.name(&format!("{:064x}", 3)));
        assert_eq!(Tags::read(tags.as_str()), tags);
        assert!(!tags.as_str().contains([' ', ',']));
    }
}
