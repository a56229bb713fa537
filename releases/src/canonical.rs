//! Canonical JSON (RFC 8785) of documents whose members are declared in the order of their names.
//!
//! Keys are ASCII and numbers are integers, so that sorting by UTF-16 code units is sorting by bytes and no number needs
//! ECMAScript's spelling. `serde_json` escapes strings exactly as section 3.2.2.2 says (a test holds it to that).

use std::io::{self, Write};

use serde::Serialize;

/// The largest integer that every reader of JSON keeps exactly (RFC 8785, section 3.2.2.3 on I-JSON).
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The document says what it means in another spelling than the canonical one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical JSON (RFC 8785): another spelling from byte {at} on")]
pub struct NotCanonical {
    /// Where the two spellings part.
    pub at: usize,
}

/// The canonical bytes of `document`.
pub(crate) fn to_bytes(document: &impl Serialize) -> Vec<u8> {
    // Writing to memory fails only for maps with keys that are no text, of which no document has one.
    serde_json::to_vec(document).expect("documents are structs of texts and integers")
}

/// Demands that `bytes` are the canonical ones of `document`, without writing them a second time.
pub(crate) fn demand(document: &impl Serialize, bytes: &[u8]) -> Result<(), NotCanonical> {
    let mut comparison = Comparison { bytes, at: 0 };
    let same = serde_json::to_writer(&mut comparison, document).is_ok();
    if same && comparison.at == bytes.len() {
        Ok(())
    } else {
        Err(NotCanonical { at: comparison.at })
    }
}

/// Takes what is written as long as it is what stands in `bytes`.
struct Comparison<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Write for Comparison<'_> {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        let rest = &self.bytes[self.at..];
        let same = rest
            .iter()
            .zip(written)
            .take_while(|(ours, theirs)| ours == theirs)
            .count();
        self.at += same;
        if same == written.len() {
            Ok(same)
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
