//! The KMS as clients meet it over HTTP.

use std::time::Duration;

use keyfront_dev_kms::{NewKey, Operation};
use serde_json::{Value, json};

use crate::stack::{ACCOUNT, REGION, Stack, start};
use crate::wire::{JSON, answer, call, code_of, refused};

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn a_keys_life_over_the_wire() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");

    let created = call(&kms, &admin, "CreateKey", json!({ "Description": "site" })).await;
    let metadata = &created["KeyMetadata"];
    let (id, arn) = (metadata["KeyId"].clone(), metadata["Arn"].clone());
    let expected_arn = format!(
        "arn:aws:kms:{REGION}:{ACCOUNT}:key/{}",
        id.as_str().unwrap()
    );
    assert_eq!(arn, expected_arn.as_str());
    let expected = json!({
        "AWSAccountId": ACCOUNT,
        "KeyId": id,
        "Arn": arn,
        "CreationDate": 1_800_000_000.0,
        "Enabled": true,
        "Description": "site",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    });
    assert_eq!(*metadata, expected);
    let described = call(&kms, &admin, "DescribeKey", json!({ "KeyId": arn })).await;
    assert_eq!(described, created);

    let alias = json!({ "AliasName": "alias/site", "TargetKeyId": id });
    assert_eq!(call(&kms, &admin, "CreateAlias", alias).await, Value::Null);
    let aliases = call(&kms, &admin, "ListAliases", json!({})).await;
    let listed = json!({ "Truncated": false, "Aliases": [{
        "AliasName": "alias/site",
        "AliasArn": format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/site"),
        "TargetKeyId": id,
    }]});
    assert_eq!(aliases, listed);
    let keys = call(&kms, &admin, "ListKeys", json!({})).await;
    assert_eq!(
        keys,
        json!({ "Truncated": false, "Keys": [{ "KeyId": id, "KeyArn": arn }] })
    );

    let policy = call(&kms, &admin, "GetKeyPolicy", json!({ "KeyId": id })).await;
    assert!(policy["Policy"].as_str().unwrap().contains(":root"));
    let put = json!({ "KeyId": id, "PolicyName": "default", "Policy": policy["Policy"] });
    assert_eq!(call(&kms, &admin, "PutKeyPolicy", put).await, Value::Null);

    call(&kms, &admin, "EnableKeyRotation", json!({ "KeyId": id })).await;
    let rotation = call(&kms, &admin, "GetKeyRotationStatus", json!({ "KeyId": id })).await;
    assert_eq!(rotation["KeyRotationEnabled"], true);

    call(&kms, &admin, "DisableKey", json!({ "KeyId": id })).await;
    let body = json!({ "KeyId": id, "KeySpec": "AES_256" }).to_string();
    assert_eq!(
        refused(&kms, &admin, "GenerateDataKey", &body).await,
        "DisabledException"
    );
    let scheduled = json!({ "KeyId": id, "PendingWindowInDays": 7 });
    let scheduled = call(&kms, &admin, "ScheduleKeyDeletion", scheduled).await;
    assert_eq!(scheduled["KeyState"], "PendingDeletion");
    assert_eq!(scheduled["DeletionDate"], 1_800_000_000.0 + 7.0 * 86_400.0);
    let pending = refused(&kms, &admin, "GenerateDataKey", &body).await;
    assert_eq!(pending, "KMSInvalidStateException");
    let cancelled = call(&kms, &admin, "CancelKeyDeletion", json!({ "KeyId": id })).await;
    assert_eq!(cancelled["KeyId"], arn);
    call(&kms, &admin, "EnableKey", json!({ "KeyId": id })).await;
}

#[tokio::test]
async fn data_keys_and_ciphertexts_travel_as_base64() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let (admin, reader) = (stack.key_of("admin"), stack.key_of("reader"));
    let key = stack
        .kms
        .create_key(&stack.admin(), NewKey::default())
        .unwrap();
    let context = json!({ "aws:s3:arn": "arn:aws:s3:::b", "purpose": "caf\u{e9}" });

    let request = json!({ "KeyId": key.arn, "KeySpec": "AES_256", "EncryptionContext": context });
    let made = call(&kms, &admin, "GenerateDataKey", request).await;
    assert_eq!(made["KeyId"], key.arn.as_str());
    assert_eq!(made["Plaintext"].as_str().unwrap().len(), 44);
    let open = json!({ "CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context });
    let opened = call(&kms, &reader, "Decrypt", open.clone()).await;
    assert_eq!(opened["Plaintext"], made["Plaintext"]);
    assert_eq!(opened["KeyId"], key.arn.as_str());
    assert_eq!(opened["EncryptionAlgorithm"], "SYMMETRIC_DEFAULT");

    let without = json!({ "KeyId": key.arn, "NumberOfBytes": 64 });
    let without = call(&kms, &admin, "GenerateDataKeyWithoutPlaintext", without).await;
    assert!(without.get("Plaintext").is_none());
    let blob = json!({ "CiphertextBlob": without["CiphertextBlob"] });
    let opened = call(&kms, &reader, "Decrypt", blob).await;
    assert_eq!(opened["Plaintext"].as_str().unwrap().len(), 88);

    let encrypted = json!({ "KeyId": key.arn, "Plaintext": "aGVsbG8=" });
    let encrypted = call(&kms, &admin, "Encrypt", encrypted).await;
    let blob = json!({ "CiphertextBlob": encrypted["CiphertextBlob"], "KeyId": key.arn });
    assert_eq!(
        call(&kms, &reader, "Decrypt", blob).await["Plaintext"],
        "aGVsbG8="
    );

    let nobody = stack.key_of("nobody");
    let response = answer(&kms, &nobody, "Decrypt", &open.to_string()).await;
    let error: Value = serde_json::from_slice(response.body()).unwrap();
    let expected = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/nobody is not authorized to perform: kms:Decrypt on \
         resource: {} because no identity-based policy allows the kms:Decrypt action",
        key.arn
    );
    assert_eq!(
        error,
        json!({ "__type": "AccessDeniedException", "message": expected })
    );
    let counted = stack.kms.calls().of(Operation::Decrypt);
    assert_eq!(counted, 4, "refused calls count as well");
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn bodies_that_are_not_understood_are_refused() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    let key = stack
        .kms
        .create_key(&stack.admin(), NewKey::default())
        .unwrap();
    let id = key.id;
    for (operation, body, expected) in [
        ("Decrypt", "{".to_owned(), "SerializationException"),
        ("Decrypt", "[]".to_owned(), "SerializationException"),
        ("Decrypt", String::new(), "SerializationException"),
        (
            "Decrypt",
            r#"{"CiphertextBlob":"%%"}"#.to_owned(),
            "SerializationException",
        ),
        (
            "Decrypt",
            r#"{"CiphertextBlob":"AAAA","DryRun":true}"#.to_owned(),
            "SerializationException",
        ),
        (
            "Decrypt",
            r#"{"CiphertextBlob":"AAAA","Recipient":{}}"#.to_owned(),
            "SerializationException",
        ),
        (
            "Decrypt",
            r#"{"CiphertextBlob":"AAAA","EncryptionContext":{"a":1}}"#.to_owned(),
            "SerializationException",
        ),
        (
            "Decrypt",
            r#"{"CiphertextBlob":"AAAA"}"#.to_owned(),
            "InvalidCiphertextException",
        ),
        (
            "Decrypt",
            r#"{"CiphertextBlob":""}"#.to_owned(),
            "ValidationException",
        ),
        (
            "GenerateDataKey",
            format!(r#"{{"KeyId":"{id}"}}"#),
            "ValidationException",
        ),
        (
            "GenerateDataKey",
            format!(r#"{{"KeyId":"{id}","KeySpec":"AES_512"}}"#),
            "ValidationException",
        ),
        (
            "GenerateDataKey",
            format!(r#"{{"KeyId":"{id}","KeySpec":"AES_256","NumberOfBytes":32}}"#),
            "ValidationException",
        ),
        (
            "GenerateDataKey",
            format!(r#"{{"KeyId":"{id}","NumberOfBytes":0}}"#),
            "ValidationException",
        ),
        (
            "CreateKey",
            r#"{"KeySpec":"RSA_4096","KeyUsage":"SIGN_VERIFY"}"#.to_owned(),
            "ValidationException",
        ),
        (
            "CreateKey",
            r#"{"MultiRegion":true}"#.to_owned(),
            "ValidationException",
        ),
        (
            "CreateKey",
            r#"{"Policy":"{}"}"#.to_owned(),
            "MalformedPolicyDocumentException",
        ),
        (
            "ListKeys",
            r#"{"Limit":0}"#.to_owned(),
            "ValidationException",
        ),
        (
            "ListKeys",
            r#"{"Marker":""}"#.to_owned(),
            "InvalidMarkerException",
        ),
        (
            "DescribeKey",
            r#"{"KeyId":"alias/none"}"#.to_owned(),
            "NotFoundException",
        ),
        ("CreateGrant", "{}".to_owned(), "UnknownOperationException"),
    ] {
        let found = refused(&kms, &admin, operation, &body).await;
        assert_eq!(found, expected, "{operation} {body}");
    }
}

#[tokio::test]
async fn targets_methods_and_types_that_are_not_kms_are_refused() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    for headers in [
        &[("content-type", JSON)] as &[(&str, &str)],
        &[("content-type", JSON), ("x-amz-target", "DynamoDB.Decrypt")],
        &[("content-type", JSON), ("x-amz-target", "TrentService.")],
        &[
            ("content-type", "text/plain"),
            ("x-amz-target", "TrentService.ListKeys"),
        ],
        &[("x-amz-target", "TrentService.ListKeys")],
    ] {
        let response = kms.send(kms.signed(&admin, headers, "{}")).await;
        assert_eq!(response.status(), 400);
        assert_eq!(
            code_of(&response),
            "UnknownOperationException",
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_answered_without_authentication() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let headers = [
        ("content-type", JSON),
        ("x-amz-target", "TrentService.ListKeys"),
    ];
    let response = kms.send(kms.request(&headers, "{}")).await;
    assert_eq!(response.status(), 400);
    assert_eq!(code_of(&response), "MissingAuthenticationTokenException");

    let mut wrong = stack.key_of("admin");
    wrong.secret_access_key = "wrong".to_owned().into();
    let response = kms.send(kms.signed(&wrong, &headers, "{}")).await;
    assert_eq!(code_of(&response), "InvalidSignatureException");

    let late = kms.signed(&stack.key_of("admin"), &headers, "{}");
    stack.pass(Duration::from_secs(301));
    let response = kms.send(late).await;
    assert_eq!(code_of(&response), "InvalidSignatureException");
    let calls = stack.kms.calls();
    assert!(Operation::ALL.iter().all(|one| calls.of(*one) == 0));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let admin = stack.key_of("admin");
    for _ in 0..5 {
        stack
            .kms
            .create_key(&stack.admin(), NewKey::default())
            .unwrap();
    }
    let mut found = Vec::new();
    let mut request = json!({ "Limit": 2 });
    loop {
        let page = call(&kms, &admin, "ListKeys", request).await;
        for key in page["Keys"].as_array().unwrap() {
            found.push(key["KeyId"].as_str().unwrap().to_owned());
        }
        if page["Truncated"] == false {
            assert!(page.get("NextMarker").is_none());
            break;
        }
        request = json!({ "Limit": 2, "Marker": page["NextMarker"] });
    }
    let all = stack.kms.list_keys(&stack.admin()).unwrap();
    let all: Vec<String> = all.iter().map(|key| key.id.to_string()).collect();
    assert_eq!(found, all);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    let headers = [
        ("content-type", JSON),
        ("x-amz-target", "TrentService.ListKeys"),
    ];
    let body = " ".repeat(256 * 1024 + 1);
    let response = kms
        .send(kms.signed(&stack.key_of("admin"), &headers, &body))
        .await;
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn a_stopped_service_ends_and_frees_its_port() {
    let stack = Stack::ephemeral();
    let kms = stack.serve("kms").await;
    call(&kms, &stack.key_of("admin"), "ListKeys", json!({})).await;
    kms.stop().await;
    assert!(tokio::net::TcpListener::bind(&kms.host).await.is_ok());
    assert_eq!(stack.clock.now(), start());
}

#[test]
fn documented_operations_are_the_supported_ones() {
    let documentation = include_str!("../../../../docs/dev-stack.md");
    let (_, section) = documentation.split_once("### KMS operations\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let mut documented: Vec<&str> = section.split('`').skip(1).step_by(2).collect();
    documented.sort_unstable();
    let mut supported: Vec<&str> = Operation::ALL.iter().map(|o| o.name()).collect();
    supported.sort_unstable();
    assert_eq!(documented, supported);
}
