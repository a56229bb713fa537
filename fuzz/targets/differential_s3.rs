//! Requests to S3 get the same `authorization`, and presigned URLs the same signature, from aws-sigv4.

#![no_main]

use keyfront_fuzz::differential::{Generated, agree};
use keyfront_fuzz::request_text::RequestText;
use keyfront_sigv4::{Profile, uri_encoding::encode_path};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let text = RequestText::read(text);
    let path = encode_path(&format!("/{}", text.path));
    agree(&Generated::of(&text, path, "s3", Profile::S3));
});
