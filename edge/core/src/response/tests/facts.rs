//! What the answer must know of its request, in a header of its own.

use keyfront_contract::Route;

use crate::{
    cors::Grant,
    folder::Folder,
    release::ReleaseFacts,
    response::{BadRequest, ResponseFacts},
    site::DeniedAs,
};

#[test]
fn facts_travel_in_a_header_and_come_back() {
    for origin in [Route::Bucket, Route::Reader, Route::Publish] {
        for denied_as in [DeniedAs::Denied, DeniedAs::Missing] {
            for grant in [
                Grant::Unruled,
                Grant::Anyone,
                Grant::Nobody,
                Grant::Origin("https://a.example:1".into()),
            ] {
                for bad_request in [
                    BadRequest::Unexplained,
                    BadRequest::Condition,
                    BadRequest::CustomerKey,
                ] {
                    for folder in [None, Some(Folder::of("a b/", "docs"))] {
                        for release in [None, ReleaseFacts::read("rv,,5,*")] {
                            let facts = ResponseFacts {
                                route: origin,
                                denied_as,
                                grant: grant.clone(),
                                bad_request,
                                folder: folder.clone(),
                                release,
                            };
                            assert_eq!(ResponseFacts::read(Some(&facts.written())), facts);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn facts_that_were_not_written_here_count_as_the_strictest() {
    for value in [
        None,
        Some(""),
        Some("v2 publish missing *"),
        Some("v1 publish missing"),
        Some("v1 publish missing * x"),
        Some("v1 reader denied a b"),
        Some("v1 bucket denied * unusual x"),
        Some("v1 bucket denied * unusual 4-0:/ x"),
        Some("v1 bucket denied * 4-0:/ unusual"),
        Some("v1 bucket denied * unusual unusual"),
        Some("v1 bucket denied * rf,, 4-0:/"),
        Some("v1 bucket denied * rf,,,,"),
        Some("v1 bucket denied * rx,,"),
    ] {
        assert_eq!(
            ResponseFacts::read(value),
            ResponseFacts::strictest(),
            "{value:?}"
        );
    }
}
