//! Who may call, by policies of identities and of keys; what is counted and throttled.

use keyfront_dev_kms::{DataKeySize, EncryptionContext, Key, LockoutCheck, NewKey, Operation};
use keyfront_iam::Requester;

use super::{bucket, code, data_key, none, with_key};
use crate::stack::{ACCOUNT, REGION, Stack, user};

fn with_policy(stack: &Stack, policy: &str) -> Key {
    let new = NewKey {
        policy: Some(policy.to_owned()),
        lockout: LockoutCheck::Bypassed,
        ..NewKey::default()
    };
    stack.kms.create_key(&stack.admin(), new).unwrap()
}

#[test]
fn identity_policies_decide_under_the_default_key_policy() {
    let (stack, key) = with_key();
    let blob = data_key(&stack.kms, &stack.admin(), &key.arn).unwrap();
    let decrypt = |name| {
        let who = stack.requester(user(name));
        stack.kms.decrypt(&who, None, &none(), &blob)
    };
    assert!(decrypt("reader").is_ok());
    let refused = decrypt("nobody").unwrap_err();
    assert_eq!(refused.code(), "AccessDeniedException");
    let message = refused.describe().message.unwrap();
    assert!(
        message.contains("user/nobody is not authorized to perform: kms:Decrypt"),
        "{message}"
    );
    assert!(message.contains(&key.arn), "{message}");
    let reader = stack.requester(user("reader"));
    assert_eq!(
        code(data_key(&stack.kms, &reader, &key.arn)),
        "AccessDeniedException"
    );
}

#[test]
fn a_key_policy_can_ask_for_service_context_and_alias() {
    let stack = Stack::ephemeral();
    let key = with_policy(
        &stack,
        &format!(
            r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/admin"}},
              "Action":["kms:GenerateDataKey","kms:CreateAlias"],"Resource":"*"}},
            {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/nobody"}},
              "Action":"kms:Decrypt","Resource":"*","Condition":{{
                "StringEquals":{{"kms:ViaService":"s3.{REGION}.amazonaws.com",
                  "kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b"}},
                "ForAllValues:StringEquals":{{"kms:EncryptionContextKeys":["aws:s3:arn"]}}}}}}]}}"#
        ),
    );
    let admin = stack.admin();
    let s3 = format!("s3.{REGION}.amazonaws.com");
    let blob_in = |context: &EncryptionContext| {
        let made = stack
            .kms
            .generate_data_key(&admin, &key.arn, context, DataKeySize::Aes256);
        made.unwrap().ciphertext
    };
    let nobody = stack.requester(user("nobody"));
    let decrypt = |who: &Requester, context: &EncryptionContext| {
        stack.kms.decrypt(who, None, context, &blob_in(context))
    };
    assert!(decrypt(&nobody.via(&s3), &bucket()).is_ok());
    assert_eq!(code(decrypt(&nobody, &bucket())), "AccessDeniedException");
    let elsewhere = nobody.via("s3.us-east-1.amazonaws.com");
    assert_eq!(
        code(decrypt(&elsewhere, &bucket())),
        "AccessDeniedException"
    );
    let more = EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::b"), ("x", "y")]);
    assert_eq!(
        code(decrypt(&nobody.via(&s3), &more)),
        "AccessDeniedException"
    );
    assert_eq!(code(decrypt(&admin, &bucket())), "AccessDeniedException");
}

#[test]
fn key_policies_are_parsed_strictly_and_cannot_lock_their_author_out() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let put = |policy: &str, lockout| stack.kms.put_key_policy(&admin, &key.arn, policy, lockout);
    let locks_out = r#"{"Version":"2012-10-17","Statement":[]}"#;
    for policy in ["", "{}", r#"{"Statement":[{"Effect":"Allow"}]}"#, locks_out] {
        let refused = put(policy, LockoutCheck::Made);
        assert_eq!(
            code(refused),
            "MalformedPolicyDocumentException",
            "{policy}"
        );
    }
    assert_eq!(
        code(put("{}", LockoutCheck::Bypassed)),
        "MalformedPolicyDocumentException"
    );
    assert!(
        data_key(&stack.kms, &admin, &key.arn).is_ok(),
        "refused policies change nothing"
    );
    put(locks_out, LockoutCheck::Bypassed).unwrap();
    assert_eq!(
        code(data_key(&stack.kms, &admin, &key.arn)),
        "AccessDeniedException"
    );
    assert_eq!(
        code(put(locks_out, LockoutCheck::Bypassed)),
        "AccessDeniedException"
    );
}

#[test]
fn calls_are_counted_authorization_checks_are_not_and_throttling_can_be_requested() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    stack.kms.decrypt(&admin, None, &none(), &blob).unwrap();
    let decision = stack
        .kms
        .authorize(&admin, Operation::Decrypt, &key.arn, &none());
    assert_eq!(decision.unwrap(), key.arn);
    let counts = stack.kms.calls();
    assert_eq!(counts.of(Operation::GenerateDataKey), 1);
    assert_eq!(counts.of(Operation::Decrypt), 1);
    assert_eq!(counts.of(Operation::CreateKey), 1);
    let total: u64 = Operation::ALL.iter().map(|one| counts.of(*one)).sum();
    assert_eq!(total, 3);

    stack.kms.throttle_next(2);
    let decrypt = || stack.kms.decrypt(&admin, None, &none(), &blob);
    assert_eq!(code(decrypt()), "ThrottlingException");
    assert_eq!(code(decrypt()), "ThrottlingException");
    assert!(decrypt().is_ok());
    assert_eq!(stack.kms.calls().of(Operation::Decrypt), 4);
}
