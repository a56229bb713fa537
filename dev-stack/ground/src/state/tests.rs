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

/// Makes `folder` one of this version, with a row.
fn of_version(folder: &Path, version: &[u8]) {
    let state = State::open(folder).unwrap();
    let write = insert(&state, "kept", 1);
    let mut meta = write.open_table(META).unwrap();
    meta.insert(VERSION, version).unwrap();
    drop(meta);
    write.commit().unwrap();
}

fn version_in(state: &State) -> Vec<u8> {
    let meta = state.begin_read().unwrap().open_table(META).unwrap();
    meta.get(VERSION).unwrap().unwrap().value().to_vec()
}

#[test]
fn a_newer_version_is_refused_with_what_to_do_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let newer = CURRENT_VERSION + 1;
    of_version(folder.path(), &newer.to_be_bytes());
    for _ in 0..2 {
        let error = State::open(folder.path()).unwrap_err();
        let is_newer = matches!(error, StateError::Newer { found, .. } if found == newer);
        assert!(is_newer, "{error:?}");
        let said = error.to_string();
        let named = folder.path().display().to_string();
        assert!(
            said.contains(&named) && said.contains("or another folder"),
            "{said}"
        );
    }
}

#[test]
fn a_folder_without_versions_of_objects_is_kept_and_what_knows_none_refuses_it_from_then_on() {
    // What wrote version 1 opens no other version.
    let refused_by_version_1 = |state: &State| version_in(state) != 1_u32.to_be_bytes();
    let folder = tempfile::tempdir().unwrap();
    of_version(folder.path(), &1_u32.to_be_bytes());
    for _ in 0..2 {
        let state = State::open(folder.path()).unwrap();
        let table = state.begin_read().unwrap().open_table(TABLE).unwrap();
        assert_eq!(table.get("kept").unwrap().unwrap().value(), 1);
        assert!(refused_by_version_1(&state));
    }
    assert!(refused_by_version_1(&State::ephemeral().unwrap()));
}

#[test]
fn a_folder_of_another_root_key_stays_of_its_version() {
    let folder = tempfile::tempdir().unwrap();
    of_version(folder.path(), &1_u32.to_be_bytes());
    let key = folder.path().join(ROOT_KEY_FILE);
    let mut other = fs::read(&key).unwrap();
    other[0] ^= 1;
    fs::write(&key, &other).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    assert!(matches!(error, StateError::RootKeyForeign), "{error:?}");
    let database = Database::open(folder.path().join(DATABASE_FILE)).unwrap();
    let meta = database.begin_read().unwrap().open_table(META).unwrap();
    let version = meta.get(VERSION).unwrap().unwrap();
    assert_eq!(version.value(), 1_u32.to_be_bytes());
}

#[test]
fn a_version_that_nobody_wrote_is_damage() {
    for version in [&0_u32.to_be_bytes()[..], b"", b"1", &[0; 8]] {
        let folder = tempfile::tempdir().unwrap();
        of_version(folder.path(), version);
        let error = State::open(folder.path()).unwrap_err();
        let is_damaged = matches!(error, StateError::DatabaseDamaged { .. });
        assert!(is_damaged, "{version:?}: {error:?}");
    }
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

#[test]
fn a_database_that_was_lost_is_not_made_anew_beside_its_root_key() {
    let folder = tempfile::tempdir().unwrap();
    drop(State::open(folder.path()).unwrap());
    let database = folder.path().join(DATABASE_FILE);
    fs::remove_file(&database).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    assert!(
        matches!(error, StateError::DatabaseLost { .. }),
        "{error:?}"
    );
    let said = error.to_string();
    assert!(said.contains("start over by removing the folder"), "{said}");
    assert!(!database.exists(), "nothing was made");
}

#[test]
fn an_emptied_database_is_not_filled_anew_beside_the_files_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    drop(State::open(folder.path()).unwrap());
    let bodies = folder.path().join("s3/blobs");
    fs::create_dir_all(&bodies).unwrap();
    let empty = |message: &str| {
        fs::write(folder.path().join(DATABASE_FILE), b"").expect(message);
    };
    empty("no file is left beside it");
    drop(State::open(folder.path()).unwrap());
    fs::write(bodies.join("one"), b"body").unwrap();
    drop(State::open(folder.path()).unwrap());
    empty("a body is");
    // A second start must not take it for its own either.
    for _ in 0..2 {
        let error = State::open(folder.path()).unwrap_err();
        assert!(
            matches!(error, StateError::DatabaseLost { .. }),
            "{error:?}"
        );
    }
    assert!(bodies.join("one").exists());
}

#[test]
fn a_damaged_database_is_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    insert(&state, "k", 1).commit().unwrap();
    drop(state);
    let database = folder.path().join(DATABASE_FILE);
    let whole = fs::read(&database).unwrap();
    let mut overwritten = whole.clone();
    overwritten[..4096].fill(0xa5);
    for damaged in [
        b"no database".to_vec(),
        whole[..100].to_vec(),
        whole[..whole.len() / 2].to_vec(),
        overwritten,
    ] {
        fs::write(&database, &damaged).unwrap();
        let error = State::open(folder.path()).unwrap_err();
        let is_damaged = matches!(error, StateError::DatabaseDamaged { .. });
        assert!(is_damaged, "{} bytes: {error:?}", damaged.len());
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}
