//! The query that goes on: which parameters, in which spelling.
//!
//! A parameter is checked by its decoded name, so no spelling hides it. It knows nothing of paths, methods or headers.

use alloc::{borrow::Cow, string::String, vec::Vec};

use keyfront_sigv4::uri_encoding;

use crate::refusal::Refusal;
use crate::refused_parameter::{is_refused_parameter, is_signing_parameter};
use crate::routing::ListedFolder;
use crate::site::Site;
use crate::text::append;

/// The query of a read: listed parameters only, strictly encoded and in canonical order, so that what is sent is
/// what is signed.
pub(super) fn read_query(site: &Site, query: &str) -> Result<String, Refusal> {
    let listed = listed(query, &|name| site.query.iter().any(|one| one == name))?;
    Ok(written(&listed))
}

/// The query of a listing: where the page starts and its format, and of the edge's own the folder's `path` below that of the
/// `site`, which stand behind those in canonical order.
pub(super) fn listing_query(
    site: &Site,
    folder: &ListedFolder,
    query: &str,
) -> Result<String, Refusal> {
    let listed = listed(query, &|name| matches!(name, "after" | "format"))?;
    let mut written = written(&listed);
    append(
        &mut written,
        &[
            if listed.is_empty() { "path=" } else { "&path=" },
            &uri_encoding::encode_component(&folder.relative),
            "&site=%2F",
            &uri_encoding::encode_component(&site.path),
        ],
    );
    Ok(written)
}

fn listed(query: &str, is_listed: &dyn Fn(&str) -> bool) -> Result<Vec<(String, String)>, Refusal> {
    let mut listed = Vec::new();
    for parameter in parameters(query) {
        // What does not decode cannot be listed, and what is not listed is dropped.
        let Ok(name) = decode_component(parameter.name) else {
            continue;
        };
        if is_refused_parameter(&name) {
            return Err(Refusal::QueryRefused);
        }
        if is_listed(&name) {
            listed.push((name, parameter.value()?));
        }
    }
    Ok(listed)
}

/// The query of a publish request: everything that reaches the publishers' API, except signing parameters, strictly
/// encoded and in canonical order.
pub(super) fn publish_query(query: &str) -> Result<String, Refusal> {
    let mut all = Vec::new();
    for parameter in parameters(query) {
        let name = decode_component(parameter.name)?;
        // A value without a name is no parameter; SigV4 has no canonical form for it.
        if name.is_empty() || is_signing_parameter(&name) {
            return Err(Refusal::QueryRefused);
        }
        all.push((name, parameter.value()?));
    }
    Ok(written(&all))
}

struct Parameter<'q> {
    name: &'q str,
    raw_value: &'q str,
}

impl Parameter<'_> {
    fn value(&self) -> Result<String, Refusal> {
        decode_component(self.raw_value)
    }
}

fn parameters(query: &str) -> impl Iterator<Item = Parameter<'_>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            Parameter { name, raw_value }
        })
}

/// In a query, unlike in a path, `+` is a space: browsers write it so (`URLSearchParams`) and S3 reads it so. It
/// leaves as `%20`, which has one reading.
fn decode_component(raw: &str) -> Result<String, Refusal> {
    let mut spaced = String::with_capacity(raw.len());
    for (at, part) in raw.split('+').enumerate() {
        if at > 0 {
            spaced.push(' ');
        }
        spaced.push_str(part);
    }
    uri_encoding::decode(&spaced)
        .map(Cow::into_owned)
        .map_err(|_| Refusal::QueryRefused)
}

/// In canonical order, which is the order of the encoded bytes; a handful of parameters need no sort.
fn written(parameters: &[(String, String)]) -> String {
    let mut encoded: Vec<(String, String)> = Vec::with_capacity(parameters.len());
    for (name, value) in parameters {
        let parameter = (
            uri_encoding::encode_component(name),
            uri_encoding::encode_component(value),
        );
        let place = encoded.partition_point(|placed| *placed <= parameter);
        encoded.insert(place, parameter);
    }
    let mut query = String::new();
    for (name, value) in &encoded {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(value);
    }
    query
}
