//! Where a path leads.

mod documents;
mod functions;
mod keys;
mod listings;
mod protected;

use keyfront_names::KeyError;

use super::{Destination, Routed};
use crate::{Site, ViewerAccess, fixture::site};

const PUBLISH: &str =
    r#","publish":{"prefix":"/_publish","host":"p.example","region":"eu-central-1"}"#;

fn route(site: &Site, path: &str) -> Result<Destination, KeyError> {
    match super::route(site, path, ViewerAccess::ByOrigin)? {
        Routed::To { destination, .. } => Ok(destination),
        other => panic!("{path}: {other:?}"),
    }
}

fn key(more: &str, path: &str) -> Result<String, KeyError> {
    match route(&site(more), path)? {
        Destination::Bucket(key) | Destination::Reader(_, key) => Ok(key.into_string()),
        other => panic!("{path}: {other:?}"),
    }
}

fn redirected(site: &Site, path: &str) -> Option<String> {
    match super::route(site, path, ViewerAccess::ByOrigin).unwrap() {
        Routed::Redirect(to) => Some(to),
        Routed::To { .. } | Routed::Protected => None,
    }
}
