//! The distribution: what an operator would configure at CloudFront, as plain values.
//!
//! Names and meanings follow CloudFront's own configuration. Nothing here sends, caches or listens.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use keyfront_cloudformation::{MAX_BEHAVIOURS, PathPattern};
use keyfront_viewers::PublicKey;
use serde::{Serialize, Serializer};

use super::error::CdnError;
use super::header_rules;

/// One CloudFront distribution.
#[derive(Debug, Clone, Serialize)]
pub struct Distribution {
    /// The id as functions see it, for instance `EDFDVBD6EXAMPLE`.
    pub id: String,
    /// The `*.cloudfront.net` name as functions see it.
    pub domain_name: String,
    /// In order of precedence; the last one has the pattern `*` and is the default.
    pub behaviours: Vec<Behaviour>,
    /// Error caching minimum TTL in seconds by status; 0 for statuses not listed. 416 is never cached.
    pub error_ttl: BTreeMap<u16, u64>,
    /// Custom error responses: the path of the page that stands in for every answer of a status, which stays.
    pub error_pages: BTreeMap<u16, String>,
}

/// What happens to the requests of one path pattern.
#[derive(Debug, Clone, Serialize)]
pub struct Behaviour {
    /// The paths this behaviour is for.
    pub path_pattern: PathPattern,
    /// Where its requests go.
    pub origin: Origin,
    /// The methods viewers may use; others are answered 403.
    pub methods: AllowedMethods,
    /// What is in the cache key, and for how long answers are kept.
    pub cache: CachePolicy,
    /// What travels to the origin beyond the cache key.
    pub forward: OriginRequestPolicy,
    /// The Lambda@Edge functions attached.
    pub functions: Functions,
    /// The keys of its trusted key groups. If there are any, every request needs a signed URL or signed cookies of one.
    pub trusted_keys: Vec<TrustedKey>,
}

/// A public key of a trusted key group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustedKey {
    /// The id CloudFront gave it, by which `Key-Pair-Id` names it.
    pub id: String,
    /// The key, written as PEM.
    #[serde(serialize_with = "as_pem")]
    pub key: PublicKey,
}

fn as_pem<S: Serializer>(key: &PublicKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&key.to_pem())
}

/// CloudFront's three sets of allowed methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum AllowedMethods {
    /// GET and HEAD.
    GetHead,
    /// GET, HEAD and OPTIONS.
    GetHeadOptions,
    /// GET, HEAD, OPTIONS, PUT, PATCH, POST and DELETE.
    All,
}

impl AllowedMethods {
    pub(super) fn allow(self, method: &Method) -> bool {
        match *method {
            Method::GET | Method::HEAD => true,
            Method::OPTIONS => self != Self::GetHead,
            Method::PUT | Method::PATCH | Method::POST | Method::DELETE => self == Self::All,
            _ => false,
        }
    }
}

/// A cache policy. The local CDN compresses nothing itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CachePolicy {
    /// Names of the query parameters in the key, compared as they are written; all others are dropped.
    pub query: Vec<String>,
    /// Lower-case names of the headers in the key.
    pub headers: Vec<String>,
    /// What of `Accept-Encoding` is in the key and reaches the origin.
    pub accept_encoding: AcceptEncoding,
    /// Seconds. Raises a shorter positive lifetime; unlike CloudFront's it never overrides `no-store`, `no-cache` or `private`.
    pub min_ttl: u64,
    /// Seconds an answer without `Cache-Control` or `Expires` is fresh.
    pub default_ttl: u64,
    /// Seconds; 0 turns caching (and the collapsing of requests) off.
    pub max_ttl: u64,
}

/// What becomes of a viewer's `Accept-Encoding`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum AcceptEncoding {
    /// It is in no key and reaches no origin.
    #[default]
    Removed,
    /// `br,gzip`, `br`, `gzip` or nothing, as with `EnableAcceptEncodingBrotli` and `EnableAcceptEncodingGzip`.
    Normalised,
}

impl CachePolicy {
    /// CloudFront's managed `CachingDisabled`.
    pub fn disabled() -> Self {
        Self::default()
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.max_ttl > 0
    }
}

/// An origin request policy: what is sent on without being part of the cache key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OriginRequestPolicy {
    /// Which headers of the viewer go on.
    pub headers: ForwardHeaders,
    /// Which query parameters go on.
    pub query: ForwardQuery,
}

impl OriginRequestPolicy {
    /// CloudFront's managed `AllViewerExceptHostHeader`.
    pub fn all_viewer_except_host() -> Self {
        Self {
            headers: ForwardHeaders::AllExceptHost,
            query: ForwardQuery::All,
        }
    }
}

/// The viewer's headers an origin request policy sends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub enum ForwardHeaders {
    /// Only those of the cache key.
    #[default]
    CacheKeyOnly,
    /// Also these, by lower-case name.
    Listed(Vec<String>),
    /// Everything but `Host` and what CloudFront always removes.
    AllExceptHost,
}

/// The query parameters an origin request policy sends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum ForwardQuery {
    /// Only those of the cache key.
    #[default]
    CacheKeyOnly,
    /// The whole query.
    All,
}

/// The Lambda@Edge functions of a behaviour; all run the same bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Functions {
    /// Run on every request that goes to the origin.
    pub origin_request: bool,
    /// Run on every answer that comes from the origin.
    pub origin_response: bool,
    /// Show the request's body (its first mebibyte) to the origin-request function.
    pub include_body: bool,
}

/// An origin of the distribution.
#[derive(Debug, Clone, Serialize)]
pub struct Origin {
    /// The host name; also the `Host` the origin sees unless a function changes it.
    pub domain_name: String,
    /// How CloudFront would speak to it.
    pub protocol: OriginProtocol,
    /// The port CloudFront would connect to.
    pub port: u16,
    /// Put before every path; empty, or starting and not ending with `/`.
    pub path: String,
    /// Custom, or S3.
    pub kind: OriginKind,
    /// Headers CloudFront adds, such as `x-keyfront-site`; a viewer's header of the same name never arrives.
    pub custom_headers: Vec<(String, String)>,
    /// Seconds to wait for the answer, and between two parts of its body.
    pub read_timeout: u64,
    /// Seconds an idle connection is kept.
    pub keepalive_timeout: u64,
}

/// The protocol between CloudFront and an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginProtocol {
    /// Plain HTTP.
    Http,
    /// HTTPS.
    Https,
}

/// The two types of origin, which functions see under different names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum OriginKind {
    /// `origin.custom`.
    Custom,
    /// `origin.s3` without an access identity.
    S3 {
        /// The bucket's Region.
        region: String,
    },
}

impl Distribution {
    /// The error caching minimum TTL of a status, in seconds.
    pub(super) fn error_ttl(&self, status: u16) -> u64 {
        self.error_ttl.get(&status).copied().unwrap_or(0)
    }

    pub(super) fn uses_functions(&self) -> bool {
        self.behaviours
            .iter()
            .any(|b| b.functions.origin_request || b.functions.origin_response)
    }

    /// Refuses what CloudFront would refuse to save.
    pub(super) fn validate(&self) -> Result<(), CdnError> {
        let refuse = |reason: String| Err(CdnError::Distribution { reason });
        match self.behaviours.split_last() {
            Some((last, earlier)) if last.path_pattern.is_default() => {
                if earlier.iter().any(|b| b.path_pattern.is_default()) {
                    return refuse("only the last behaviour may have the pattern `*`".into());
                }
            }
            _ => return refuse("the last behaviour must have the pattern `*`".into()),
        }
        if self.behaviours.len() > MAX_BEHAVIOURS {
            return refuse(format!(
                "{} behaviours, more than CloudFront's quota of {MAX_BEHAVIOURS}",
                self.behaviours.len()
            ));
        }
        for behaviour in &self.behaviours {
            behaviour.validate()?;
        }
        Ok(())
    }
}

impl Behaviour {
    fn validate(&self) -> Result<(), CdnError> {
        let refuse = |reason: String| Err(CdnError::Distribution { reason });
        let origin = &self.origin;
        if origin.domain_name.is_empty() || origin.domain_name.contains([':', '/', '@']) {
            return refuse(format!(
                "origin `{}` is not a host name",
                origin.domain_name
            ));
        }
        if !origin.path.is_empty() && (!origin.path.starts_with('/') || origin.path.ends_with('/'))
        {
            return refuse(format!(
                "origin path `{}` must start and must not end with a slash",
                origin.path
            ));
        }
        if origin.read_timeout == 0 {
            return refuse("an origin's read timeout must be at least a second".into());
        }
        for (name, value) in &origin.custom_headers {
            if let Err(reason) = header_rules::check_origin_custom_header(name, value) {
                return refuse(format!("origin custom header `{name}`: {reason}"));
            }
        }
        let listed = match &self.forward.headers {
            ForwardHeaders::Listed(names) => names.as_slice(),
            ForwardHeaders::CacheKeyOnly | ForwardHeaders::AllExceptHost => &[],
        };
        for name in self.cache.headers.iter().chain(listed) {
            if http::HeaderName::from_lowercase(name.as_bytes()).is_err() {
                return refuse(format!("`{name}` is not a lower-case header name"));
            }
        }
        let CachePolicy {
            min_ttl,
            default_ttl,
            max_ttl,
            ..
        } = self.cache;
        if min_ttl > max_ttl || default_ttl > max_ttl || (max_ttl > 0 && default_ttl < min_ttl) {
            return refuse("TTLs must be ordered: minimum, default, maximum".into());
        }
        self.validate_trusted_keys()
    }

    /// A key is found by its id, so each needs one of its own.
    fn validate_trusted_keys(&self) -> Result<(), CdnError> {
        let mut ids = BTreeSet::new();
        match self
            .trusted_keys
            .iter()
            .find(|trusted| !ids.insert(&trusted.id))
        {
            Some(TrustedKey { id, .. }) => Err(CdnError::Distribution {
                reason: format!("two trusted keys have the id `{id}`"),
            }),
            None => Ok(()),
        }
    }
}
