//! What the signer module is held against, behind the same kind of boundary: the `aws-sigv4` crate as WASM, and the
//! bare SHA-256 compressions of one signature.
//!
//! `input(n)` gives the place of n bytes for the session token, then `sign()` the place of the 64 digits of the
//! signature of the reference request; 0 is a refusal. What does not change is compiled in, which favours the peer. `compress(n)` is n compressions.

// `no_mangle` exports count as unsafe: another symbol of the same name could be linked.
#![allow(unsafe_code)]
#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4;
use sha2::block_api::compress256;

const URI: &str = "https://keyfront-bench.s3.eu-central-1.amazonaws.com/assets/2024/summer%20campaign/hero%20image%20and%20more.webp";
const HEADERS: [(&str, &str); 3] = [
    ("host", "keyfront-bench.s3.eu-central-1.amazonaws.com"),
    ("range", "bytes=0-1048575"),
    (
        "x-amz-cf-id",
        "Q7mS7a9kXx3p5zqK1o2vWcYt8uRb4nLdE6fGhIjJkKlMmNnOoPpQq==",
    ),
];

thread_local! {
    static BUFFERS: RefCell<(Vec<u8>, String)> = const { RefCell::new((Vec::new(), String::new())) };
}

/// The place of a session token of `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    BUFFERS.with_borrow_mut(|(token, _)| {
        token.resize(length, 0);
        token.as_mut_ptr()
    })
}

/// Signs with the token in the input.
#[unsafe(no_mangle)]
pub extern "C" fn sign() -> *const u8 {
    BUFFERS.with_borrow_mut(|(token, output)| {
        match std::str::from_utf8(token).ok().and_then(signature) {
            Some(signature) => {
                *output = signature;
                output.as_ptr()
            }
            None => std::ptr::null(),
        }
    })
}

/// `count` compressions in one call; something of the state, so that they are made.
#[unsafe(no_mangle)]
pub extern "C" fn compress(count: usize) -> u32 {
    let blocks = std::hint::black_box([[0x61_u8; 64]; 32]);
    let mut state = [0x6a09_e667_u32; 8];
    compress256(&mut state, blocks.get(..count).unwrap_or_default());
    state[0]
}

fn signature(token: &str) -> Option<String> {
    let identity = Credentials::new(
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        Some(token.to_owned()),
        None,
        "bench",
    )
    .into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-central-1")
        .name("s3")
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000))
        .settings(settings)
        .build()
        .ok()?
        .into();
    let request =
        SignableRequest::new("GET", URI, HEADERS.into_iter(), SignableBody::Bytes(b"")).ok()?;
    Some(sign_request(request, &parameters).ok()?.into_parts().1)
}
