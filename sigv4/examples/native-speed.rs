//! Times the native signer against the `aws-sigv4` crate and against the bare SHA-256 compressions a signature
//! needs, interleaved, and prints the median and the best round as one JSON object. `bench/run` calls it; nothing asserts a time.
//!
//! The request is the reference of the benchmarks: GET, a 61-character path, an 899-character session token,
//! six signed headers, a canonical request of 1,383 bytes: 26 compressions with a cached key.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::{
    hint::black_box,
    time::{Duration, Instant, SystemTime},
};

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use keyfront_sigv4::{
    AmzDate, CanonicalRequest, Credentials, Payload, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext,
};
use sha2::block_api::compress256;

const PATH: &str = "/assets/2024/summer%20campaign/hero%20image%20and%20more.webp";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HEADERS: [(&str, &str); 3] = [
    ("host", "keyfront-bench.s3.eu-central-1.amazonaws.com"),
    ("range", "bytes=0-1048575"),
    (
        "x-amz-cf-id",
        "Q7mS7a9kXx3p5zqK1o2vWcYt8uRb4nLdE6fGhIjJkKlMmNnOoPpQq==",
    ),
];
const UNIX_SECONDS: i64 = 1_760_000_000;
const ROUNDS: usize = 41;
const SIGNATURES_A_ROUND: u32 = 2_000;

#[allow(clippy::too_many_lines, reason = "one measurement after the other")]
fn main() {
    let token = "T".repeat(899);
    let credentials = Credentials::new(
        "ASIAIOSFODNN7EXAMPLE",
        SecretAccessKey::new(SECRET).unwrap(),
        Some(SessionToken::new(token.clone()).unwrap()),
    )
    .unwrap();
    let context = SigningContext {
        credentials: &credentials,
        region: "eu-central-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::from_unix(UNIX_SECONDS).unwrap(),
    };
    let request = Request {
        method: "GET",
        path: PATH,
        query: "",
        headers: &HEADERS,
        payload: Payload::Bytes(b""),
    };

    let mut canonical_request = CanonicalRequest::new();
    canonical_request.write(&request, &context).unwrap();
    let bytes = canonical_request.as_bytes().len();
    let compressions = (bytes + 9).div_ceil(64) + 4;

    let identity = aws_credential_types::Credentials::new(
        "ASIAIOSFODNN7EXAMPLE",
        SECRET,
        Some(token),
        None,
        "bench",
    )
    .into();
    let mut signer = Signer::new();
    let ours = signer
        .sign(&request, &context)
        .unwrap()
        .signature()
        .to_string();
    assert_eq!(
        ours,
        aws_sigv4(&identity),
        "both must make the same signature"
    );

    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        samples[0].push(time(|| {
            black_box(
                signer
                    .sign(black_box(&request), &context)
                    .unwrap()
                    .signature(),
            );
        }));
        samples[1].push(time(|| {
            black_box(aws_sigv4(black_box(&identity)));
        }));
        samples[2].push(time(|| compress(compressions)));
    }
    let [ours, oracle, floor] = samples.map(summary);
    println!(
        "{{\"canonical_request_bytes\":{bytes},\"compressions\":{compressions},\"keyfront\":{ours},\
         \"aws_sigv4\":{oracle},\"bare_compressions\":{floor}}}"
    );
}

fn aws_sigv4(identity: &Identity) -> String {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder()
        .identity(identity)
        .region("eu-central-1")
        .name("s3")
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(UNIX_SECONDS as u64))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let uri = format!("https://keyfront-bench.s3.eu-central-1.amazonaws.com{PATH}");
    let request =
        SignableRequest::new("GET", uri, HEADERS.into_iter(), SignableBody::Bytes(b"")).unwrap();
    let (_, signature) = sign(request, &parameters).unwrap().into_parts();
    signature
}

fn compress(times: usize) {
    let mut state = [0x6a09_e667_u32; 8];
    let blocks = black_box([[0x61_u8; 64]; 32]);
    compress256(&mut state, &blocks[..times]);
    black_box(state);
}

/// Nanoseconds a call, over one round.
fn time(mut work: impl FnMut()) -> u128 {
    let start = Instant::now();
    for _ in 0..SIGNATURES_A_ROUND {
        work();
    }
    start.elapsed().as_nanos() / u128::from(SIGNATURES_A_ROUND)
}

/// Microseconds, as JSON.
fn summary(mut samples: Vec<u128>) -> String {
    samples.sort_unstable();
    let [median, best] = [samples.len() / 2, 0].map(|index| samples[index] as f64 / 1000.0);
    format!("{{\"median\":{median},\"best\":{best}}}")
}
