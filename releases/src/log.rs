//! The log of activations: entries that each name the hash of the one before.

use serde::{Deserialize, Serialize};

use crate::{
    Encoded, EncodedError, NotCanonical, ReleaseId, Sha256Digest, Timestamp,
    canonical::{self, MAX_INTEGER},
};

/// The longest entry.
pub const MAX_LOG_ENTRY_BYTES: usize = 16 << 10;

const VERSION: u64 = 1;
const MAX_PUBLISHER_BYTES: usize = 512;
/// An issuer's id may be as long as a publisher's, and stands between `oidc:` and a hash.
const MAX_PERSON_BYTES: usize = MAX_PUBLISHER_BYTES + 32;

/// Why bytes are not an entry of the log.
#[derive(Debug, thiserror::Error)]
pub enum LogEntryError {
    /// More than [`MAX_LOG_ENTRY_BYTES`].
    #[error("log entry: {bytes} bytes are more than 16384")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON of this shape.
    #[error("log entry: not of its schema")]
    Schema(#[source] serde_json::Error),
    /// Of a version this program does not know.
    #[error("log entry: version {0} is unknown, only 1 is known")]
    Version(u64),
    /// Another spelling of the same document.
    #[error("log entry")]
    NotCanonical(#[from] NotCanonical),
    /// Not a list of extensions.
    #[error("log entry")]
    Encoded(#[from] EncodedError),
    /// Numbers begin at 1, and only the first entry follows and replaces nothing.
    #[error("log entry {n}: only the first has nothing before it")]
    Place {
        /// Its number.
        n: u64,
    },
    /// No publisher, or not one that can be shown.
    #[error("log entry {n}: `by` must be 1 to 512 bytes without control characters")]
    Publisher {
        /// Its number.
        n: u64,
    },
    /// A person that cannot be shown.
    #[error("log entry {n}: `person` must be 1 to 544 bytes without control characters")]
    Person {
        /// Its number.
        n: u64,
    },
}

/// One activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When, by the origin's clock.
    pub at: Timestamp,
    /// The publisher's id.
    pub by: String,
    /// Of the release.
    pub encoded: Encoded,
    /// 1 for the first.
    pub n: u64,
    /// Which of the publisher's people, by a pseudonym: `oidc:ISSUER/HASH` or `iam/HASH`. Whoever has its token is nobody in particular.
    pub person: Option<String>,
    /// The SHA-256 of the bytes of the entry before; zeros for the first.
    pub previous: Sha256Digest,
    /// What was activated.
    pub release: ReleaseId,
    /// What was active before.
    pub replaced: Option<ReleaseId>,
}

/// Members in the order of their names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryWire {
    at: Timestamp,
    by: String,
    encoded: String,
    n: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    person: Option<String>,
    previous: Sha256Digest,
    release: ReleaseId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    replaced: Option<ReleaseId>,
    v: u64,
}

impl LogEntry {
    /// The first activation of a site.
    #[must_use]
    pub fn first(release: ReleaseId, encoded: Encoded, by: String, at: Timestamp) -> Self {
        Self {
            at,
            by,
            encoded,
            n: 1,
            person: None,
            previous: Sha256Digest::ZERO,
            release,
            replaced: None,
        }
    }

    /// The activation that follows this one.
    #[must_use]
    pub fn next(&self, release: ReleaseId, encoded: Encoded, by: String, at: Timestamp) -> Self {
        Self {
            at,
            by,
            encoded,
            n: self.n + 1,
            person: None,
            previous: self.digest(),
            release,
            replaced: Some(self.release),
        }
    }

    /// The same activation by this very person.
    #[must_use]
    pub fn by_person(self, person: Option<String>) -> Self {
        Self { person, ..self }
    }

    /// Who activated it: the publisher, and the person where there is one.
    #[must_use]
    pub fn author(&self) -> String {
        match &self.person {
            None => self.by.clone(),
            Some(person) => format!("{} ({person})", self.by),
        }
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`LogEntryError`], the first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, LogEntryError> {
        if bytes.len() > MAX_LOG_ENTRY_BYTES {
            return Err(LogEntryError::TooLarge { bytes: bytes.len() });
        }
        let wire: EntryWire = serde_json::from_slice(bytes).map_err(LogEntryError::Schema)?;
        let entry = Self::from_wire(wire)?;
        canonical::demand(&entry.wire(), bytes)?;
        Ok(entry)
    }

    /// Whether an entry can name this publisher: 1 to 512 bytes without control characters.
    #[must_use]
    pub fn admits_publisher(id: &str) -> bool {
        is_shown(id, MAX_PUBLISHER_BYTES)
    }

    /// Whether an entry can name this person: 1 to 544 bytes without control characters.
    #[must_use]
    pub fn admits_person(person: &str) -> bool {
        is_shown(person, MAX_PERSON_BYTES)
    }

    /// The entry, if it can be read again once it is written. Whoever makes one asks before anything of it is stored: a log
    /// with an entry that nobody can read takes no other.
    ///
    /// # Errors
    /// [`LogEntryError`], as reading its bytes.
    pub fn checked(self) -> Result<Self, LogEntryError> {
        Self::parse(&self.to_bytes())
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(&self.wire())
    }

    /// What the next entry names as `previous`.
    #[must_use]
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.to_bytes())
    }

    pub(crate) fn from_wire(wire: EntryWire) -> Result<Self, LogEntryError> {
        let EntryWire {
            at,
            by,
            encoded,
            n,
            person,
            previous,
            release,
            replaced,
            v,
        } = wire;
        if v != VERSION {
            return Err(LogEntryError::Version(v));
        }
        let first = n == 1;
        let in_place = (1..=MAX_INTEGER).contains(&n)
            && first == (previous == Sha256Digest::ZERO)
            && first == replaced.is_none();
        if !in_place {
            return Err(LogEntryError::Place { n });
        }
        if !Self::admits_publisher(&by) {
            return Err(LogEntryError::Publisher { n });
        }
        if person
            .as_deref()
            .is_some_and(|person| !Self::admits_person(person))
        {
            return Err(LogEntryError::Person { n });
        }
        Ok(Self {
            at,
            by,
            encoded: Encoded::new(&encoded)?,
            n,
            person,
            previous,
            release,
            replaced,
        })
    }

    pub(crate) fn wire(&self) -> EntryWire {
        EntryWire {
            at: self.at,
            by: self.by.clone(),
            encoded: self.encoded.to_string(),
            n: self.n,
            person: self.person.clone(),
            previous: self.previous,
            release: self.release,
            replaced: self.replaced,
            v: VERSION,
        }
    }
}

fn is_shown(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}
