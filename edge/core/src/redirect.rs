//! The answer that sends a viewer on to another path of the same host.
//!
//! It does not decide who is sent where: spelling is `admission`'s, slashes are `routing`'s, missing objects `response`'s.

use alloc::{string::String, vec};

use crate::answer::Answer;
use crate::cors::Grant;
use crate::header::Header;

/// Whether the target depends on the path alone, or on what the bucket has at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// 301
    Always,
    /// 302
    Now,
}

/// To a path, with a query, both as on the request line.
pub(crate) fn to(mut location: String, query: &str, lasting: Lasting, grant: &Grant) -> Answer {
    if !query.is_empty() {
        location.push('?');
        location.push_str(query);
    }
    let mut headers = vec![
        Header::new("location", location),
        Header::new("cache-control", "no-store"),
        Header::new("x-content-type-options", "nosniff"),
    ];
    grant.append_to(&mut headers);
    Answer {
        status: match lasting {
            Lasting::Always => 301,
            Lasting::Now => 302,
        },
        headers,
        body: String::new(),
    }
}
