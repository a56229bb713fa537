//! Appending several parts to a text, the one way every step writes its lines.

use alloc::string::String;

/// In WASM not inlined: forty copies of the growing of a buffer would be a third of a module.
#[cfg_attr(target_arch = "wasm32", inline(never))]
pub(crate) fn append(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
