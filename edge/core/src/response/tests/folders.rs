//! Missing objects that may be folders.

use keyfront_contract::Route;

use super::{cleaned, facts, head};
use crate::{
    folder::Folder,
    response::{Cleaned, OriginResponse, ResponseFacts},
    site::DeniedAs,
};

/// Where the viewer of an object is sent.
fn location(facts: &ResponseFacts, response: &OriginResponse<'_>) -> Option<String> {
    match cleaned(facts, "GET", response) {
        Cleaned::Answer { answer, .. } if answer.status == 302 => {
            let find = |name| answer.headers.iter().find(|header| header.name == name);
            assert_eq!(find("cache-control").unwrap().value, "no-store");
            Some(find("location").unwrap().value.clone().into_owned())
        }
        _ => None,
    }
}

#[test]
fn a_missing_object_that_may_be_a_folder_is_redirected_there() {
    let problem = [("content-type", "application/problem+json")];
    for (route, missing) in [
        (Route::Bucket, head(404, &[])),
        (Route::Reader, head(404, &problem)),
    ] {
        let facts = ResponseFacts {
            folder: Some(Folder::of("my site/", "a b/docs")),
            ..facts(route)
        };
        let to = |response: &OriginResponse<'_>| location(&facts, response);
        assert_eq!(to(&missing).unwrap(), "/my%20site/a%20b/docs/?v=1");
        // Whatever else is wrong, and what is there, stays what it is.
        for status in [200, 206, 304, 400, 403, 412, 416, 500, 503] {
            assert_eq!(to(&head(status, &problem)), None, "{status}");
        }
        let elsewhere = ResponseFacts {
            folder: Some(Folder::of("", "much longer than what was asked of it")),
            ..facts.clone()
        };
        assert_eq!(location(&elsewhere, &missing), None);
    }
    assert_eq!(location(&facts(Route::Bucket), &head(404, &[])), None);
}

#[test]
fn a_403_that_is_reported_as_missing_leads_to_the_folder_too() {
    let facts = ResponseFacts {
        denied_as: DeniedAs::Missing,
        folder: Some(Folder::of("", "docs")),
        ..facts(Route::Bucket)
    };
    let found = location(&facts, &head(403, &[]));
    assert_eq!(found.as_deref(), Some("/docs/?v=1"));
}
