//! Whatever bytes the handler hands over, a whole frame comes back, and it forwards nothing unsigned.

#![no_main]

use keyfront_edge::Edge;
use keyfront_edge_cloudfront::{adapter, frame};
use keyfront_fuzz::frame::judge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut out = Vec::new();
    adapter::respond(&mut Edge::new(), bytes, |_| [7; 32], &mut out);
    let answered = judge(&out);
    assert!(answered.is_answer() || frame::decode(bytes).is_ok());
});
