//! The log as a whole: each entry follows from the one before, and the pointer from the last.

use crate::{LogEntry, LogEntryError, Pointer, Sha256Digest};

/// Where a log does not hold together.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// An entry that is none.
    #[error("the log is not readable at entry {n}")]
    Entry {
        /// The number expected there.
        n: u64,
        /// What is wrong with it.
        source: LogEntryError,
    },
    /// Another number than the next.
    #[error("the log has entry {found} where {expected} belongs: an entry is missing or was moved")]
    Number {
        /// The next.
        expected: u64,
        /// The one found.
        found: u64,
    },
    /// An entry does not name the hash of the one before.
    #[error(
        "log entry {n} names {named} as the one before it, which is {actual}: one of the two was altered"
    )]
    Previous {
        /// The entry.
        n: u64,
        /// What it names.
        named: Sha256Digest,
        /// What it should name.
        actual: Sha256Digest,
    },
    /// An entry replaced another release than the one that was active.
    #[error("log entry {n} replaced another release than the one that entry {} activated", .n - 1)]
    Replaced {
        /// The entry.
        n: u64,
    },
    /// The pointer says something else than the log.
    #[error(
        "the pointer's entry {pointer} does not follow from the log, which ends at entry {log}"
    )]
    Pointer {
        /// The number of the pointer's entry.
        pointer: u64,
        /// The number of the last entry.
        log: u64,
    },
}

/// Follows a log from its first entry on, one entry at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    last: Option<LogEntry>,
    clock_set_back: u64,
}

impl Chain {
    /// The entry that comes next.
    ///
    /// # Errors
    /// [`ChainError`]; the chain is then as before.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<&LogEntry, ChainError> {
        let expected = self.entries() + 1;
        let entry = LogEntry::parse(bytes).map_err(|source| ChainError::Entry {
            n: expected,
            source,
        })?;
        self.demand_next(&entry)?;
        if self.last.as_ref().is_some_and(|last| entry.at < last.at) {
            self.clock_set_back += 1;
        }
        Ok(self.last.insert(entry))
    }

    /// How many entries there were.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.n)
    }

    /// The hash of the last entry; zeros before the first. Whoever keeps it notices any change of what led to it.
    #[must_use]
    pub fn head(&self) -> Sha256Digest {
        self.last
            .as_ref()
            .map_or(Sha256Digest::ZERO, LogEntry::digest)
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<&LogEntry> {
        self.last.as_ref()
    }

    /// How many entries are dated before the one they follow. Order is by number: a clock was set back.
    #[must_use]
    pub fn clock_set_back(&self) -> u64 {
        self.clock_set_back
    }

    /// Demands that the pointer is what the log ends in, or one activation ahead: the log is written after the switch.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn demand_pointer(&self, pointer: &Pointer) -> Result<(), ChainError> {
        let entry = pointer.entry();
        if Some(entry) == self.last.as_ref() {
            return Ok(());
        }
        if entry.n <= self.entries() {
            return Err(ChainError::Pointer {
                pointer: entry.n,
                log: self.entries(),
            });
        }
        self.demand_next(entry)
    }

    fn demand_next(&self, entry: &LogEntry) -> Result<(), ChainError> {
        let expected = self.entries() + 1;
        if entry.n != expected {
            return Err(ChainError::Number {
                expected,
                found: entry.n,
            });
        }
        let actual = self.head();
        if entry.previous != actual {
            return Err(ChainError::Previous {
                n: entry.n,
                named: entry.previous,
                actual,
            });
        }
        if entry.replaced != self.last.as_ref().map(|last| last.release) {
            return Err(ChainError::Replaced { n: entry.n });
        }
        Ok(())
    }
}
