//! Whatever an event's fields hold, a whole frame comes back, and it forwards nothing unsigned. The first byte is
//! the kind, fields are separated by the unit separator (0x1f).

#![no_main]

use keyfront_fuzz::frame::{answered, written};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (kind, count) = if text.starts_with('2') {
        (2, 8)
    } else {
        (1, 16)
    };
    let mut fields: Vec<&str> = text.get(1..).unwrap_or_default().split('\x1f').collect();
    fields.resize(count, "");
    answered(&written(kind, &fields));
});
