//! Appending several parts to a text, the one way every step writes its lines.

use alloc::string::String;

pub(crate) fn append(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
