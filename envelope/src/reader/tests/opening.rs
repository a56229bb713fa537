//! Which envelopes are opened, and with which key.

use super::*;

fn refused(result: &Result<Option<AwaitingKey>, ReadFailure>) -> bool {
    matches!(result, Err(ReadFailure::EnvelopeRefused(_)))
}

#[test]
fn an_object_opens_under_its_own_key_and_no_other() {
    let sealed = Sealed::own(Format::V3, b"content");
    assert!(sealed.found(&policy(), "a/b").unwrap().is_some());
    assert!(refused(&sealed.found(&policy(), "a/c")));
}

#[test]
fn a_foreign_context_opens_where_it_is_configured() {
    let context = Description::from([("tenant".to_owned(), "a".to_owned())]);
    let sealed = Sealed::by_kms(Format::V3, context.clone(), b"content");
    assert!(refused(&sealed.found(&policy(), "a/b")));
    let policy = ReaderPolicy {
        foreign_context: Some(context),
        ..policy()
    };
    assert!(sealed.found(&policy, "a/b").unwrap().is_some());
}

#[test]
fn v2_opens_only_where_commitment_is_optional() {
    let sealed = Sealed::own(Format::V2, b"content");
    assert!(refused(&sealed.found(&policy(), "a/b")));
    let policy = ReaderPolicy {
        commitment: Commitment::Optional,
        ..policy()
    };
    assert!(sealed.found(&policy, "a/b").unwrap().is_some());
}

#[test]
fn a_master_keys_wrap_opens_only_where_there_is_a_master_key() {
    let master = MasterKey::new([3; 32]);
    let key = WrappedDataKey::by_master_key(
        Format::V3,
        DataKey::new([7; 32]),
        &master,
        [4; 12],
        Description::new(),
    );
    let sealed = Sealed::with(key, b"content");
    // Not even by a foreign context without entries, which a wrap by KMS may have.
    let foreign = ReaderPolicy {
        foreign_context: Some(Description::new()),
        ..policy()
    };
    assert!(refused(&sealed.found(&policy(), "a/b")));
    assert!(refused(&sealed.found(&foreign, "a/b")));
    let policy = ReaderPolicy {
        wraps: AcceptedWraps::KmsAndMasterKey,
        ..foreign
    };
    let awaiting = sealed.found(&policy, "any/key").unwrap().unwrap();
    assert!(matches!(awaiting.need(), KeyNeed::MasterKey { .. }));
}

#[test]
fn what_was_sealed_in_a_browser_is_its_publishers_to_open() {
    const ID: &str = "799a0b587a7cda81c04d039b";
    let found = |format, name: &str, wraps| {
        let description = Description::from([("keyfront-key".to_owned(), name.to_owned())]);
        let key = DataKey::new([7; 32]);
        let master = MasterKey::new([3; 32]);
        let key = WrappedDataKey::by_master_key(format, key, &master, [4; 12], description);
        let policy = ReaderPolicy { wraps, ..policy() };
        Sealed::with(key, b"content").found(&policy, "a/b")
    };
    for wraps in [AcceptedWraps::Kms, AcceptedWraps::KmsAndMasterKey] {
        let key_id = ID.to_owned();
        let required = ReadFailure::PublisherKeyRequired { key_id };
        assert_eq!(found(Format::V3, ID, wraps).unwrap_err(), required);
    }
    // A name that the page never writes is an operator's.
    for name in ["dev", "799A0B587A7CDA81C04D039B", &ID[1..], ""] {
        assert!(found(Format::V3, name, AcceptedWraps::KmsAndMasterKey).is_ok());
        assert!(refused(&found(Format::V3, name, AcceptedWraps::Kms)));
    }
    // KMS's wrap is no publisher's, whatever its context says.
    let context = Description::from([("keyfront-key".to_owned(), ID.to_owned())]);
    assert!(refused(
        &Sealed::by_kms(Format::V3, context, b"content").found(&policy(), "a/b")
    ));
}

#[test]
fn an_object_without_an_envelope_needs_its_instruction_file() {
    assert_eq!(instruction_file_key("a"), "a.instruction");
    let policy = policy();
    let search = || match find_key::<&str, &str>(&policy, "a/b", []).unwrap() {
        KeySearch::NeedsInstructionFile(search) => search,
        KeySearch::NeedsKey(_) => panic!("nothing is on the object"),
    };
    for file in [None, Some(&b"{}"[..])] {
        let failure = search().supply(file).unwrap_err();
        assert_eq!(failure, ReadFailure::NotAnEnvelope);
    }
    let failure = search().supply(Some(b"[")).unwrap_err();
    assert!(matches!(failure, ReadFailure::EnvelopeInvalid(_)));
}

#[test]
fn a_head_that_is_no_objects_is_refused() {
    let read = |headers: &[(&str, &str)]| StoredObject::read(headers, seconds).map(|_| ());
    let strong = ("etag", "\"e\"");
    assert_eq!(read(&[("content-length", "5"), strong]), Ok(()));
    for headers in [
        &[strong][..],
        &[("content-length", "-1"), strong],
        &[("content-length", "5")],
        &[("content-length", "5"), ("etag", "W/\"e\"")],
    ] {
        let refused = matches!(read(headers), Err(ReadFailure::ResponseInvalid(_)));
        assert!(refused, "{headers:?}");
    }
}
