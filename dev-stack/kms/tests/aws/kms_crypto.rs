//! What the KMS does for callers in the same process.

use std::sync::Arc;
use std::time::Duration;

use keyfront_dev_ground::state::State;
use keyfront_dev_kms::{
    DataKeySize, EncryptionContext, Key, KeyState, Kms, KmsError, LockoutCheck, NewKey, Operation,
};
use keyfront_iam::Requester;
use proptest::prelude::*;

use crate::stack::{ACCOUNT, REGION, Stack, user};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn none() -> EncryptionContext {
    EncryptionContext::default()
}

fn bucket() -> EncryptionContext {
    EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::b")])
}

fn with_key() -> (Stack, Key) {
    let stack = Stack::ephemeral();
    let key = stack
        .kms
        .create_key(&stack.admin(), NewKey::default())
        .unwrap();
    (stack, key)
}

fn with_policy(stack: &Stack, policy: &str) -> Key {
    let new = NewKey {
        policy: Some(policy.to_owned()),
        lockout: LockoutCheck::Bypassed,
        ..NewKey::default()
    };
    stack.kms.create_key(&stack.admin(), new).unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, KmsError>) -> &'static str {
    result.unwrap_err().code()
}

fn data_key(kms: &Kms, who: &Requester, key: &str) -> Result<Vec<u8>, KmsError> {
    kms.generate_data_key(who, key, &none(), DataKeySize::Aes256)
        .map(|made| made.ciphertext)
}

#[test]
fn a_data_key_decrypts_only_in_its_context() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let made = stack
        .kms
        .generate_data_key(&admin, &key.arn, &bucket(), DataKeySize::Aes256)
        .unwrap();
    assert_eq!(made.plaintext.len(), 32);
    assert_eq!(made.key_arn, key.arn);
    let opened = stack
        .kms
        .decrypt(&admin, None, &bucket(), &made.ciphertext)
        .unwrap();
    assert_eq!(opened.plaintext, made.plaintext);
    assert_eq!(opened.key_arn, key.arn);
    for other in [
        none(),
        EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::c")]),
        EncryptionContext::from_pairs([("aws:s3:ar", "narn:aws:s3:::b")]),
        EncryptionContext::from_pairs([("aws:s3:arn", "arn:aws:s3:::b"), ("more", "")]),
    ] {
        let refused = stack.kms.decrypt(&admin, None, &other, &made.ciphertext);
        assert_eq!(code(refused), "InvalidCiphertextException", "{other:?}");
    }
}

#[test]
fn the_order_of_a_context_does_not_matter_and_case_does() {
    let (stack, key) = with_key();
    let context = EncryptionContext::from_pairs([("a", "1"), ("b", "2")]);
    let reordered = EncryptionContext::from_pairs([("b", "2"), ("a", "1")]);
    let other_case = EncryptionContext::from_pairs([("A", "1"), ("b", "2")]);
    let made = stack
        .kms
        .encrypt(&stack.admin(), &key.arn, &context, b"x")
        .unwrap();
    let decrypt = |context| {
        stack
            .kms
            .decrypt(&stack.admin(), None, context, &made.ciphertext)
    };
    assert!(decrypt(&reordered).is_ok());
    assert_eq!(code(decrypt(&other_case)), "InvalidCiphertextException");
}

#[test]
fn context_names_that_differ_only_in_case_are_refused() {
    let (stack, key) = with_key();
    let context = EncryptionContext::from_pairs([("a", "1"), ("A", "2")]);
    let refused = stack.kms.encrypt(&stack.admin(), &key.arn, &context, b"x");
    assert_eq!(code(refused), "ValidationException");
}

#[test]
fn sizes_are_those_of_the_key_specs() {
    let (stack, key) = with_key();
    for (size, bytes) in [
        (DataKeySize::Aes256, 32),
        (DataKeySize::Aes128, 16),
        (DataKeySize::Bytes(1), 1),
        (DataKeySize::Bytes(1024), 1024),
    ] {
        let made = stack
            .kms
            .generate_data_key(&stack.admin(), &key.arn, &none(), size);
        assert_eq!(made.unwrap().plaintext.len(), bytes);
    }
    for size in [DataKeySize::Bytes(0), DataKeySize::Bytes(1025)] {
        let refused = stack
            .kms
            .generate_data_key(&stack.admin(), &key.arn, &none(), size);
        assert_eq!(code(refused), "ValidationException");
    }
    let encrypt = |length| {
        stack
            .kms
            .encrypt(&stack.admin(), &key.arn, &none(), &vec![0; length])
    };
    assert!(encrypt(1).is_ok() && encrypt(4096).is_ok());
    assert_eq!(code(encrypt(0)), "ValidationException");
    assert_eq!(code(encrypt(4097)), "ValidationException");
    let decrypt = |blob: &[u8]| stack.kms.decrypt(&stack.admin(), None, &none(), blob);
    assert_eq!(code(decrypt(&[])), "ValidationException");
    assert_eq!(code(decrypt(&[0; 6145])), "ValidationException");
    assert_eq!(code(decrypt(&[0; 6144])), "InvalidCiphertextException");
}

#[test]
fn a_key_goes_by_four_names() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    stack
        .kms
        .create_alias(&admin, "alias/site", &key.id.to_string())
        .unwrap();
    let id = key.id.to_string();
    let alias_arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/site");
    for name in [id.as_str(), &key.arn, "alias/site", &alias_arn] {
        assert!(data_key(&stack.kms, &admin, name).is_ok(), "{name}");
        assert_eq!(stack.kms.describe_key(&admin, name).unwrap().arn, key.arn);
    }
    for (name, expected) in [
        ("alias/other", "NotFoundException"),
        ("12345678-1234-1234-1234-123456789012", "NotFoundException"),
        (&id.to_uppercase(), "NotFoundException"),
        (&id.replace('-', ""), "NotFoundException"),
        ("nonsense", "NotFoundException"),
        (&key.arn.replace(REGION, "us-east-1"), "NotFoundException"),
        (
            &key.arn.replace(ACCOUNT, "999999999999"),
            "NotFoundException",
        ),
        ("arn:aws:s3:::b", "InvalidArnException"),
        ("arn:aws:kms", "InvalidArnException"),
        (&key.arn.replace("key/", "grant/"), "InvalidArnException"),
        ("", "ValidationException"),
        (&"x".repeat(2049), "ValidationException"),
    ] {
        assert_eq!(
            code(data_key(&stack.kms, &admin, name)),
            expected,
            "{name:.60}"
        );
    }
}

#[test]
fn operations_on_the_key_itself_take_no_alias() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    stack
        .kms
        .create_alias(&admin, "alias/site", &key.arn)
        .unwrap();
    assert_eq!(
        code(stack.kms.disable_key(&admin, "alias/site")),
        "NotFoundException"
    );
    let policy = stack.kms.key_policy(&admin, "alias/site");
    assert_eq!(code(policy), "NotFoundException");
}

#[test]
fn aliases_are_checked_unique_and_removable() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let create = |name: &str| stack.kms.create_alias(&admin, name, &key.arn);
    create("alias/a/b_c-1").unwrap();
    assert_eq!(code(create("alias/a/b_c-1")), "AlreadyExistsException");
    for bad in [
        "a",
        "alias/",
        "alias/aws/s3",
        "alias/\u{e9}",
        "alias/a b",
        "alias/a:b",
    ] {
        assert_eq!(code(create(bad)), "InvalidAliasNameException", "{bad}");
    }
    let listed = stack.kms.list_aliases(&admin, Some(&key.arn)).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        listed[0].arn,
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/a/b_c-1")
    );
    stack.kms.delete_alias(&admin, "alias/a/b_c-1").unwrap();
    let again = stack.kms.delete_alias(&admin, "alias/a/b_c-1");
    assert_eq!(code(again), "NotFoundException");
}

#[test]
fn a_blob_of_another_key_is_incorrect_and_of_no_key_invalid() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let other = stack.kms.create_key(&admin, NewKey::default()).unwrap();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    let decrypt = |key: Option<&str>, blob: &[u8]| stack.kms.decrypt(&admin, key, &none(), blob);
    assert!(decrypt(Some(&key.arn), &blob).is_ok());
    assert_eq!(
        code(decrypt(Some(&other.arn), &blob)),
        "IncorrectKeyException"
    );
    let foreign = with_key();
    let foreign_blob = data_key(&foreign.0.kms, &foreign.0.admin(), &foreign.1.arn).unwrap();
    assert_eq!(
        code(decrypt(None, &foreign_blob)),
        "InvalidCiphertextException"
    );
}

#[test]
fn any_flipped_bit_or_cut_of_a_blob_is_refused() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    let decrypt = |blob: &[u8]| stack.kms.decrypt(&admin, None, &none(), blob);
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut flipped = blob.clone();
            flipped[at] ^= 1 << bit;
            assert_eq!(
                code(decrypt(&flipped)),
                "InvalidCiphertextException",
                "{at}.{bit}"
            );
        }
        if at > 0 {
            assert_eq!(
                code(decrypt(&blob[..at])),
                "InvalidCiphertextException",
                "cut {at}"
            );
        }
    }
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
fn a_disabled_key_does_nothing_until_enabled() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    stack.kms.disable_key(&admin, &key.arn).unwrap();
    let decrypt = || stack.kms.decrypt(&admin, None, &none(), &blob);
    assert_eq!(code(decrypt()), "DisabledException");
    assert_eq!(
        code(data_key(&stack.kms, &admin, &key.arn)),
        "DisabledException"
    );
    assert_eq!(
        code(
            stack
                .kms
                .authorize(&admin, Operation::Decrypt, &key.arn, &none())
        ),
        "DisabledException"
    );
    let nobody = stack.requester(user("nobody"));
    let unpermitted = stack.kms.decrypt(&nobody, None, &none(), &blob);
    assert_eq!(
        code(unpermitted),
        "AccessDeniedException",
        "permission is checked first"
    );
    stack.kms.enable_key(&admin, &key.arn).unwrap();
    assert!(decrypt().is_ok());
}

#[test]
fn a_key_pending_deletion_is_unusable_and_then_gone() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let blob = data_key(&stack.kms, &admin, &key.arn).unwrap();
    let decrypt = || stack.kms.decrypt(&admin, None, &none(), &blob);
    for days in [0, 6, 31] {
        let refused = stack.kms.schedule_key_deletion(&admin, &key.arn, days);
        assert_eq!(code(refused), "ValidationException");
    }
    let scheduled = stack
        .kms
        .schedule_key_deletion(&admin, &key.arn, 7)
        .unwrap();
    let at = stack.clock.now() + 7 * DAY;
    assert_eq!(scheduled.state, KeyState::PendingDeletion { at });
    let pending = "KMSInvalidStateException";
    assert_eq!(code(decrypt()), pending);
    assert_eq!(code(stack.kms.enable_key(&admin, &key.arn)), pending);
    assert_eq!(
        code(stack.kms.schedule_key_deletion(&admin, &key.arn, 7)),
        pending
    );

    stack.kms.cancel_key_deletion(&admin, &key.arn).unwrap();
    assert_eq!(code(decrypt()), "DisabledException");
    assert_eq!(
        code(stack.kms.cancel_key_deletion(&admin, &key.arn)),
        pending
    );

    stack
        .kms
        .schedule_key_deletion(&admin, &key.arn, 7)
        .unwrap();
    stack.pass(7 * DAY);
    assert_eq!(code(decrypt()), "InvalidCiphertextException");
    assert_eq!(
        code(stack.kms.describe_key(&admin, &key.arn)),
        "NotFoundException"
    );
    assert!(stack.kms.list_keys(&stack.admin()).unwrap().is_empty());
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

#[test]
fn keys_aliases_and_states_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Stack::on(Arc::new(State::open(folder.path()).unwrap()));
    let (key, blob) = {
        let stack = open();
        let admin = stack.admin();
        let key = stack.kms.create_key(&admin, NewKey::default()).unwrap();
        stack
            .kms
            .create_alias(&admin, "alias/site", &key.arn)
            .unwrap();
        stack.kms.enable_key_rotation(&admin, &key.arn).unwrap();
        let blob = data_key(&stack.kms, &admin, "alias/site").unwrap();
        stack.kms.disable_key(&admin, &key.arn).unwrap();
        (key, blob)
    };
    let stack = open();
    let admin = stack.admin();
    let decrypt = || {
        stack
            .kms
            .decrypt(&admin, Some("alias/site"), &none(), &blob)
    };
    assert_eq!(code(decrypt()), "DisabledException");
    stack.kms.enable_key(&admin, &key.arn).unwrap();
    assert_eq!(decrypt().unwrap().key_arn, key.arn);
    assert!(stack.kms.key_rotation_enabled(&admin, &key.arn).unwrap());
}

#[test]
fn material_of_a_deleted_key_is_destroyed_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    {
        let stack = Stack::on(Arc::new(State::open(folder.path()).unwrap()));
        let admin = stack.admin();
        let key = stack.kms.create_key(&admin, NewKey::default()).unwrap();
        stack
            .kms
            .create_alias(&admin, "alias/site", &key.arn)
            .unwrap();
        stack
            .kms
            .schedule_key_deletion(&admin, &key.arn, 7)
            .unwrap();
        stack.pass(8 * DAY);
        stack
            .kms
            .create_key(&stack.admin(), NewKey::default())
            .unwrap();
    }
    let stack = Stack::on(Arc::new(State::open(folder.path()).unwrap()));
    assert_eq!(stack.kms.list_keys(&stack.admin()).unwrap().len(), 1);
    assert!(
        stack
            .kms
            .list_aliases(&stack.admin(), None)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn secrets_do_not_print() {
    let (stack, key) = with_key();
    let made = stack
        .kms
        .generate_data_key(&stack.admin(), &key.arn, &none(), DataKeySize::Bytes(8))
        .unwrap();
    let shown = format!("{made:?} {:?}", stack.kms);
    assert!(
        !shown.contains(&format!("{:?}", made.plaintext.as_slice())),
        "{shown}"
    );
    assert!(shown.contains("DataKey(redacted"), "{shown}");
    assert!(shown.contains("KeyMaterial(redacted)"), "{shown}");
}

proptest! {
    #[test]
    fn encrypting_and_decrypting_round_trip(
        plaintext in proptest::collection::vec(any::<u8>(), 1..=4096),
        pairs in proptest::collection::btree_map("[a-z]{1,8}", ".{0,20}", 0..4),
    ) {
        let (stack, key) = with_key();
        let admin = stack.admin();
        let context = EncryptionContext::from_pairs(pairs);
        let made = stack.kms.encrypt(&admin, &key.arn, &context, &plaintext).unwrap();
        let opened = stack.kms.decrypt(&admin, Some(&key.arn), &context, &made.ciphertext).unwrap();
        prop_assert_eq!(opened.plaintext.as_slice(), plaintext.as_slice());
    }

    #[test]
    fn hostile_blobs_are_refused_without_panic(
        blob in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let (stack, key) = with_key();
        let prefixed = [b"KFK\x01".as_slice(), key.id.as_bytes(), &blob].concat();
        for blob in [blob, prefixed] {
            prop_assert!(stack.kms.decrypt(&stack.admin(), None, &none(), &blob).is_err());
        }
    }
}

#[test]
fn keys_stay_readable_while_a_change_of_keys_waits_for_the_states_writer() {
    let (stack, key) = with_key();
    let admin = stack.admin();
    let writer = stack.state.begin_write().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| stack.kms.disable_key(&admin, &key.arn));
        // The change cannot finish before the writer is released, however the threads are scheduled.
        for _ in 0..100 {
            data_key(&stack.kms, &admin, &key.arn).unwrap();
            std::thread::yield_now();
        }
        drop(writer);
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(
        code(data_key(&stack.kms, &admin, &key.arn)),
        "DisabledException"
    );
}
