//! The answer that sends a viewer on to another path of the same host.

use alloc::{string::String, vec};

use keyfront_sigv4::uri_encoding;

use crate::answer::Answer;
use crate::cors::Grant;
use crate::header::Header;

/// To a decoded path, with a query as on the request line.
pub(super) fn to(path: &str, query: &str, grant: &Grant) -> Answer {
    let mut location = uri_encoding::encode_path(path);
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
        status: 301,
        headers,
        body: String::new(),
    }
}
