//! Requests of web pages of other origins: preflights, which carry no signature, and what an answer says of its sharing.
//!
//! The bucket's CORS configuration decides, by its first rule that admits origin, method and headers. It opens nothing: a
//! request that a page may send is authorized like any other.
//!
//! Spec: *How does Amazon S3 evaluate the CORS configuration on a bucket?* (Amazon S3 user guide), the Fetch standard.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header, request::Parts};
use keyfront_dev_s3_store::catalog::{Catalog, CorsRule};
use keyfront_dev_s3_wire::{address::Hosts, error_response::Refusal};

/// Everything an answer to a page depends on.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// Decides for the buckets of a catalog.
pub(crate) struct CrossOrigin {
    pub(crate) catalog: Catalog,
    pub(crate) hosts: Hosts,
}

impl CrossOrigin {
    /// The answer to a preflight; `None` for any other request.
    pub(crate) fn preflight(&self, parts: &Parts) -> Option<Result<Response<Bytes>, Refusal>> {
        (parts.method == Method::OPTIONS).then(|| self.answer(parts))
    }

    fn answer(&self, parts: &Parts) -> Result<Response<Bytes>, Refusal> {
        let text = |name: HeaderName| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let origin = text(header::ORIGIN).ok_or_else(|| {
            let message = "Insufficient information. Origin request header needed.";
            Refusal::bad_request("BadRequest", message)
        })?;
        let method = text(header::ACCESS_CONTROL_REQUEST_METHOD).ok_or_else(|| {
            let message = "Invalid Access-Control-Request-Method: null";
            Refusal::bad_request("BadRequest", message)
        })?;
        let names = text(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
        let rules = self.rules(parts).ok_or_else(|| {
            Refusal::forbidden("AccessForbidden", "CORSResponse: Bucket not found")
        })?;
        if rules.is_empty() {
            let message = "CORSResponse: CORS is not enabled for this bucket.";
            return Err(Refusal::forbidden("AccessForbidden", message));
        }
        let rule = find(&rules, origin, method, names).ok_or_else(|| {
            let message = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, \
                           request method / Access-Control-Request-Method or Access-Control-Request-Headers are not \
                           whitelisted by the resource's CORS spec.";
            Refusal::forbidden("AccessForbidden", message).with("Method", method)
        })?;
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        share(headers, rule, origin);
        if !names.is_empty() {
            insert(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, names);
        }
        Ok(response)
    }

    /// Adds to an answer what its page may read of it, if the request came from one.
    pub(crate) fn share(&self, request: &Parts, response: &mut HeaderMap) {
        let origin = request.headers.get(header::ORIGIN);
        let Some(origin) = origin.and_then(|origin| origin.to_str().ok()) else {
            return;
        };
        let rules = self.rules(request).unwrap_or_default();
        if let Some(rule) = find(&rules, origin, request.method.as_str(), "") {
            share(response, rule, origin);
        }
    }

    /// `None` where there is no such bucket. A database that fails is told by the request itself.
    fn rules(&self, parts: &Parts) -> Option<Vec<CorsRule>> {
        let bucket = self.hosts.bucket_of(parts)?;
        let found = self.catalog.bucket(&bucket).ok().flatten()?;
        Some(found.cors)
    }
}

/// The first rule that admits all three.
fn find<'r>(
    rules: &'r [CorsRule],
    origin: &str,
    method: &str,
    header_names: &str,
) -> Option<&'r CorsRule> {
    let names = || {
        let names = header_names.split(',').map(str::trim);
        names.filter(|name| !name.is_empty())
    };
    rules.iter().find(|rule| {
        let allows = |name: &str| {
            let mut allowed = rule.headers.iter();
            allowed.any(|allowed| fits(&allowed.to_ascii_lowercase(), &name.to_ascii_lowercase()))
        };
        rule.origins.iter().any(|allowed| fits(allowed, origin))
            && rule.methods.iter().any(|allowed| allowed == method)
            && names().all(allows)
    })
}

/// Whether a pattern with one star at most fits.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| rest.ends_with(after)),
    }
}

fn share(headers: &mut HeaderMap, rule: &CorsRule, origin: &str) {
    if rule.origins.iter().any(|allowed| allowed == "*") {
        insert(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        insert(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        insert(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    let methods = rule.methods.join(", ");
    insert(headers, header::ACCESS_CONTROL_ALLOW_METHODS, &methods);
    if !rule.exposed.is_empty() {
        let exposed = rule.exposed.join(", ");
        insert(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &exposed);
    }
    if let Some(seconds) = rule.max_age {
        let seconds = seconds.to_string();
        insert(headers, header::ACCESS_CONTROL_MAX_AGE, &seconds);
    }
    insert(headers, header::VARY, VARY);
}

/// What cannot be a header's value is left out: configurations are checked when they are put, origins came as headers.
fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
        let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
        CorsRule {
            origins: owned(origins),
            methods: owned(methods),
            headers: owned(headers),
            ..CorsRule::default()
        }
    }

    #[test]
    fn the_first_rule_that_admits_origin_method_and_every_header_decides() {
        let rules = [
            rule(&["https://a.example"], &["PUT"], &["content-*"]),
            rule(&["https://*.example"], &["GET", "PUT"], &["*"]),
        ];
        let found = |origin, method, names| {
            let rule = find(&rules, origin, method, names);
            rule.map(|rule| rules.iter().position(|one| one == rule))
        };
        for (origin, method, names, expected) in [
            ("https://a.example", "PUT", "Content-Type", Some(0)),
            (
                "https://a.example",
                "PUT",
                "content-type, x-amz-date",
                Some(1),
            ),
            ("https://a.example", "GET", "", Some(1)),
            ("https://b.example", "PUT", "", Some(1)),
            ("https://b.example", "DELETE", "", None),
            ("https://example", "GET", "", None),
            ("http://a.example", "GET", "", None),
            ("https://a.example.org", "GET", "", None),
        ] {
            assert_eq!(
                found(origin, method, names).flatten(),
                expected,
                "{origin} {method} {names}"
            );
        }
    }

    #[test]
    fn a_star_stands_for_any_text_but_its_ends_do_not_overlap() {
        assert!(fits("*", ""));
        assert!(fits("ab*ba", "abba"));
        assert!(!fits("ab*ba", "aba"));
        assert!(!fits("ab", "abc"));
    }
}
