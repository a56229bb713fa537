//! Browser form uploads: S3's documented example, and what a form's policy binds.

use keyfront_sigv4::{
    AmzDate, Credentials, PostPolicy, Profile, SecretAccessKey, SessionToken, Signer,
    SigningContext,
};
use serde_json::{Value, json};

/// The policy of the example in *Examples: Browser-Based Upload using HTTP POST* (Amazon S3 API
/// reference), with its CRLF line ends.
const DOCUMENTED: &str = concat!(
    "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAg",
    "ICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAi",
    "dXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25f",
    "cmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxf",
    "dXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQog",
    "ICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRl",
    "LWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAi",
    "Il0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMt",
    "ZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEy",
    "NTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9",
);

fn credentials(token: Option<&str>) -> Credentials {
    let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
    let token = token.map(|token| SessionToken::new(token).unwrap());
    Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, token).unwrap()
}

fn context(credentials: &Credentials) -> SigningContext<'_> {
    SigningContext {
        credentials,
        region: "us-east-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::parse("20151229T000000Z").unwrap(),
    }
}

fn decoded(policy: &str) -> Value {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = policy
        .bytes()
        .filter_map(|byte| digits.iter().position(|digit| *digit == byte))
        .flat_map(|value| (0..6).rev().map(move |bit| (value >> bit & 1) as u8))
        .collect();
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit))
        .collect();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn the_documented_policy_gets_the_documented_signature() {
    let credentials = credentials(None);
    let signature = Signer::new()
        .sign_encoded_policy(DOCUMENTED, &context(&credentials))
        .unwrap();
    assert_eq!(
        signature.as_str(),
        "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
    );
}

#[test]
fn every_field_but_the_signature_has_its_condition() {
    let credentials = credentials(Some("session"));
    let policy = PostPolicy::new("media", 5..=5)
        .field("key", "a/$b \"c\".txt")
        .field("x-amz-server-side-encryption", "aws:kms");
    let ends = AmzDate::parse("20151229T010203Z").unwrap();
    let fields = Signer::new()
        .sign_post_policy(&policy, &context(&credentials), ends)
        .unwrap();
    let mut sent: Vec<_> = fields.iter().collect();
    let (last, signature) = sent.pop().unwrap();
    let (name, encoded) = sent.pop().unwrap();
    assert_eq!(
        (last, name, signature.len()),
        ("x-amz-signature", "policy", 64)
    );
    let document = decoded(encoded);
    assert_eq!(document["expiration"], "2015-12-29T01:02:03.000Z");
    let mut expected = vec![json!({"bucket": "media"})];
    expected.extend(sent.iter().map(|(name, value)| json!({ *name: value })));
    expected.push(json!(["content-length-range", 5, 5]));
    assert_eq!(document["conditions"], Value::Array(expected));
    assert!(sent.contains(&("x-amz-security-token", "session")));
}

#[test]
fn a_forms_fields_are_redacted() {
    let credentials = credentials(None);
    let policy = PostPolicy::new("media", 0..=1);
    let ends = AmzDate::parse("20151229T010203Z").unwrap();
    let fields = Signer::new()
        .sign_post_policy(&policy, &context(&credentials), ends)
        .unwrap();
    assert_eq!(format!("{fields:?}"), "PostFields(redacted)");
}
