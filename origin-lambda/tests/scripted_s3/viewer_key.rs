//! What KMS answers about the key that signs for viewers: a fixed key, whose signatures tests verify.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey, signature::Signer as _};
use serde_json::{Value, json};

use super::{Recorded, Scripted};

pub const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/99999999-8888-7777-6666-555555555555";
/// What comes before the point in a public key of P-256 (RFC 5480).
const INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

/// What the CDN trusts.
pub fn verifying_key() -> VerifyingKey {
    *key().verifying_key()
}

/// What KMS answers to a call of an operation about the key; `None` for other operations.
pub(super) fn answer(operation: &str, call: &Recorded) -> Option<Scripted> {
    let request = || -> Value {
        serde_json::from_slice(call.body.as_deref().unwrap_or_default()).unwrap_or_default()
    };
    let document = match operation.rsplit_once('.')?.1 {
        "GetPublicKey" => {
            let point = verifying_key().to_sec1_point(false);
            let info = [&INFO, point.as_bytes()].concat();
            json!({"KeyId": KEY, "KeySpec": "ECC_NIST_P256", "PublicKey": STANDARD.encode(info)})
        }
        "Sign" => {
            let request = request();
            assert_eq!(request["KeyId"], KEY);
            assert_eq!(request["MessageType"], "RAW");
            assert_eq!(request["SigningAlgorithm"], "ECDSA_SHA_256");
            let message = STANDARD.decode(request["Message"].as_str()?).unwrap();
            let signature: Signature = key().sign(&message);
            json!({"KeyId": KEY, "Signature": STANDARD.encode(signature.to_der().as_bytes())})
        }
        _ => return None,
    };
    let kind = ("content-type", "application/x-amz-json-1.1");
    Some(Scripted::ok(&[kind], &document.to_string()))
}
