//! What the answer of a site with releases depends on, as one word of the response facts.

use alloc::{borrow::ToOwned, string::String};

use super::tags::Tags;
use crate::text::{append, append_decimal, decimal, is_sha256_hex, split_once};

/// What of a release is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A file as it is.
    File,
    /// A file of which there are encoded variants: which one is read depends on `Accept-Encoding`.
    Variant,
    /// The pointer, a manifest or a signature.
    Document,
}

/// The facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseFacts {
    /// 64 lower-case hexadecimal digits; `""` for the pointer, which says it itself.
    pub release: String,
    /// What of it.
    pub part: Part,
    /// How many seconds ago that was known to be the active release, if the bucket could not be asked since.
    pub stale: Option<u32>,
    /// What `If-Match` names.
    pub(crate) if_match: Option<Tags>,
}

impl ReleaseFacts {
    /// `r`, the part, the release, the age and the tags of `If-Match`, between commas.
    pub(crate) fn append_to(&self, written: &mut String) {
        append(
            written,
            &[
                match self.part {
                    Part::File => "rf,",
                    Part::Variant => "rv,",
                    Part::Document => "rd,",
                },
                &self.release,
                ",",
            ],
        );
        if let Some(age) = self.stale {
            append_decimal(written, age);
        }
        if let Some(tags) = &self.if_match {
            append(written, &[",", tags.as_str()]);
        }
    }

    /// Reads the word; `None` if it is none.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let part = match word.get(..3)? {
            "rf," => Part::File,
            "rv," => Part::Variant,
            "rd," => Part::Document,
            _ => return None,
        };
        let (release, rest) = split_once(word.get(3..)?, ",")?;
        let (age, tags) = match split_once(rest, ",") {
            Some((age, tags)) => (age, Some(tags)),
            None => (rest, None),
        };
        let stale = match age {
            "" => None,
            digits => Some(u32::try_from(decimal(digits)?).ok()?),
        };
        let is_read = (release.is_empty() || is_sha256_hex(release))
            && tags.is_none_or(|tags| !tags.contains(','));
        is_read.then(|| Self {
            release: release.to_owned(),
            part,
            stale,
            if_match: tags.map(Tags::read),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_were_written() {
        for part in [Part::File, Part::Variant, Part::Document] {
            for release in [String::new(), "0c".repeat(32)] {
                for stale in [None, Some(0), Some(86_400)] {
                    for tags in [None, Some(""), Some("*"), Some("0d.0e.")] {
                        let facts = ReleaseFacts {
                            release: release.clone(),
                            part,
                            stale,
                            if_match: tags.map(Tags::read),
                        };
                        let mut word = String::new();
                        facts.append_to(&mut word);
                        assert!(!word.contains(' '), "{word}");
                        assert_eq!(ReleaseFacts::read(&word), Some(facts), "{word}");
                    }
                }
            }
        }
    }

    #[test]
    fn another_word_is_none_of_a_release() {
        for word in [
            "", "r", "rf", "rf,", "rx,,", "rf,ab,", "rf,,x", "rf,,,,", "4-0:/",
        ] {
            assert_eq!(ReleaseFacts::read(word), None, "{word}");
        }
    }
}
