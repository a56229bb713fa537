//! Trusted keys: what signed URLs and signed cookies open, what is refused, and what travels no further.

mod admitted;
mod refusal;
mod refused;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keyfront_cloudformation::PathPattern;
use keyfront_dev_cdn::{Behaviour, TrustedKey};
use keyfront_viewers::PublicKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha256};

use crate::stage::{Setting, Stage, TestOrigin, answer, at_once, default_behaviour};

const KEY_ID: &str = "K2JCJMDEHXQW5F";
const PROTECTED: &str = "/members/*";

const MISSING_KEY: [&str; 2] = [
    "MissingKey",
    "Missing Key-Pair-Id query parameter or cookie value",
];
const UNKNOWN_KEY: [&str; 2] = ["InvalidKey", "Unknown Key"];
const MALFORMED: [&str; 2] = ["MalformedPolicy", "Malformed Policy"];
const DENIED: [&str; 2] = ["AccessDenied", "Access denied"];

/// CloudFront's document for a refusal.
fn document([code, message]: [&str; 2]) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"#
    )
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

/// The public half of [`key`] as `SubjectPublicKeyInfo` (RFC 5480).
fn trusted_key() -> TrustedKey {
    let mut info = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    info.extend_from_slice(key().verifying_key().to_sec1_point(false).as_bytes());
    TrustedKey {
        id: KEY_ID.to_owned(),
        key: PublicKey::from_der(&info).unwrap(),
    }
}

/// `/members/*` for viewers with a signature of [`key`].
fn protected() -> Behaviour {
    let mut behaviour = default_behaviour();
    behaviour.path_pattern = PathPattern::new(PROTECTED);
    behaviour.trusted_keys = vec![trusted_key()];
    behaviour
}

/// A protected behaviour, and a default one that is open to everybody.
fn setting(protected: Behaviour) -> Setting {
    Setting {
        behaviours: vec![protected, default_behaviour()],
        ..Setting::default()
    }
}

async fn members_origin() -> TestOrigin {
    TestOrigin::start(|_| at_once(answer(200, &[], "for members"))).await
}

async fn open(origin: &TestOrigin) -> Stage {
    Stage::with(origin, setting(protected())).await
}

/// Seconds since 1970, so many from now.
fn in_seconds(seconds: i64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs().checked_add_signed(seconds).unwrap()
}

/// `"DateLessThan"` in an hour.
fn in_an_hour() -> String {
    format!(
        r#""DateLessThan":{{"AWS:EpochTime":{}}}"#,
        in_seconds(3_600)
    )
}

/// A policy of one statement.
fn policy(resource: &str, condition: &str) -> String {
    format!(r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{{condition}}}}}]}}"#)
}

/// A policy for all of `/members/` for an hour.
fn members(stage: &Stage) -> String {
    policy(&stage.url(PROTECTED), &in_an_hour())
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    let text = STANDARD.encode(bytes);
    text.replace('+', "-").replace('=', "_").replace('/', "~")
}

fn signature(key: &SigningKey, hash: &[u8]) -> String {
    let signature: Signature = key.sign_prehash(hash).unwrap();
    encoded(signature.to_der())
}

fn sign(policy: &str) -> String {
    signature(&key(), &Sha256::digest(policy))
}

/// The query of a custom policy, signed by [`key`] over SHA-256.
fn custom(policy: &str) -> String {
    format!(
        "Policy={}&Signature={}&Key-Pair-Id={KEY_ID}&Hash-Algorithm=SHA256",
        encoded(policy),
        sign(policy)
    )
}

/// The query of a canned policy for a URL.
fn canned(url: &str, until: u64) -> String {
    let policy = policy(
        url,
        &format!(r#""DateLessThan":{{"AWS:EpochTime":{until}}}"#),
    );
    format!(
        "Expires={until}&Signature={}&Key-Pair-Id={KEY_ID}&Hash-Algorithm=SHA256",
        sign(&policy)
    )
}

/// The same values as a `Cookie` header.
fn cookies(query: &str) -> String {
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| format!("CloudFront-{pair}"))
        .collect();
    pairs.join("; ")
}
