//! The region set of SigV4A: what text is one. Which regions it covers is for the verifier.

use crate::credentials::is_name_byte;

/// Is this a region set: region names separated by commas, `*` standing for any run of characters of a name?
#[must_use]
pub fn is_region_set(text: &str) -> bool {
    let mut before = b',';
    let mut continues = |byte| {
        let between = byte == b',' && before != b',';
        before = byte;
        between || byte == b'*' || is_name_byte(byte)
    };
    text.bytes().all(&mut continues) && before != b','
}
