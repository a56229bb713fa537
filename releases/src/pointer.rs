//! The pointer: which release of a site is live. Edges read its first member without reading the rest.

use serde::{Deserialize, Serialize};

use crate::{Encoded, LogEntry, LogEntryError, NotCanonical, ReleaseId, canonical, log::EntryWire};

/// The longest pointer.
pub const MAX_POINTER_BYTES: usize = 64 << 10;

const VERSION: u64 = 1;

/// Why bytes are not a pointer.
#[derive(Debug, thiserror::Error)]
pub enum PointerError {
    /// More than [`MAX_POINTER_BYTES`].
    #[error("pointer: {bytes} bytes are more than 65536")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON of this shape.
    #[error("pointer: not of its schema")]
    Schema(#[source] serde_json::Error),
    /// Of a version this program does not know.
    #[error("pointer: version {0} is unknown, only 1 is known")]
    Version(u64),
    /// Another spelling of the same document.
    #[error("pointer")]
    NotCanonical(#[from] NotCanonical),
    /// The entry that made it is none.
    #[error("pointer")]
    Entry(#[from] LogEntryError),
    /// The pointer and its entry name different releases.
    #[error("pointer: it names another release or encoding than the entry in it")]
    EntryDiffers,
}

/// A pointer, made by the activation that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(LogEntry);

/// Members in the order of their names; `active` is the first.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointerWire {
    active: ReleaseId,
    encoded: String,
    entry: EntryWire,
    v: u64,
}

impl Pointer {
    /// The pointer that this activation makes.
    #[must_use]
    pub const fn new(entry: LogEntry) -> Self {
        Self(entry)
    }

    /// Reads a pointer.
    ///
    /// # Errors
    /// [`PointerError`], the first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, PointerError> {
        if bytes.len() > MAX_POINTER_BYTES {
            return Err(PointerError::TooLarge { bytes: bytes.len() });
        }
        let wire: PointerWire = serde_json::from_slice(bytes).map_err(PointerError::Schema)?;
        if wire.v != VERSION {
            return Err(PointerError::Version(wire.v));
        }
        let entry = LogEntry::from_wire(wire.entry)?;
        if entry.release != wire.active || entry.encoded.as_str() != wire.encoded {
            return Err(PointerError::EntryDiffers);
        }
        let pointer = Self(entry);
        canonical::demand(&pointer.wire(), bytes)?;
        Ok(pointer)
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(&self.wire())
    }

    /// The release that is live.
    #[must_use]
    pub const fn active(&self) -> ReleaseId {
        self.0.release
    }

    /// The extensions that have variants.
    #[must_use]
    pub const fn encoded(&self) -> &Encoded {
        &self.0.encoded
    }

    /// The activation that made it; what the log must have as its last entry.
    #[must_use]
    pub const fn entry(&self) -> &LogEntry {
        &self.0
    }

    fn wire(&self) -> PointerWire {
        PointerWire {
            active: self.0.release,
            encoded: self.0.encoded.to_string(),
            entry: self.0.wire(),
            v: VERSION,
        }
    }
}
