//! The reader's decisions, over real envelopes.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::{
    AwaitingKey, Commitment, DataKey, Description, Format, KeyNeed, KmsContext, MasterKey, Seed,
    Unlocked, WrappedDataKey, content_context, instruction_file_key, seal,
};

const MODIFIED: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

fn policy() -> ReaderPolicy {
    ReaderPolicy {
        bucket: "media".to_owned(),
        commitment: Commitment::Required,
        foreign_context: None,
        wraps: AcceptedWraps::Kms,
        verify_limit: DEFAULT_VERIFY_LIMIT,
        over_limit: OverLimit::Stream,
    }
}

fn seconds(date: &str) -> Option<i64> {
    (date == MODIFIED).then_some(1_767_323_045)
}

/// An envelope as the bucket reports it.
struct Sealed {
    headers: Vec<(String, String)>,
}

impl Sealed {
    fn with(key: WrappedDataKey, content: &[u8]) -> Self {
        let (mut sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
        let mut body = content.to_vec();
        sealer.seal(&mut body).unwrap();
        let length = body.len() + sealer.finish().unwrap().len();
        let mut headers = vec![
            ("content-length".to_owned(), length.to_string()),
            ("etag".to_owned(), "\"e\"".to_owned()),
            ("last-modified".to_owned(), MODIFIED.to_owned()),
        ];
        for (name, value) in envelope.metadata().unwrap() {
            headers.push((format!("x-amz-meta-{name}"), value.to_owned()));
        }
        Self { headers }
    }

    fn by_kms(format: Format, context: Description, content: &[u8]) -> Self {
        let context = KmsContext::new(format, context).unwrap();
        let key = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1, 2], context).unwrap();
        Self::with(key, content)
    }

    fn own(format: Format, content: &[u8]) -> Self {
        Self::by_kms(format, content_context("media", "a/b"), content)
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let pairs = self.headers.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The accepted envelope, or what the search needs; `None` is the instruction file.
    fn found(&self, policy: &ReaderPolicy, key: &str) -> Result<Option<AwaitingKey>, ReadFailure> {
        let headers = self.headers();
        let object = StoredObject::read(&headers, seconds).unwrap();
        Ok(match find_key(policy, key, object.metadata())? {
            KeySearch::NeedsKey(awaiting) => Some(awaiting),
            KeySearch::NeedsInstructionFile(_) => None,
        })
    }

    fn unlocked(&self) -> Unlocked {
        let awaiting = self.found(&policy(), "a/b").unwrap().unwrap();
        awaiting.unlock(&DataKey::new([7; 32])).unwrap()
    }
}

#[test]
fn a_plain_object_is_planned_as_an_opened_envelope_is() {
    let headers = [
        ("content-length", "10"),
        ("etag", "\"e\""),
        ("last-modified", MODIFIED),
        ("cache-control", "max-age=9"),
    ];
    let object = StoredObject::read(&headers, seconds).unwrap();
    let plan = |method, headers: &[(&'static str, &'static str)]| {
        request(method, headers).plan_plain(&object)
    };
    let Ok(PlainPlan::Content(head, None)) = plan(ReadMethod::Get, &[]) else {
        panic!("not whole");
    };
    assert_eq!((head.status, head.content_length), (200, Some(10)));
    assert!(
        head.headers
            .contains(&("cache-control", "max-age=9".to_owned()))
    );
    let Ok(PlainPlan::Content(head, fetched)) = plan(ReadMethod::Get, &[("range", "bytes=-3")])
    else {
        panic!("no range");
    };
    assert_eq!((head.status, fetched), (206, Some((7, 9))));
    assert!(
        head.headers
            .contains(&("content-range", "bytes 7-9/10".to_owned()))
    );
    let Ok(PlainPlan::Headers(head)) = plan(ReadMethod::Head, &[]) else {
        panic!("a body");
    };
    assert_eq!(head.content_length, Some(10));
    let Ok(PlainPlan::Headers(head)) = plan(ReadMethod::Get, &[("if-none-match", "\"e\"")]) else {
        panic!("a body");
    };
    assert_eq!(head.status, 304);
    assert_eq!(
        plan(ReadMethod::Get, &[("if-match", "\"other\"")]),
        Err(ReadFailure::PreconditionFailed)
    );
    assert_eq!(
        plan(ReadMethod::Get, &[("range", "bytes=10-")]),
        Err(ReadFailure::RangeNotSatisfiable { length: 10 })
    );
    let limited = ReadRequest {
        limit: Some(9),
        ..ReadRequest::default()
    };
    assert_eq!(
        limited.plan_plain(&object),
        Err(ReadFailure::UseRange { limit: 9 })
    );
}

fn request(method: ReadMethod, headers: &[(&'static str, &'static str)]) -> ReadRequest {
    let values = |wanted: &'static str| {
        let named = headers.iter().filter(move |(name, _)| *name == wanted);
        named.map(|(_, value)| *value)
    };
    ReadRequest::read(method, values, seconds)
}

fn planned(
    policy: &ReaderPolicy,
    length: usize,
    request: &ReadRequest,
) -> Result<ReadPlan, ReadFailure> {
    let sealed = Sealed::own(Format::V3, &vec![5; length]);
    let headers = sealed.headers();
    let object = StoredObject::read(&headers, seconds).unwrap();
    request.plan(policy, &object, &sealed.unlocked())
}

fn head_of(plan: ReadPlan) -> ResponseHead {
    match plan {
        ReadPlan::Headers(head) | ReadPlan::Content(head, _) => head,
        ReadPlan::Elsewhere => panic!("it is answered"),
    }
}

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

#[test]
fn unverified_answers_are_for_no_cache_to_keep() {
    let sealed = Sealed::own(Format::V3, b"content");
    let mut headers = sealed.headers();
    headers.extend([("content-type", "a/b"), ("content-language", "de")]);
    let limited = ReaderPolicy {
        verify_limit: 6,
        ..policy()
    };
    for (policy, stored, shown) in [
        (&policy(), None, "no-cache"),
        (&policy(), Some("public"), "public"),
        (&limited, Some("public"), "no-store"),
    ] {
        let mut headers = headers.clone();
        headers.extend(stored.map(|stored| ("cache-control", stored)));
        let object = StoredObject::read(&headers, seconds).unwrap();
        let plan = ReadRequest::default().plan(policy, &object, &sealed.unlocked());
        let head = head_of(plan.unwrap());
        assert_eq!((head.status, head.content_length), (200, Some(7)));
        let expected = [
            ("content-type", "a/b"),
            ("content-language", "de"),
            ("last-modified", MODIFIED),
            ("etag", "\"e\""),
            ("accept-ranges", "bytes"),
            ("cache-control", shown),
        ];
        let expected = expected.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(head.headers, expected, "nothing of the envelope is shown");
    }
}

#[test]
fn conditions_and_ranges_count_on_the_plaintext() {
    let policy = ReaderPolicy {
        verify_limit: 100,
        ..policy()
    };
    let plan = |method, headers: &[(&'static str, &'static str)]| {
        planned(&policy, 100, &request(method, headers))
    };
    let get = |headers: &[(&'static str, &'static str)]| plan(ReadMethod::Get, headers);
    let whole = |plan| matches!(plan, Ok(ReadPlan::Content(_, BodyPlan::Verified(None))));
    assert!(whole(get(&[])));
    assert!(whole(get(&[("range", "bytes=0-1"), ("if-range", "\"f\"")])));

    let head = head_of(plan(ReadMethod::Head, &[("range", "bytes=0-1")]).unwrap());
    assert_eq!((head.status, head.content_length), (200, Some(100)));
    for condition in [("if-none-match", "\"e\""), ("if-modified-since", MODIFIED)] {
        let head = head_of(get(&[condition]).unwrap());
        assert_eq!((head.status, head.content_length), (304, None));
    }
    let failed = get(&[("if-match", "\"f\"")]);
    assert_eq!(failed, Err(ReadFailure::PreconditionFailed));
    let beyond = get(&[("range", "bytes=100-")]);
    let length = 100;
    assert_eq!(beyond, Err(ReadFailure::RangeNotSatisfiable { length }));

    let Ok(ReadPlan::Content(head, BodyPlan::Verified(Some(range)))) =
        get(&[("range", "bytes=-1")])
    else {
        panic!("the range is answered");
    };
    assert_eq!((range.first(), range.last()), (99, 99));
    assert_eq!((head.status, head.content_length), (206, Some(1)));
    let place = ("content-range", "bytes 99-99/100".to_owned());
    assert!(head.headers.contains(&place));
}

#[test]
fn one_request_does_where_the_whole_object_is_wanted() {
    use ReadMethod::{Get, Head};
    for (method, headers, first) in [
        (Get, &[][..], Get),
        (Head, &[], Head),
        (Get, &[("range", "bytes=0-1")], Head),
        (Get, &[("if-none-match", "\"e\"")], Head),
        (Get, &[("range", "nonsense")], Get),
    ] {
        assert_eq!(request(method, headers).first_read(), first);
    }
}

#[test]
fn objects_over_the_limit_go_the_configured_way() {
    let limited = |over_limit| ReaderPolicy {
        verify_limit: 99,
        over_limit,
        ..policy()
    };
    let whole = |over_limit| planned(&limited(over_limit), 100, &ReadRequest::default());
    let part = |over_limit| {
        let request = request(ReadMethod::Get, &[("range", "bytes=17-20")]);
        planned(&limited(over_limit), 100, &request)
    };
    let streamed = |plan| match plan {
        Ok(ReadPlan::Content(_, plan @ BodyPlan::Streamed(_))) => Some(plan.fetch()),
        _ => None,
    };
    assert_eq!(streamed(whole(OverLimit::Stream)), Some(None));
    // From the start of the block on.
    assert_eq!(streamed(part(OverLimit::Stream)), Some(Some((16, 20))));
    let use_range = ReadFailure::UseRange { limit: 99 };
    assert_eq!(whole(OverLimit::RangesOnly), Err(use_range));
    assert_eq!(streamed(part(OverLimit::RangesOnly)), Some(Some((16, 20))));
    for plan in [whole(OverLimit::Elsewhere), part(OverLimit::Elsewhere)] {
        assert_eq!(plan, Ok(ReadPlan::Elsewhere));
    }
}

#[test]
fn a_response_over_the_transports_limit_must_be_requested_in_ranges() {
    let limited = |headers: &[(&'static str, &'static str)]| ReadRequest {
        limit: Some(99),
        ..request(ReadMethod::Get, headers)
    };
    let whole = planned(&policy(), 100, &limited(&[]));
    assert_eq!(whole, Err(ReadFailure::UseRange { limit: 99 }));
    let part = planned(&policy(), 100, &limited(&[("range", "bytes=1-")]));
    assert_eq!(head_of(part.unwrap()).status, 206);
}

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
