//! Appending several parts to a text, the one way every step writes its lines.

use alloc::string::String;

/// In WASM not inlined: forty copies of the growing of a buffer would be a third of a module.
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub(crate) fn append(out: &mut String, parts: &[&str]) {
    for part in parts {
        match part.as_bytes() {
            // A separator: stored, where a copy would be a call, which in WASM even leaves the module.
            [byte] => out.push(char::from(byte & 0x7f)),
            _ => out.push_str(part),
        }
    }
}
