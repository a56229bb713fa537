//! Appending several parts to a text, the one way every step writes its lines.

use alloc::string::String;

/// Not inlined: a call costs a few nanoseconds, forty copies of the growing of a buffer a third of a module.
#[inline(never)]
pub(crate) fn append(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
