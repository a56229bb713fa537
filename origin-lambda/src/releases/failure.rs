//! What is wrong with a release, or with a document about one.

use keyfront_origin_core::releases::SiteName;

use crate::error::{Error, Fault, Source};

/// A document of the origin's own that it did not write.
pub(super) fn altered(key: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Upstream {
        operation: "read a release's document",
        fault: Fault::Unexpected,
        source: Box::new(Altered {
            key: key.to_owned(),
            source: Box::new(cause),
        }),
    }
}

/// The log and the pointer of a site contradict each other at this entry.
pub(super) fn altered_log(site: &SiteName, n: u64) -> Error {
    Error::ReleaseLogAltered {
        site: site.to_string(),
        n,
    }
}

pub(super) fn incomplete(reason: &str) -> Error {
    Error::ReleaseIncomplete {
        reason: reason.to_owned(),
        objects: Vec::new(),
    }
}

/// What keeps a release from being filled or checked.
pub(super) fn no_manifest() -> Error {
    incomplete("its manifest is not stored: send it by the request of POST /releases/{site}")
}

/// Somebody wrote past the origin.
#[derive(Debug, thiserror::Error)]
#[error("{key} is none of the origin's: restore its former version")]
struct Altered {
    key: String,
    source: Source,
}

/// An error with its sources, for the publisher whose manifest it is about.
pub(super) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
