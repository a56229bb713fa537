//! Keys that sign, as clients meet them over HTTP. What they sign is verified by ring, which has no part in making it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyfront_dev_ground::state::State;
use keyfront_dev_kms::{EncryptionContext, KeySpec, NewKey, Operation};
use keyfront_iam::Credentials;
use redb::{ReadableTable as _, TableDefinition};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::stack::{Served, Stack};
use crate::wire::{answer, call, refused};

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

#[tokio::test]
async fn metadata_of_a_signing_key_lists_how_it_signs() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    for spec in [ECC, RSA] {
        let created = create(&kms, &admin, spec).await;
        assert_eq!(created["KeySpec"], spec);
        assert_eq!(created["CustomerMasterKeySpec"], spec);
        assert_eq!(created["KeyUsage"], "SIGN_VERIFY");
        assert_eq!(created["SigningAlgorithms"], json!(listed(spec)));
        assert!(created.get("EncryptionAlgorithms").is_none(), "{created}");
        let described = call(
            &kms,
            &admin,
            "DescribeKey",
            json!({ "KeyId": created["Arn"] }),
        )
        .await;
        assert_eq!(described["KeyMetadata"], created);
    }
    let old_name = json!({ "CustomerMasterKeySpec": ECC, "KeyUsage": "SIGN_VERIFY" });
    let created = call(&kms, &admin, "CreateKey", old_name).await;
    assert_eq!(created["KeyMetadata"]["KeySpec"], ECC);
}

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
async fn a_key_does_only_what_it_is_for() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    let symmetric = call(&kms, &admin, "CreateKey", json!({})).await["KeyMetadata"]["Arn"].clone();
    let encrypted = json!({ "KeyId": symmetric, "Plaintext": "aGVsbG8=" });
    let blob = call(&kms, &admin, "Encrypt", encrypted).await["CiphertextBlob"].clone();
    let signature = json!("AAAA");
    let usage = "InvalidKeyUsageException";
    let unsupported = "UnsupportedOperationException";
    for (spec, own, foreign) in [
        (ECC, "ECDSA_SHA_256", "RSASSA_PSS_SHA_256"),
        (RSA, "RSASSA_PSS_SHA_256", "ECDSA_SHA_256"),
    ] {
        let key = create(&kms, &admin, spec).await["Arn"].clone();
        let size = json!({ "KeyId": key, "KeySpec": "AES_256" });
        let verify = |request| with(request, "Signature", signature.clone());
        for (operation, body, expected) in [
            (
                "Encrypt",
                json!({ "KeyId": key, "Plaintext": "AAAA" }),
                usage,
            ),
            (
                "Decrypt",
                json!({ "KeyId": key, "CiphertextBlob": blob }),
                usage,
            ),
            ("GenerateDataKey", size.clone(), usage),
            ("GenerateDataKeyWithoutPlaintext", size, usage),
            ("Sign", request(&symmetric, own, MESSAGE), usage),
            ("Verify", verify(request(&symmetric, own, MESSAGE)), usage),
            ("Sign", request(&key, foreign, MESSAGE), usage),
            ("Verify", verify(request(&key, foreign, MESSAGE)), usage),
            ("GetPublicKey", json!({ "KeyId": symmetric }), unsupported),
            ("EnableKeyRotation", json!({ "KeyId": key }), unsupported),
            ("DisableKeyRotation", json!({ "KeyId": key }), unsupported),
        ] {
            let found = code(&kms, &admin, operation, body.clone()).await;
            assert_eq!(found, expected, "{operation} {body}");
        }
        let rotation = json!({ "KeyId": key });
        let rotation = call(&kms, &admin, "GetKeyRotationStatus", rotation).await;
        assert_eq!(rotation["KeyRotationEnabled"], false);
        let authorized = stack.kms.authorize(
            &stack.admin(),
            Operation::GenerateDataKey,
            key.as_str().unwrap(),
            &EncryptionContext::default(),
        );
        assert_eq!(authorized.unwrap_err().code(), usage);
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

#[tokio::test]
async fn kinds_of_keys_that_are_not_offered_are_refused() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    for body in [
        json!({ "KeySpec": ECC }),
        json!({ "KeySpec": RSA }),
        json!({ "KeySpec": ECC, "KeyUsage": "ENCRYPT_DECRYPT" }),
        json!({ "KeySpec": RSA, "KeyUsage": "ENCRYPT_DECRYPT" }),
        json!({ "KeySpec": ECC, "KeyUsage": "KEY_AGREEMENT" }),
        json!({ "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "SIGN_VERIFY" }),
        json!({ "KeyUsage": "SIGN_VERIFY" }),
        json!({ "KeyUsage": "GENERATE_VERIFY_MAC", "KeySpec": "HMAC_256" }),
        json!({ "KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P384" }),
        json!({ "KeyUsage": "SIGN_VERIFY", "KeySpec": "ecc_nist_p256" }),
        json!({ "KeyUsage": "SIGN_VERIFY", "KeySpec": ECC, "CustomerMasterKeySpec": ECC }),
    ] {
        let found = code(&kms, &admin, "CreateKey", body.clone()).await;
        assert_eq!(found, "ValidationException", "{body}");
    }
    assert!(stack.kms.list_keys(&stack.admin()).unwrap().is_empty());
}

#[tokio::test]
async fn signing_keys_go_by_aliases_and_have_the_states_of_all_keys() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    let key = create(&kms, &admin, ECC).await["Arn"].clone();
    let alias = json!({ "AliasName": "alias/signer", "TargetKeyId": key });
    call(&kms, &admin, "CreateAlias", alias).await;
    let name = json!("alias/signer");
    let signing = request(&name, "ECDSA_SHA_256", MESSAGE);
    let signed = call(&kms, &admin, "Sign", signing.clone()).await;
    let verifying = with(signing.clone(), "Signature", signed["Signature"].clone());
    let calls = [
        ("Sign", signing),
        ("Verify", verifying),
        ("GetPublicKey", json!({ "KeyId": name })),
    ];
    for (operation, body) in &calls {
        let answered = call(&kms, &admin, operation, body.clone()).await;
        assert_eq!(answered["KeyId"], key, "{operation}");
    }
    let only_key = json!({ "KeyId": key });
    for (change, expected) in [
        ("DisableKey", "DisabledException"),
        ("ScheduleKeyDeletion", "KMSInvalidStateException"),
    ] {
        call(&kms, &admin, change, only_key.clone()).await;
        for (operation, body) in &calls {
            let found = code(&kms, &admin, operation, body.clone()).await;
            assert_eq!(found, expected, "{operation} after {change}");
        }
    }
}

#[tokio::test]
async fn signing_keys_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Stack::on(Arc::new(State::open(folder.path()).unwrap()));
    let mut made = Vec::new();
    {
        let stack = open();
        for (spec, algorithm) in [
            (KeySpec::EccNistP256, "ECDSA_SHA_256"),
            (KeySpec::Rsa2048, "RSASSA_PKCS1_V1_5_SHA_256"),
        ] {
            let new = NewKey {
                spec,
                ..NewKey::default()
            };
            let key = stack.kms.create_key(&stack.admin(), new).unwrap();
            let public = stack.kms.public_key(&stack.admin(), &key.arn).unwrap();
            made.push((key, public, algorithm));
        }
    }
    let stack = open();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    for (key, public, algorithm) in made {
        let found = stack.kms.describe_key(&stack.admin(), &key.arn).unwrap();
        assert_eq!(found, key);
        let found = stack.kms.public_key(&stack.admin(), &key.arn).unwrap();
        assert_eq!(found, public);
        let signing = request(&json!(key.arn), algorithm, MESSAGE);
        let signed = call(&kms, &admin, "Sign", signing.clone()).await;
        let verifying = with(signing, "Signature", signed["Signature"].clone());
        call(&kms, &admin, "Verify", verifying).await;
    }
}

/// States of before there were signing keys.
#[test]
fn a_record_without_a_spec_is_of_a_symmetric_key() {
    const KEYS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("kms keys");
    let folder = tempfile::tempdir().unwrap();
    let state = || Arc::new(State::open(folder.path()).unwrap());
    let none = EncryptionContext::default();
    let (key, blob) = {
        let stack = Stack::on(state());
        let key = stack.kms.create_key(&stack.admin(), NewKey::default());
        let key = key.unwrap();
        let blob = stack.kms.encrypt(&stack.admin(), &key.arn, &none, MESSAGE);
        (key, blob.unwrap().ciphertext)
    };
    {
        let state = state();
        let write = state.begin_write().unwrap();
        {
            let mut keys = write.open_table(KEYS).unwrap();
            let id = key.id.to_string();
            let record = keys.get(id.as_str()).unwrap().unwrap().value().to_vec();
            let mut record: Value = serde_json::from_slice(&record).unwrap();
            let removed = record.as_object_mut().unwrap().remove("spec");
            assert_eq!(removed, Some(json!("SYMMETRIC_DEFAULT")));
            let record = record.to_string();
            keys.insert(id.as_str(), record.as_bytes()).unwrap();
        }
        write.commit().unwrap();
    }
    let stack = Stack::on(state());
    let found = stack.kms.describe_key(&stack.admin(), &key.arn).unwrap();
    assert_eq!(found, key);
    let opened = stack.kms.decrypt(&stack.admin(), None, &none, &blob);
    assert_eq!(opened.unwrap().plaintext.as_slice(), MESSAGE);
}
