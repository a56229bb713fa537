//! What is read of a site's document, and what is refused.

mod buckets;
mod documents;
mod options;
mod signing;

use super::{Site, SiteError};
use crate::fixture::document;

fn refusal(more: &str) -> SiteError {
    Site::parse(document(more).as_bytes()).unwrap_err()
}

fn replaced(from: &str, to: &str) -> Result<Site, SiteError> {
    let document = document("");
    assert!(document.contains(from));
    Site::parse(document.replacen(from, to, 1).as_bytes())
}

fn names_field(error: &SiteError, name: &str) -> bool {
    match error {
        SiteError::Field { field, .. } | SiteError::Key { field, .. } => *field == name,
        _ => false,
    }
}
