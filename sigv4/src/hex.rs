//! Lower-case hexadecimal without allocation.

/// The two digits of every byte.
static PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// The two digits of a byte.
pub(crate) fn pair(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// A SHA-256 output as text: always 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HexDigest([u8; 64]);

impl HexDigest {
    pub(crate) fn of(digest: &[u8; 32]) -> Self {
        let mut text = [0; 64];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(digest) {
            *pair = self::pair(*byte);
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }
}

/// Is this the lower-case hexadecimal form of 32 bytes?
pub(crate) fn is_digest(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
