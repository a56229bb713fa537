//! Messages as they are sent, kept and received.

use std::time::SystemTime;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::SqsError;

/// Bytes of a body at most: the limit that every Region has.
const MAX_BODY: usize = 262_144;
/// Seconds.
const MAX_DELAY: u32 = 900;

/// A message in the state. Moments are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
    pub(super) sent: u64,
    pub(super) visible: u64,
    pub(super) first_received: Option<u64>,
    pub(super) receive_count: u32,
    /// Of its newest receiver.
    pub(super) receipt: Option<String>,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub id: String,
    /// Hex.
    pub md5: String,
}

/// A message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// Deletes it.
    pub receipt: String,
    /// As it was sent.
    pub body: String,
    /// Hex.
    pub md5: String,
    /// Milliseconds since 1970.
    pub sent: u64,
    /// Milliseconds since 1970.
    pub first_received: u64,
    /// This time included.
    pub receive_count: u32,
}

/// The hex MD5 of a body.
pub(super) fn md5_of(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// Whether SQS takes such a message.
pub(super) fn check(body: &str, delay: Option<u32>) -> Result<(), SqsError> {
    if body.is_empty() {
        return Err(SqsError::Missing("MessageBody"));
    }
    if body.len() > MAX_BODY {
        return Err(SqsError::InvalidParameter("MessageBody"));
    }
    // XML 1.0's characters, whatever the protocol.
    let is_taken = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if !body.chars().all(is_taken) {
        return Err(SqsError::InvalidContents);
    }
    match delay {
        Some(seconds) if seconds > MAX_DELAY => Err(SqsError::InvalidParameter("DelaySeconds")),
        _ => Ok(()),
    }
}

/// Milliseconds since 1970.
pub(super) fn millis(moment: SystemTime) -> u64 {
    let since = moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
