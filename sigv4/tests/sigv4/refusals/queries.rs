//! Queries that are not in wire form, or ambiguous.

use keyfront_sigv4::{Profile, Request, SigningError};

use super::{GET, VERBATIM, canonical, s3};

#[test]
fn s3_queries_that_are_not_in_wire_form_are_refused() {
    for query in [
        "a=b c",
        "a=%7e",
        "a=b=c",
        "a=/",
        "a=%",
        "prefix=a/b",
        "a=é",
        "%61=1",
    ] {
        assert_eq!(
            s3(Request { query, ..GET }),
            Err(SigningError::QueryNotStrict),
            "{query}"
        );
    }
}

#[test]
fn ambiguous_and_malformed_queries_are_refused_for_every_service() {
    for query in [
        "a+b", "a=1+2", "a=\n", "a#b", "=1", "&", "a=1&", "&a=1", "a=1&&b=2",
    ] {
        for profile in [Profile::S3, Profile::STANDARD] {
            assert_eq!(
                canonical(Request { query, ..GET }, profile),
                Err(SigningError::QueryMalformed),
                "{query:?}"
            );
        }
    }
    for query in ["a=%", "a=%4", "a=%zz"] {
        assert_eq!(
            canonical(Request { query, ..GET }, VERBATIM),
            Err(SigningError::QueryMalformed),
            "{query:?}"
        );
    }
}

#[test]
fn a_parameter_without_a_value_is_signed_with_an_empty_one() {
    let canonical_request = s3(Request {
        query: "versions&a=1&acl",
        ..GET
    })
    .unwrap();
    assert_eq!(canonical_request.lines().nth(2), Some("a=1&acl=&versions="));
}

#[test]
fn parameters_are_sorted_by_name_and_then_by_value() {
    let canonical_request = s3(Request {
        query: "b=2&a-=1&a=2&b=1&a=10&B=0",
        ..GET
    })
    .unwrap();
    assert_eq!(
        canonical_request.lines().nth(2),
        Some("B=0&a=10&a=2&a-=1&b=1&b=2")
    );
}
