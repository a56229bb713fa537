#![allow(clippy::unwrap_used)]

use super::*;

fn role(session: &str) -> Principal {
    Principal::AssumedRole {
        account: "123456789012".into(),
        role: "edge".into(),
        session: session.into(),
    }
}

fn user(name: &str) -> Principal {
    Principal::User {
        account: "123456789012".into(),
        name: name.into(),
    }
}

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn registry() -> CredentialRegistry {
    CredentialRegistry::open(Arc::new(State::ephemeral().unwrap()), noon()).unwrap()
}

#[test]
fn several_sessions_of_one_role_are_valid_at_once() {
    let registry = registry();
    let hour = Duration::from_secs(3600);
    let first = registry.new_session(role("a"), noon(), hour).unwrap();
    let second = registry.new_session(role("a"), noon(), hour).unwrap();
    assert_ne!(first.access_key_id, second.access_key_id);
    for session in [first, second] {
        let found = registry.find(&session.access_key_id).unwrap();
        let token = session.session_token.unwrap();
        assert_eq!(found.check_session(Some(token.expose()), noon()), Ok(()));
        assert_eq!(found.requester(noon()).token_issued_at, Some(noon()));
    }
}

#[test]
fn a_session_needs_its_own_token_and_ends_on_time() {
    let registry = registry();
    let hour = Duration::from_secs(3600);
    let session = registry.new_session(role("a"), noon(), hour).unwrap();
    let other = registry.new_session(role("b"), noon(), hour).unwrap();
    let found = registry.find(&session.access_key_id).unwrap();
    let token = session.session_token.unwrap();
    let foreign = other.session_token.unwrap();
    let check = |token, now| found.check_session(token, now);
    assert_eq!(check(None, noon()), Err(SessionRefusal::TokenMissing));
    assert_eq!(
        check(Some(foreign.expose()), noon()),
        Err(SessionRefusal::TokenMismatch)
    );
    assert_eq!(check(Some(""), noon()), Err(SessionRefusal::TokenMismatch));
    let last = noon() + hour - Duration::from_nanos(1);
    assert_eq!(check(Some(token.expose()), last), Ok(()));
    assert_eq!(
        check(Some(token.expose()), noon() + hour),
        Err(SessionRefusal::Expired)
    );
}

#[test]
fn a_long_lived_key_takes_no_token_and_is_issued_once() {
    let registry = registry();
    let admin = registry.long_lived(&user("admin"), noon()).unwrap();
    let again = registry.long_lived(&user("admin"), noon()).unwrap();
    assert_eq!(admin.access_key_id, again.access_key_id);
    let found = registry.find(&admin.access_key_id).unwrap();
    assert_eq!(found.check_session(None, noon()), Ok(()));
    assert_eq!(
        found.check_session(Some("token"), noon()),
        Err(SessionRefusal::TokenUnexpected)
    );
    assert_eq!(found.requester(noon()).token_issued_at, None);
}

#[test]
fn credentials_survive_a_restart_and_old_sessions_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let hour = Duration::from_secs(3600);
    let (admin, session) = {
        let state = Arc::new(State::open(folder.path()).unwrap());
        let registry = CredentialRegistry::open(state, noon()).unwrap();
        (
            registry.long_lived(&user("admin"), noon()).unwrap(),
            registry.new_session(role("a"), noon(), hour).unwrap(),
        )
    };
    let reopen = |now| {
        let state = Arc::new(State::open(folder.path()).unwrap());
        CredentialRegistry::open(state, now).unwrap()
    };
    let same_day = reopen(noon() + 2 * hour);
    let found = same_day.find(&session.access_key_id).unwrap();
    let token = session.session_token.unwrap();
    assert_eq!(
        found.check_session(Some(token.expose()), noon() + 2 * hour),
        Err(SessionRefusal::Expired)
    );
    drop((same_day, found));
    let later = reopen(noon() + 48 * hour);
    assert!(later.find(&session.access_key_id).is_none());
    let kept = later.find(&admin.access_key_id).unwrap();
    assert!(
        kept.credentials
            .secret_access_key
            .matches(admin.secret_access_key.expose())
    );
}

#[test]
fn secrets_do_not_rest_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let secret = {
        let state = Arc::new(State::open(folder.path()).unwrap());
        let registry = CredentialRegistry::open(state, noon()).unwrap();
        let admin = registry.long_lived(&user("admin"), noon()).unwrap();
        admin.secret_access_key.expose().to_owned()
    };
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found);
    }
}
