//! Requests to every other service get the same `authorization` from aws-sigv4, path normalised or not, hash sent
//! or not.

#![no_main]

use keyfront_fuzz::differential::{Generated, agree};
use keyfront_fuzz::request_text::RequestText;
use keyfront_sigv4::{ContentSha256Header, PathNormalization, Profile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let text = RequestText::read(text);
    // What a request line may hold: the oracle reads its URI with a parser that takes no less and no more.
    let sendable =
        |byte: &char| byte.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@%".contains(*byte);
    let path: String = format!("/{}", text.path).chars().filter(sendable).collect();
    for normalization in [PathNormalization::Normalized, PathNormalization::Verbatim] {
        for content_sha256 in [ContentSha256Header::Sent, ContentSha256Header::Omitted] {
            let profile = Profile::Standard {
                path: normalization,
                content_sha256,
            };
            agree(&Generated::of(&text, path.clone(), "lambda", profile));
        }
    }
});
