use keyfront_releases::{
    Chain, ChainError, Encoded, LogEntry, LogEntryError, Pointer, PointerError, Sha256Digest,
    Timestamp,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::generated::{id, logs, moment};

fn chain(log: &[Vec<u8>]) -> Result<Chain, ChainError> {
    let mut chain = Chain::default();
    for entry in log {
        chain.follow(entry)?;
    }
    Ok(chain)
}

fn bytes(log: &[LogEntry]) -> Vec<Vec<u8>> {
    log.iter().map(LogEntry::to_bytes).collect()
}

proptest! {
    #[test]
    fn a_log_is_followed_to_its_head(log in logs()) {
        let written = bytes(&log);
        let chain = chain(&written).unwrap();
        prop_assert_eq!(chain.last(), log.last());
        prop_assert_eq!(chain.head(), Sha256Digest::of(written.last().unwrap()));
        let pointer = Pointer::new(log.last().unwrap().clone());
        prop_assert!(chain.demand_pointer(&pointer).is_ok());
        prop_assert_eq!(Pointer::parse(&pointer.to_bytes()).unwrap(), pointer);
    }

    #[test]
    fn another_writer_of_canonical_json_writes_the_same_entries(log in logs()) {
        for entry in &log {
            for bytes in [entry.to_bytes(), Pointer::new(entry.clone()).to_bytes()] {
                let value: Value = serde_json::from_slice(&bytes).unwrap();
                prop_assert_eq!(serde_json_canonicalizer::to_vec(&value).unwrap(), bytes);
            }
        }
    }

    /// The last entry's hash is the head, which the pointer holds; all before it are named by the next.
    #[test]
    fn no_flipped_byte_leaves_the_log_and_its_head(
        log in logs(), entry in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let mut written = bytes(&log);
        let head = chain(&written).unwrap().head();
        let entry = entry.index(written.len());
        let at = at.index(written[entry].len());
        written[entry][at] ^= 1 << bit;
        let followed = chain(&written);
        prop_assert!(followed.is_err() || followed.unwrap().head() != head);
    }

    #[test]
    fn a_missing_or_doubled_entry_is_found(log in logs(), at in any::<prop::sample::Index>()) {
        let written = bytes(&log);
        let at = at.index(written.len());
        let mut missing = written.clone();
        missing.remove(at);
        if at + 1 < written.len() {
            let found = matches!(chain(&missing), Err(ChainError::Number { .. }));
            prop_assert!(found);
        }
        let mut doubled = written.clone();
        doubled.insert(at, written[at].clone());
        let found = matches!(chain(&doubled), Err(ChainError::Number { .. }));
        prop_assert!(found);
    }

    #[test]
    fn a_pointer_with_a_flipped_byte_is_another_or_none(
        log in logs(), at in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let pointer = Pointer::new(log.last().unwrap().clone());
        let mut bytes = pointer.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = Pointer::parse(&bytes) {
            prop_assert_ne!(other, pointer);
        }
    }

    #[test]
    fn moments_have_one_spelling(seconds in 0_u64..253_402_300_800, text in "\\PC{0,24}") {
        let moment = moment(seconds);
        prop_assert_eq!(moment.to_string().parse(), Ok(moment));
        if let Ok(read) = text.parse::<Timestamp>() {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}

fn two() -> (LogEntry, LogEntry) {
    let encoded = Encoded::default();
    let first = LogEntry::first(
        id("a"),
        encoded.clone(),
        "ada".into(),
        moment(1_796_094_312),
    );
    let second = first.next(id("b"), encoded, "bob".into(), moment(1_796_094_300));
    (first, second)
}

#[test]
fn the_bytes_of_pointer_and_entry_are_these() {
    let (first, _) = two();
    let release = id("a");
    let zeros = "0".repeat(64);
    let entry = format!(
        r#"{{"at":"2026-12-01T03:05:12Z","by":"ada","encoded":"","n":1,"previous":"{zeros}","release":"{release}","v":1}}"#
    );
    assert_eq!(String::from_utf8(first.to_bytes()).unwrap(), entry);
    let pointer = String::from_utf8(Pointer::new(first).to_bytes()).unwrap();
    assert_eq!(
        pointer,
        format!(r#"{{"active":"{release}","encoded":"","entry":{entry},"v":1}}"#)
    );
}

#[test]
fn a_person_stands_in_the_entry_and_one_that_cannot_be_shown_does_not() {
    let (first, _) = two();
    let plain = String::from_utf8(first.to_bytes()).unwrap();
    let entry = first.by_person(Some("oidc:staff/2da6".to_owned()));
    assert_eq!(entry.author(), "ada (oidc:staff/2da6)");
    let bytes = entry.to_bytes();
    assert_eq!(
        String::from_utf8(bytes.clone()).unwrap(),
        plain.replace(r#""n":1,"#, r#""n":1,"person":"oidc:staff/2da6","#)
    );
    assert_eq!(LogEntry::parse(&bytes).unwrap(), entry);
    for wrong in ["", "a\nb", &"p".repeat(545)] {
        let entry = entry.clone().by_person(Some(wrong.to_owned()));
        assert!(matches!(
            entry.checked(),
            Err(LogEntryError::Person { n: 1 })
        ));
    }
    let null = plain.replace(r#""n":1,"#, r#""n":1,"person":null,"#);
    assert!(matches!(
        LogEntry::parse(null.as_bytes()),
        Err(LogEntryError::NotCanonical(_))
    ));
}

#[test]
fn a_pointer_may_be_one_activation_ahead_of_the_log_and_not_two() {
    let (first, second) = two();
    let log = chain(&[first.to_bytes()]).unwrap();
    assert!(log.demand_pointer(&Pointer::new(second.clone())).is_ok());
    let third = second.next(id("c"), Encoded::default(), "ada".into(), moment(3));
    assert!(log.demand_pointer(&Pointer::new(third)).is_err());
    let both = chain(&[first.to_bytes(), second.to_bytes()]).unwrap();
    assert!(matches!(
        both.demand_pointer(&Pointer::new(first)),
        Err(ChainError::Pointer { pointer: 1, log: 2 })
    ));
}

#[test]
fn a_clock_set_back_is_counted_and_breaks_nothing() {
    let (first, second) = two();
    let log = chain(&[first.to_bytes(), second.to_bytes()]).unwrap();
    assert_eq!(log.clock_set_back(), 1);
}

#[test]
fn an_entry_that_replaced_something_else_is_found() {
    let (first, mut second) = two();
    second.replaced = Some(id("c"));
    assert!(matches!(
        chain(&[first.to_bytes(), second.to_bytes()]),
        Err(ChainError::Replaced { n: 2 })
    ));
}

#[test]
fn only_the_first_entry_has_nothing_before_it() {
    let (first, second) = two();
    let mut wrong = [first.clone(), first, second.clone(), second];
    wrong[0].n = 2;
    wrong[1].replaced = Some(id("c"));
    wrong[2].replaced = None;
    wrong[3].previous = Sha256Digest::ZERO;
    for entry in wrong {
        assert!(matches!(
            LogEntry::parse(&entry.to_bytes()),
            Err(LogEntryError::Place { .. })
        ));
    }
}

#[test]
fn a_pointer_whose_entry_names_another_release_is_refused() {
    let (first, _) = two();
    let text = String::from_utf8(Pointer::new(first).to_bytes()).unwrap();
    let other = text.replacen(&id("a").to_string(), &id("b").to_string(), 1);
    assert!(matches!(
        Pointer::parse(other.as_bytes()),
        Err(PointerError::EntryDiffers)
    ));
}

#[test]
fn other_spellings_of_moments_are_refused() {
    for text in [
        "2026-12-01T03:05:12.0Z",
        "2026-12-01T03:05:12+00:00",
        "2026-12-01t03:05:12z",
        "2026-12-01 03:05:12Z",
        "2026-02-29T00:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "+2026-12-01T03:05:12Z",
        "1969-12-31T23:59:59Z",
        "",
    ] {
        assert!(text.parse::<Timestamp>().is_err(), "{text}");
    }
    assert!("2028-02-29T23:59:59Z".parse::<Timestamp>().is_ok());
}
