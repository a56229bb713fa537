//! The pointers an edge knows: which serve, which are too old, and when the bucket is asked once more.
//!
//! A pointer is believed for five seconds, counted from the second in which it was asked for. While the bucket cannot be asked,
//! the last known one serves for a day. Who asks, and that only one does at a time, is the host's.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::pointer::Pointer;

/// Seconds a pointer is believed.
const LIFETIME: u64 = 5;
/// Seconds until what is known is too old to be served after a short wait: then the question is on no condition, and whoever asks
/// waits as if nothing were known. So a bucket that is far away is heard, and one that is silent holds a request up once a minute.
const RECENT: u64 = 60;
/// Seconds the last known pointer serves while the bucket cannot be asked.
const LONGEST_OUTAGE: i64 = 24 * 60 * 60;
/// Seconds until the bucket is asked again that could not be asked.
const PAUSE: u64 = 2;
/// How many pointers are kept: as many as sites are.
const KEPT: usize = 32;
/// The longest entity tag that goes back as a condition.
const LONGEST_TAG: usize = 128;

/// What the bucket said when it was asked for a pointer.
#[derive(Clone, Copy, Debug)]
pub struct PointerAnswer<'a> {
    /// Where the question went: `host` and `path` of its request.
    pub host: &'a str,
    /// As on the request line.
    pub path: &'a str,
    /// From the question.
    pub asked_at: i64,
    /// The status; 0 if there was no answer in time.
    pub status: u16,
    /// `ETag`, `""` if there is none.
    pub etag: &'a str,
    /// The body; a longer one than a pointer has is no answer.
    pub body: &'a str,
}

/// What is known of a pointer.
#[derive(Debug)]
pub(crate) enum Standing<'p> {
    /// It is active, or was so many seconds ago and nobody can say what is now.
    Active(&'p Pointer, Option<i64>),
    /// The bucket has to be asked, on the condition that its tag is no longer this one, if there is one.
    Unasked(&'p str),
    /// The bucket could not be asked, and no release was known within a day.
    Unknown,
}

#[derive(Debug)]
struct Known {
    host: String,
    path: String,
    pointer: Option<Pointer>,
    etag: String,
    /// When the pointer was asked for.
    confirmed_at: i64,
    /// When the bucket was asked in vain, if that was the last time.
    failed_at: Option<i64>,
}

/// The pointers, by where they are.
#[derive(Debug, Default)]
pub(crate) struct Pointers {
    known: Vec<Known>,
}

impl Pointers {
    pub(crate) const fn new() -> Self {
        Self { known: Vec::new() }
    }

    /// What is known of a pointer at `now`, which may be a little earlier than what another request of that moment has learned. A
    /// clock that was set back further makes every pointer too old, and none unknown.
    pub(crate) fn standing(&self, host: &str, path: &str, now: i64) -> Standing<'_> {
        let Some(known) = self.known.iter().find(|known| known.is(host, path)) else {
            return Standing::Unasked("");
        };
        let age = now.saturating_sub(known.confirmed_at);
        let failed_within = |seconds| known.failed_at.is_some_and(|at| now.abs_diff(at) < seconds);
        match &known.pointer {
            Some(pointer) if age.unsigned_abs() < LIFETIME => Standing::Active(pointer, None),
            _ if !failed_within(PAUSE) => {
                let is_old = age.unsigned_abs() > RECENT && !failed_within(RECENT);
                Standing::Unasked(if is_old { "" } else { &known.etag })
            }
            Some(pointer) if age <= LONGEST_OUTAGE => Standing::Active(pointer, Some(age.max(0))),
            _ => Standing::Unknown,
        }
    }

    /// Keeps what the bucket answered. Whatever is neither a pointer nor the word that it did not change is a failure.
    pub(crate) fn keep(&mut self, answer: &PointerAnswer<'_>) {
        let place = match self
            .known
            .iter()
            .position(|known| known.is(answer.host, answer.path))
        {
            Some(place) => place,
            None => {
                if self.known.len() == KEPT {
                    self.known.remove(0);
                }
                self.known.push(Known {
                    host: answer.host.to_owned(),
                    path: answer.path.to_owned(),
                    pointer: None,
                    etag: String::new(),
                    confirmed_at: answer.asked_at,
                    failed_at: None,
                });
                self.known.len() - 1
            }
        };
        let known = &mut self.known[place];
        match (answer.status, Pointer::read(answer.body)) {
            (200, Some(pointer)) => {
                known.pointer = Some(pointer);
                known.etag.clear();
                if answer.etag.len() <= LONGEST_TAG
                    && answer.etag.bytes().all(|byte| byte.is_ascii_graphic())
                {
                    known.etag.push_str(answer.etag);
                }
            }
            (304, _) if !known.etag.is_empty() => {}
            _ => {
                known.failed_at = Some(answer.asked_at);
                return;
            }
        }
        known.confirmed_at = answer.asked_at;
        known.failed_at = None;
    }
}

impl Known {
    fn is(&self, host: &str, path: &str) -> bool {
        self.host == host && self.path == path
    }
}

#[cfg(test)]
mod tests;
