//! Signatures: whose they are, and over what.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::UnparsedPublicKey;
use serde_json::Value;
use serde_json::json;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{ALGORITHMS, ECC, MESSAGE, RSA, bytes, code, create, digest, listed, request, with};
use crate::stack::Stack;
use crate::wire::answer;
use crate::wire::call;

#[tokio::test]
async fn what_a_key_signs_is_valid_under_its_public_key() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    for (spec, oid) in [(ECC, "1.2.840.10045.2.1"), (RSA, "1.2.840.113549.1.1.1")] {
        let key = create(&kms, &admin, spec).await["Arn"].clone();
        let public = call(&kms, &admin, "GetPublicKey", json!({ "KeyId": key })).await;
        let der = bytes(&public["PublicKey"]);
        let described = json!({
            "KeyId": key,
            "PublicKey": public["PublicKey"],
            "KeySpec": spec,
            "CustomerMasterKeySpec": spec,
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": listed(spec),
        });
        assert_eq!(public, described);
        let (rest, parsed) = SubjectPublicKeyInfo::from_der(&der).unwrap();
        assert!(rest.is_empty());
        assert_eq!(parsed.algorithm.algorithm.to_id_string(), oid);

        for (_, algorithm, verification) in ALGORITHMS.iter().filter(|(of, ..)| *of == spec) {
            let verifier =
                UnparsedPublicKey::new(*verification, parsed.subject_public_key.data.as_ref());
            let raw = request(&key, algorithm, MESSAGE);
            let hashed = request(&key, algorithm, &digest(algorithm, MESSAGE));
            let hashed = with(hashed, "MessageType", json!("DIGEST"));
            for signed in [raw.clone(), hashed.clone()] {
                let signed = call(&kms, &admin, "Sign", signed).await;
                assert_eq!(signed["KeyId"], key);
                assert_eq!(signed["SigningAlgorithm"], *algorithm);
                let signature = bytes(&signed["Signature"]);
                assert!(verifier.verify(MESSAGE, &signature).is_ok(), "{algorithm}");
                for verified in [&raw, &hashed] {
                    let verified = with(verified.clone(), "Signature", signed["Signature"].clone());
                    let verified = call(&kms, &admin, "Verify", verified).await;
                    let expected = json!({
                        "KeyId": key, "SignatureValid": true, "SigningAlgorithm": algorithm,
                    });
                    assert_eq!(verified, expected);
                }
            }
        }
    }
}

#[tokio::test]
async fn every_other_signature_is_refused() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    let invalid = "KMSInvalidSignatureException";
    for (spec, algorithm, other) in [
        (ECC, "ECDSA_SHA_256", "ECDSA_SHA_256"),
        (RSA, "RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"),
    ] {
        let key = create(&kms, &admin, spec).await["Arn"].clone();
        let signing = request(&key, algorithm, MESSAGE);
        let signed = call(&kms, &admin, "Sign", signing.clone()).await["Signature"].clone();
        let verifying = |signature: &[u8]| {
            with(
                signing.clone(),
                "Signature",
                STANDARD.encode(signature).into(),
            )
        };
        let signature = bytes(&signed);
        for at in (0..signature.len()).step_by(7) {
            let mut flipped = signature.clone();
            flipped[at] ^= 1;
            let found = code(&kms, &admin, "Verify", verifying(&flipped)).await;
            assert_eq!(found, invalid, "{algorithm} byte {at}");
        }
        for wrong in [
            &signature[1..],
            &signature[..signature.len() - 1],
            &[0],
            &[0; 6144],
        ] {
            let found = code(&kms, &admin, "Verify", verifying(wrong)).await;
            assert_eq!(found, invalid, "{algorithm} {} bytes", wrong.len());
        }
        let mut changed = MESSAGE.to_vec();
        changed[0] ^= 1;
        let changed = request(&key, algorithm, &changed);
        let changed = with(changed, "Signature", signed.clone());
        assert_eq!(code(&kms, &admin, "Verify", changed).await, invalid);
        let another = match create(&kms, &admin, spec).await["Arn"].clone() {
            another if other == algorithm => request(&another, algorithm, MESSAGE),
            _ => request(&key, other, MESSAGE),
        };
        let another = with(another, "Signature", signed);
        assert_eq!(code(&kms, &admin, "Verify", another).await, invalid);
        let response = answer(&kms, &admin, "Verify", &verifying(&[0]).to_string()).await;
        let error: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(error, json!({ "__type": invalid }));
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn messages_and_members_outside_their_limits_are_refused() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    let key = create(&kms, &admin, ECC).await["Arn"].clone();
    let raw = |message: &[u8]| request(&key, "ECDSA_SHA_256", message);
    let hashed = |digest: &[u8]| with(raw(digest), "MessageType", json!("DIGEST"));
    for fits in [raw(&[0]), raw(&[0; 4096]), hashed(&[0; 32])] {
        call(&kms, &admin, "Sign", fits).await;
    }
    let validation = "ValidationException";
    let serialization = "SerializationException";
    for (operation, body, expected) in [
        ("Sign", raw(&[]), validation),
        ("Sign", raw(&[0; 4097]), validation),
        ("Sign", hashed(&[0; 31]), validation),
        ("Sign", hashed(&[0; 33]), validation),
        ("Sign", hashed(&[0; 64]), validation),
        (
            "Verify",
            with(hashed(&[0; 31]), "Signature", json!("AAAA")),
            validation,
        ),
        (
            "Verify",
            with(raw(&[0]), "Signature", json!("")),
            validation,
        ),
        (
            "Verify",
            with(raw(&[0]), "Signature", STANDARD.encode([0_u8; 6145]).into()),
            validation,
        ),
        (
            "Sign",
            with(raw(&[0]), "MessageType", json!("EXTERNAL_MU")),
            validation,
        ),
        (
            "Sign",
            with(raw(&[0]), "SigningAlgorithm", json!("ECDSA_SHA_1")),
            validation,
        ),
        (
            "Sign",
            with(raw(&[0]), "Message", json!("%%")),
            serialization,
        ),
        (
            "Sign",
            with(raw(&[0]), "DryRun", json!(true)),
            serialization,
        ),
        (
            "Sign",
            with(raw(&[0]), "GrantTokens", json!(["t"])),
            serialization,
        ),
        ("Verify", raw(&[0]), serialization),
        (
            "GetPublicKey",
            json!({ "KeyId": key, "GrantTokens": [] }),
            serialization,
        ),
        (
            "GetPublicKey",
            json!({ "KeyId": "alias/none" }),
            "NotFoundException",
        ),
    ] {
        let found = code(&kms, &admin, operation, body.clone()).await;
        assert_eq!(found, expected, "{operation} {body:.200}");
    }
}
