#![allow(clippy::unwrap_used)]

use super::*;

const TABLE: TableDefinition<'static, &str, u64> = TableDefinition::new("test");

fn insert(state: &State, key: &str, value: u64) -> WriteTransaction {
    let write = state.begin_write().unwrap();
    write.open_table(TABLE).unwrap().insert(key, value).unwrap();
    write
}

#[test]
fn committed_rows_survive_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    {
        let state = State::open(folder.path()).unwrap();
        insert(&state, "kept", 1).commit().unwrap();
        drop(insert(&state, "lost", 2));
    }
    let state = State::open(folder.path()).unwrap();
    let table = state.begin_read().unwrap().open_table(TABLE).unwrap();
    assert_eq!(table.get("kept").unwrap().unwrap().value(), 1);
    assert!(table.get("lost").unwrap().is_none());
}

#[test]
fn a_folder_in_use_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let _holder = State::open(folder.path()).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    assert!(matches!(error, StateError::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains("in use by another process"));
}

#[test]
fn a_folder_that_cannot_be_made_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = State::open(&file.join("state")).unwrap_err();
    assert!(matches!(error, StateError::Unwritable { .. }), "{error:?}");
}

#[test]
fn a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    {
        let state = State::open(folder.path()).unwrap();
        let write = state.begin_write().unwrap();
        write
            .open_table(META)
            .unwrap()
            .insert(VERSION, 2_u32.to_be_bytes().as_slice())
            .unwrap();
        write.commit().unwrap();
    }
    let error = State::open(folder.path()).unwrap_err();
    let found = matches!(error, StateError::Version { found: Some(2), .. });
    assert!(found, "{error:?}");
}

#[test]
fn a_missing_damaged_or_foreign_root_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(State::open(folder.path()).unwrap());
    let key = folder.path().join(ROOT_KEY_FILE);
    let mut bytes = fs::read(&key).unwrap();
    bytes[0] ^= 1;
    fs::write(&key, &bytes).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    assert!(matches!(error, StateError::RootKeyForeign), "{error:?}");
    fs::write(&key, &bytes[1..]).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    let damaged = matches!(error, StateError::RootKeyDamaged { .. });
    assert!(damaged, "{error:?}");
    fs::remove_file(&key).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    let missing = matches!(error, StateError::RootKeyMissing { .. });
    assert!(missing, "{error:?}");
}

#[cfg(unix)]
#[test]
fn the_root_key_is_private_and_an_exposed_one_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    drop(State::open(folder.path()).unwrap());
    let key = folder.path().join(ROOT_KEY_FILE);
    let mode = fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    let exposed = matches!(error, StateError::RootKeyExposed { mode: 0o644, .. });
    assert!(exposed, "{error:?}");
}

#[test]
fn a_sealed_value_opens_only_unchanged_and_for_its_purpose() {
    let state = State::ephemeral().unwrap();
    let sealed = state.seal("purpose", b"secret").unwrap();
    assert_eq!(
        state.unseal("purpose", &sealed).unwrap().as_slice(),
        b"secret"
    );
    assert!(state.unseal("other", &sealed).is_err());
    for at in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        assert!(state.unseal("purpose", &flipped).is_err(), "byte {at}");
        assert!(state.unseal("purpose", &sealed[..at]).is_err(), "cut {at}");
    }
    let other = State::ephemeral().unwrap();
    assert!(other.unseal("purpose", &sealed).is_err());
}
