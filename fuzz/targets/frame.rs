//! Whatever bytes the handler hands over, a whole frame comes back, and it forwards nothing unsigned.

#![no_main]

use keyfront_edge_cloudfront::frame;
use keyfront_fuzz::frame::answered;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert!(answered(bytes).is_answer() || frame::decode(bytes).is_ok());
});
