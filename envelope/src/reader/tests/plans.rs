//! How an object is read: conditions, ranges, limits, one request or two.

use super::*;

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
