//! Pages of an answer. Their number is the API's, and a command that never ends tells nobody what is wrong.

use std::collections::HashSet;

use anyhow::ensure;
use keyfront_releases::Sha256Digest;

/// More pages than anything has: 5,000,000 activations.
const MAX_PAGES: usize = 100_000;

/// The pages that were read.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// Hashes: nobody knows how long a cursor is.
    cursors: HashSet<Sha256Digest>,
}

impl Pages {
    /// Where the next page begins, as the last one says; `None` behind the last.
    ///
    /// # Errors
    /// It begins where an earlier one began, or there are too many.
    pub(crate) fn next(&mut self, cursor: Option<String>) -> anyhow::Result<Option<String>> {
        if let Some(cursor) = &cursor {
            ensure!(
                self.cursors.insert(Sha256Digest::of(cursor.as_bytes())),
                "the API returned a page twice: its responses are not what this program expects"
            );
            ensure!(
                self.cursors.len() < MAX_PAGES,
                "the API returned more than {MAX_PAGES} pages, the most that anything has"
            );
        }
        Ok(cursor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pages_that_lead_back_or_never_end_are_refused() {
        let mut pages = Pages::default();
        let next = |pages: &mut Pages, cursor: &str| pages.next(Some(cursor.to_owned()));
        assert_eq!(next(&mut pages, "a").unwrap().as_deref(), Some("a"));
        assert_eq!(next(&mut pages, "b").unwrap().as_deref(), Some("b"));
        assert_eq!(pages.next(None).unwrap(), None);
        assert!(next(&mut pages, "a").is_err());
        let mut endless = Pages::default();
        let read = (0..).take_while(|number| next(&mut endless, &number.to_string()).is_ok());
        assert_eq!(read.count(), MAX_PAGES - 1);
    }
}
