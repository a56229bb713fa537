//! Keys that are disabled, deleted, kept over a restart, changed while others read.

use std::{sync::Arc, time::Duration};

use keyfront_dev_ground::state::State;
use keyfront_dev_kms::{KeyState, NewKey, Operation};

use super::{code, data_key, none, with_key};
use crate::stack::{Stack, user};

const DAY: Duration = Duration::from_secs(24 * 3600);

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
