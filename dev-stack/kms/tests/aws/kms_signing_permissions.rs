//! Who may sign, verify and read public keys, by identity policies, key policies and their conditions.

use keyfront_dev_kms::{
    HashAlgorithm, Key, KeySpec, KmsError, LockoutCheck, Message, NewKey, RsaPadding,
    SigningAlgorithm, SigningRequest,
};
use keyfront_iam::{Requester, User};
use sha2::{Digest as _, Sha256};

use crate::stack::{ACCOUNT, Stack, identity_policy, user};

const MESSAGE: &[u8] = b"what is signed";
const RAW: SigningRequest<'_> = SigningRequest {
    message: Message::Raw(MESSAGE),
    algorithm: SigningAlgorithm::EcdsaSha256,
};

fn key(stack: &Stack, spec: KeySpec, policy: Option<String>) -> Key {
    let new = NewKey {
        spec,
        policy,
        lockout: LockoutCheck::Bypassed,
        ..NewKey::default()
    };
    stack.kms.create_key(&stack.admin(), new).unwrap()
}

/// A user with one policy of one statement.
fn caller(stack: &Stack, statement: &str) -> Requester {
    let user_with_policy = User {
        name: "signer".into(),
        policies: vec![identity_policy(statement)],
    };
    stack.iam.put_user(user_with_policy).unwrap();
    stack.requester(user("signer"))
}

/// A statement for `nobody` in a key policy.
fn allow(actions: &str, condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[
        {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},
          "Action":"kms:CreateAlias","Resource":"*"}},
        {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/nobody"}},
          "Action":{actions},"Resource":"*","Condition":{{"StringEquals":{condition}}}}}]}}"#
    )
}

fn is_denied<T: std::fmt::Debug>(result: Result<T, KmsError>) -> bool {
    match result {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.code(), "AccessDeniedException", "{error}");
            true
        }
    }
}

#[test]
fn each_operation_needs_its_own_permission() {
    let stack = Stack::ephemeral();
    let key = key(&stack, KeySpec::EccNistP256, None);
    let kms = &stack.kms;
    let signed = kms.sign(&stack.admin(), &key.arn, &RAW).unwrap();
    for (action, may) in [
        ("kms:Sign", [true, false, false]),
        ("kms:Verify", [false, true, false]),
        ("kms:GetPublicKey", [false, false, true]),
        ("kms:Decrypt", [false, false, false]),
        ("kms:*", [true, true, true]),
    ] {
        let statement = format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#);
        let who = caller(&stack, &statement);
        let denied = [
            is_denied(kms.sign(&who, &key.arn, &RAW)),
            is_denied(kms.verify(&who, &key.arn, &RAW, &signed.bytes)),
            is_denied(kms.public_key(&who, &key.arn)),
        ];
        assert_eq!(denied.map(|denied| !denied), may, "{action}");
    }
    let nobody = stack.requester(user("nobody"));
    let refused = kms.sign(&nobody, &key.arn, &RAW).unwrap_err();
    let message = refused.describe().message.unwrap();
    let expected = "user/nobody is not authorized to perform: kms:Sign";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_key_policy_can_ask_for_the_signing_algorithm() {
    let stack = Stack::ephemeral();
    let policy = allow(
        r#"["kms:Sign","kms:Verify"]"#,
        r#"{"kms:SigningAlgorithm":"RSASSA_PSS_SHA_256"}"#,
    );
    let key = key(&stack, KeySpec::Rsa2048, Some(policy));
    let nobody = stack.requester(user("nobody"));
    let by = |padding| SigningRequest {
        algorithm: SigningAlgorithm::Rsassa(padding, HashAlgorithm::Sha256),
        ..RAW
    };
    let (allowed, other) = (by(RsaPadding::Pss), by(RsaPadding::Pkcs1V15));
    let kms = &stack.kms;
    let signed = kms.sign(&nobody, &key.arn, &allowed).unwrap().bytes;
    assert_eq!(
        kms.verify(&nobody, &key.arn, &allowed, &signed).unwrap(),
        key.arn
    );
    assert!(is_denied(kms.sign(&nobody, &key.arn, &other)));
    assert!(is_denied(kms.verify(&nobody, &key.arn, &other, &signed)));
    assert!(is_denied(kms.sign(&stack.admin(), &key.arn, &allowed)));
}

#[test]
fn a_key_policy_can_ask_for_the_message_type() {
    let stack = Stack::ephemeral();
    let policy = allow(r#""kms:Sign""#, r#"{"kms:MessageType":"DIGEST"}"#);
    let key = key(&stack, KeySpec::EccNistP256, Some(policy));
    let nobody = stack.requester(user("nobody"));
    let digest = Sha256::digest(MESSAGE);
    let hashed = SigningRequest {
        message: Message::Digest(&digest),
        ..RAW
    };
    assert!(stack.kms.sign(&nobody, &key.arn, &hashed).is_ok());
    assert!(is_denied(stack.kms.sign(&nobody, &key.arn, &RAW)));
}

#[test]
fn a_key_policy_can_ask_for_alias_and_kind_of_a_signing_key() {
    let stack = Stack::ephemeral();
    let policy = allow(
        r#"["kms:Sign","kms:GetPublicKey"]"#,
        r#"{"kms:RequestAlias":"alias/signer","kms:KeySpec":"ECC_NIST_P256","kms:KeyUsage":"SIGN_VERIFY"}"#,
    );
    let key = key(&stack, KeySpec::EccNistP256, Some(policy));
    let kms = &stack.kms;
    kms.create_alias(&stack.admin(), "alias/signer", &key.arn)
        .unwrap();
    let nobody = stack.requester(user("nobody"));
    assert!(kms.sign(&nobody, "alias/signer", &RAW).is_ok());
    assert!(kms.public_key(&nobody, "alias/signer").is_ok());
    assert!(is_denied(kms.sign(&nobody, &key.arn, &RAW)));
    assert!(is_denied(kms.public_key(&nobody, &key.arn)));
}

#[test]
fn making_keys_can_be_allowed_by_their_kind() {
    let stack = Stack::ephemeral();
    let who = caller(
        &stack,
        r#"{"Effect":"Allow","Action":["kms:CreateKey","kms:PutKeyPolicy"],"Resource":"*",
            "Condition":{"StringEquals":{"kms:KeySpec":"ECC_NIST_P256","kms:KeyUsage":"SIGN_VERIFY"}}}"#,
    );
    let create = |spec| {
        let new = NewKey {
            spec,
            lockout: LockoutCheck::Bypassed,
            ..NewKey::default()
        };
        stack.kms.create_key(&who, new)
    };
    assert!(create(KeySpec::EccNistP256).is_ok());
    assert!(is_denied(create(KeySpec::SymmetricDefault)));
    assert!(is_denied(create(KeySpec::Rsa2048)));
}

#[test]
fn permission_is_checked_before_the_state_and_the_usage() {
    let stack = Stack::ephemeral();
    let key = key(&stack, KeySpec::SymmetricDefault, None);
    let nobody = stack.requester(user("nobody"));
    assert!(is_denied(stack.kms.sign(&nobody, &key.arn, &RAW)));
    stack.kms.disable_key(&stack.admin(), &key.arn).unwrap();
    assert!(is_denied(stack.kms.sign(&nobody, &key.arn, &RAW)));
    let refused = stack.kms.sign(&stack.admin(), &key.arn, &RAW).unwrap_err();
    assert_eq!(refused.code(), "DisabledException");
}
