//! Keys that sign, as clients meet them over HTTP. What they sign is verified by ring, which has no part in making it.

mod keys;
mod signatures;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyfront_iam::Credentials;
use ring::signature::{self, VerificationAlgorithm};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::stack::Served;
use crate::wire::{call, refused};

const ECC: &str = "ECC_NIST_P256";
const RSA: &str = "RSA_2048";
const MESSAGE: &[u8] = b"what is signed";

const ALGORITHMS: [(&str, &str, &dyn VerificationAlgorithm); 7] = [
    (ECC, "ECDSA_SHA_256", &signature::ECDSA_P256_SHA256_ASN1),
    (
        RSA,
        "RSASSA_PKCS1_V1_5_SHA_256",
        &signature::RSA_PKCS1_2048_8192_SHA256,
    ),
    (
        RSA,
        "RSASSA_PKCS1_V1_5_SHA_384",
        &signature::RSA_PKCS1_2048_8192_SHA384,
    ),
    (
        RSA,
        "RSASSA_PKCS1_V1_5_SHA_512",
        &signature::RSA_PKCS1_2048_8192_SHA512,
    ),
    (
        RSA,
        "RSASSA_PSS_SHA_256",
        &signature::RSA_PSS_2048_8192_SHA256,
    ),
    (
        RSA,
        "RSASSA_PSS_SHA_384",
        &signature::RSA_PSS_2048_8192_SHA384,
    ),
    (
        RSA,
        "RSASSA_PSS_SHA_512",
        &signature::RSA_PSS_2048_8192_SHA512,
    ),
];

/// The algorithms that keys of a spec list.
fn listed(spec: &str) -> Vec<&'static str> {
    let all = ALGORITHMS.iter();
    all.filter(|(of, ..)| *of == spec)
        .map(|(_, name, _)| *name)
        .collect()
}

fn digest(algorithm: &str, message: &[u8]) -> Vec<u8> {
    match algorithm.rsplit_once('_').unwrap().1 {
        "256" => Sha256::digest(message).to_vec(),
        "384" => Sha384::digest(message).to_vec(),
        _ => Sha512::digest(message).to_vec(),
    }
}

fn bytes(base64: &Value) -> Vec<u8> {
    STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

async fn create(kms: &Served, who: &Credentials, spec: &str) -> Value {
    let request = json!({ "KeySpec": spec, "KeyUsage": "SIGN_VERIFY" });
    call(kms, who, "CreateKey", request).await["KeyMetadata"].clone()
}

/// The members that Sign and Verify share.
fn request(key: &Value, algorithm: &str, message: &[u8]) -> Value {
    json!({ "KeyId": key, "SigningAlgorithm": algorithm, "Message": STANDARD.encode(message) })
}

fn with(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request
}

async fn code(kms: &Served, who: &Credentials, operation: &str, body: Value) -> String {
    refused(kms, who, operation, &body.to_string()).await
}
