//! One entry as it travels in an object's user metadata: base64 of
//! `1 || len16 publisher || len16 wrapped key || nonce || ciphertext and tag`.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Name of the entry, without `x-amz-meta-`. The edge shows no viewer a name with this beginning.
pub const NAME: &str = "keyfront-sealed";
/// Bytes of a nonce of AES-GCM.
pub const NONCE_LENGTH: usize = 12;
/// Characters of an entry at most: S3 gives an object 2,048 bytes, and the largest envelope needs
/// the rest.
const MAX_TEXT: usize = 1200;
const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;

/// The parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedEntry<'a> {
    /// Whose data key it is; in the key's context.
    pub publisher: &'a str,
    /// The data key as KMS wrapped it.
    pub wrapped: &'a [u8],
    /// Of AES-GCM.
    pub nonce: [u8; NONCE_LENGTH],
    /// Ciphertext and tag.
    pub sealed: &'a [u8],
}

/// The bytes of an entry's text, if it can be one.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    (text.len() <= MAX_TEXT)
        .then(|| STANDARD.decode(text).ok())
        .flatten()
}

impl<'a> SealedEntry<'a> {
    /// The text; `None` if it would be too long.
    pub fn written(&self) -> Option<String> {
        let mut bytes = vec![VERSION];
        for part in [self.publisher.as_bytes(), self.wrapped] {
            bytes.extend(u16::try_from(part.len()).ok()?.to_be_bytes());
            bytes.extend(part);
        }
        bytes.extend(self.nonce);
        bytes.extend(self.sealed);
        let text = STANDARD.encode(bytes);
        (text.len() <= MAX_TEXT).then_some(text)
    }

    /// Takes an entry apart.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (VERSION, rest) = bytes.split_first().map(|(first, rest)| (*first, rest))? else {
            return None;
        };
        let (publisher, rest) = split_part(rest)?;
        let (wrapped, rest) = split_part(rest)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        let publisher = std::str::from_utf8(publisher).ok()?;
        (!wrapped.is_empty() && sealed.len() >= TAG_LENGTH).then_some(Self {
            publisher,
            wrapped,
            nonce: *nonce,
            sealed,
        })
    }
}

fn split_part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry<'a>(publisher: &'a str, sealed: &'a [u8]) -> SealedEntry<'a> {
        SealedEntry {
            publisher,
            wrapped: &[7; 184],
            nonce: [1; NONCE_LENGTH],
            sealed,
        }
    }

    #[test]
    fn an_entry_survives_its_text() {
        let entry = entry("web-\u{e9}", &[9; 100]);
        let text = entry.written().unwrap();
        assert_eq!(SealedEntry::read(&decoded(&text).unwrap()), Some(entry));
    }

    #[test]
    fn an_entry_leaves_room_for_the_largest_envelope() {
        assert!(entry("web", &[0; 600]).written().is_some());
        assert!(entry("web", &[0; 700]).written().is_none());
        assert!(entry(&"p".repeat(70_000), &[0; 16]).written().is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_panic_the_reader_of_entries(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SealedEntry::read(&bytes);
        }
    }
}
