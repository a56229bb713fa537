//! What is wrong with a document, and where.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Where it begins: bytes from the start.
    pub(super) at: usize,
    /// Such as `cors[0].origins`; empty for the document itself.
    pub(super) path: String,
    pub(super) what: String,
    /// Counted from 1, once the text is at hand.
    place: (usize, usize),
}

impl Problem {
    pub(super) fn new(at: usize, path: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            at,
            path: path.into(),
            what: what.into(),
            place: (0, 0),
        }
    }

    /// With line and column in `text`.
    pub(super) fn placed(mut self, text: &str) -> Self {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default();
        self.place = (line, column.chars().count() + 1);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.place;
        write!(f, "{line}:{column}: ")?;
        if !self.path.is_empty() {
            write!(f, "{} ", self.path)?;
        }
        f.write_str(&self.what)
    }
}
