//! Data keys that are kept.

use super::*;

#[test]
fn a_data_key_is_found_by_who_opened_it_its_ciphertext_and_its_context_for_its_life() {
    let limits = CacheLimits { keys: 4, life: 60 };
    let mut keys = DataKeyCache::new(8);
    let context = Description::from([("a".to_owned(), "b".to_owned())]);
    let owner = KeyOwner::new("key", "ASIA");
    let name = DataKeyName::new(owner, b"wrapped", &context);
    let key = Arc::new(DataKey::new([1; 32]));
    keys.keep(name, Arc::clone(&key), limits, 100);
    assert!(keys.find(&name, 159).is_some());
    for other in [
        DataKeyName::new(owner, b"Wrapped", &context),
        DataKeyName::new(owner, b"wrapped", &Description::new()),
        DataKeyName::new(KeyOwner::new("key", "ASIB"), b"wrapped", &context),
        DataKeyName::new(KeyOwner::new("other", "ASIA"), b"wrapped", &context),
    ] {
        assert!(keys.find(&other, 100).is_none());
    }
    assert!(keys.find(&name, 160).is_none());
    let left = Arc::strong_count(&key);
    assert_eq!(left, 1, "an expired key is dropped, and with that wiped");
}

#[test]
fn an_owner_keeps_no_more_data_keys_than_it_may() {
    let mut keys = DataKeyCache::new(8);
    let (a, b) = (KeyOwner::new("a", ""), KeyOwner::new("b", ""));
    let named = |owner, at: u8| DataKeyName::new(owner, &[at], &Description::new());
    let limits = |keys| CacheLimits { keys, life: 60 };
    keys.keep(named(b, 0), (), limits(1), 0);
    for at in 0..3 {
        keys.keep(named(a, at), (), limits(2), 0);
    }
    let found = [0, 1, 2].map(|at| keys.find(&named(a, at), 0).is_some());
    assert_eq!(found, [false, true, true]);
    assert!(keys.find(&named(b, 0), 0).is_some());
    keys.keep(named(b, 1), (), limits(0), 0);
    assert!(keys.find(&named(b, 1), 0).is_none());
    for at in 0..20 {
        keys.keep(named(a, at), (), limits(100), 0);
    }
    let found = (0..20).filter(|at| keys.find(&named(a, *at), 0).is_some());
    assert_eq!(found.count(), 8, "all owners together");
}
