//! Keys that sign: what they say of themselves, what they are for, and where they are kept.

use std::sync::Arc;

use keyfront_dev_ground::state::State;
use keyfront_dev_kms::EncryptionContext;
use keyfront_dev_kms::KeySpec;
use keyfront_dev_kms::NewKey;
use keyfront_dev_kms::Operation;
use redb::ReadableTable as _;
use redb::TableDefinition;
use serde_json::Value;
use serde_json::json;

use super::{ECC, MESSAGE, RSA, code, create, listed, request, with};
use crate::stack::Stack;
use crate::wire::call;

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
