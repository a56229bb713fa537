//! The pointers an edge knows: which serve, which are too old, and when the bucket is asked once more.
//!
//! A pointer is believed for five seconds, counted from the second in which it was asked for. While the bucket cannot be asked,
//! the last known one serves for a day. Who asks, and that only one does at a time, is the host's.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::pointer::Pointer;

/// Seconds a pointer is believed.
const LIFETIME: i64 = 5;
/// Seconds the last known pointer serves while the bucket cannot be asked.
const LONGEST_OUTAGE: i64 = 24 * 60 * 60;
/// Seconds until the bucket is asked again that could not be asked. Longer than the host waits for an answer, so that no request
/// waits twice.
const PAUSE: i64 = 2;
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
    /// The bucket has to be asked, if its tag is no longer this one.
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

    /// What is known of a pointer at `now`. A clock that was set back makes every pointer too old, and none unknown.
    pub(crate) fn standing(&self, host: &str, path: &str, now: i64) -> Standing<'_> {
        let Some(known) = self.known.iter().find(|known| known.is(host, path)) else {
            return Standing::Unasked("");
        };
        let age = now.saturating_sub(known.confirmed_at);
        let pausing = known
            .failed_at
            .is_some_and(|at| (0..PAUSE).contains(&now.saturating_sub(at)));
        match &known.pointer {
            Some(pointer) if (0..LIFETIME).contains(&age) => Standing::Active(pointer, None),
            _ if !pausing => Standing::Unasked(&known.etag),
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
