//! The request to the origin: what is sent, and its signature.
//!
//! Path, query and host go to the signer as the values that are sent, so the wire is what was signed. Signed
//! headers are `host` and every `x-amz-*` sent; what CDNs rewrite (ranges, conditions, encodings) passes
//! unsigned. It decides nothing about who may ask.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use keyfront_names::ObjectKey;
use keyfront_sigv4::{
    AmzDate, CanonicalRequest, ContentSha256Header, Credentials, EcdsaSignature, MultiRegionSigner,
    PathNormalization, Payload, Profile, Request, Signer, SigningContext, SigningError,
    StringToSign, uri_encoding,
};

use crate::admission::{Method, RequestBody, ViewerRequest};
use crate::answer::Header;
use crate::refusal::Refusal;
use crate::response::ResponseFacts;
use crate::routing::Route;
use crate::site::{Signing, Site, SiteError, split_port};

/// Which kind of origin answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginKind {
    /// S3, or what speaks its protocol.
    Bucket,
    /// The Function URL that opens envelopes.
    Reader,
    /// The Function URL that takes uploads.
    Publish,
}

/// Request headers that pass to the bucket and the reader; everything else of the viewer's stays at the edge.
/// They hold what CloudFront forbids to remove, besides ranges and conditions.
const READ_HEADERS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "cdn-loop",
    "content-length",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-forwarded-for",
];

/// Request headers that stay behind on the publish route, besides `x-amz-*`, `x-keyfront-*` and `proxy-*`.
const PUBLISH_HEADERS_DROPPED: [&str; 9] = [
    "authorization",
    "connection",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "x-real-ip",
];

impl OriginKind {
    /// Whether a viewer's header (lower-case name) passes to this origin unchanged and unsigned.
    #[must_use]
    pub fn keeps_request_header(self, name: &str) -> bool {
        match self {
            Self::Bucket | Self::Reader => READ_HEADERS.contains(&name),
            Self::Publish => {
                let prefixed = ["x-amz-", "x-keyfront-", "proxy-"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix));
                !prefixed && !PUBLISH_HEADERS_DROPPED.contains(&name)
            }
        }
    }
}

/// How an origin is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Everywhere but on this machine.
    Https,
    /// Towards an endpoint on loopback that a site names with `http://`.
    Http,
}

/// A signed request. Send it to `host` by `scheme` (a CDN has its own configuration for that), with the viewer's headers for which
/// [`OriginKind::keeps_request_header`] holds and these set over them, and with the viewer's body.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginRequest {
    /// The viewer's method.
    pub method: Method,
    /// HTTPS, but towards an endpoint on loopback.
    pub scheme: Scheme,
    /// Value of `Host`, with the port if it is not the scheme's own; also among `headers`.
    pub host: String,
    /// Path as on the request line.
    pub path: String,
    /// Query as on the request line, without the question mark; `""` if there is none.
    pub query: String,
    /// Headers the edge writes, `authorization` among them: secret.
    pub headers: Vec<Header>,
    /// Who answers.
    pub origin: OriginKind,
    /// What [`clean`](crate::response::clean) needs to know when the answer comes; `headers` carry it too.
    pub facts: ResponseFacts,
}

impl core::fmt::Debug for OriginRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OriginRequest")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// What the host says about the connection to the origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connection<'a> {
    /// The domain the CDN will connect to, if that is not the edge's choice.
    pub domain: Option<&'a str>,
    /// The value of the `x-amz-cf-id` header that the CDN adds after the edge, if it reaches a custom origin:
    /// it is signed and not returned.
    pub cf_id: Option<&'a str>,
}

/// A request before its signature.
pub(crate) struct Draft<'a> {
    pub(crate) method: Method,
    pub(crate) query: String,
    pub(crate) payload: Payload<'a>,
    /// The publisher's own `Authorization`, on its way to `x-keyfront-authorization`.
    pub(crate) authorization: Option<&'a str>,
    pub(crate) facts: ResponseFacts,
    pub(crate) connection: Connection<'a>,
}

/// Host, path, scope: what a route means on the wire.
struct Target<'s> {
    origin: OriginKind,
    scheme: Scheme,
    host: &'s str,
    algorithm: Algorithm,
    /// A region, or what SigV4A takes for one: a region set.
    region: &'s str,
    path: String,
}

#[derive(Clone, Copy)]
enum Algorithm {
    SigV4,
    SigV4a,
}

impl<'s> Target<'s> {
    fn of(site: &'s Site, route: &Route<'s>) -> Self {
        match route {
            Route::Bucket(key) => {
                let bucket = &site.bucket;
                let path = key_path(&bucket.path, key);
                let (algorithm, region) = match &bucket.signing {
                    Signing::SigV4 { region } => (Algorithm::SigV4, region),
                    Signing::SigV4a { region_set } => (Algorithm::SigV4a, region_set),
                };
                Self {
                    origin: OriginKind::Bucket,
                    scheme: bucket.scheme,
                    host: &bucket.host,
                    algorithm,
                    region,
                    path,
                }
            }
            Route::Reader(reader, key) => {
                let path = key_path("/read", key);
                Self {
                    origin: OriginKind::Reader,
                    scheme: Scheme::Https,
                    host: &reader.host,
                    algorithm: Algorithm::SigV4,
                    region: &reader.region,
                    path,
                }
            }
            Route::Publish(publish, path) => {
                let path = uri_encoding::encode_path(path);
                Self {
                    origin: OriginKind::Publish,
                    scheme: Scheme::Https,
                    host: &publish.host,
                    algorithm: Algorithm::SigV4,
                    region: &publish.region,
                    path,
                }
            }
        }
    }

    /// Function URLs are verified like any service but S3; the hash is sent because the body may be hashed
    /// nowhere else on the way.
    fn scope(&self) -> (&'static str, Profile) {
        match self.origin {
            OriginKind::Bucket => ("s3", Profile::S3),
            OriginKind::Reader | OriginKind::Publish => {
                let path = PathNormalization::Normalized;
                (
                    "lambda",
                    Profile::Standard {
                        path,
                        content_sha256: ContentSha256Header::Sent,
                    },
                )
            }
        }
    }

    /// On CloudFront the cache behaviour has chosen the origin before the edge runs.
    fn check_connection(&self, connection: Connection<'_>) -> Result<(), Refusal> {
        let (routed, _) = split_port(self.host);
        match connection.domain {
            Some(domain) if !domain.eq_ignore_ascii_case(routed) => Err(Refusal::SiteMisrouted {
                routed: routed.to_owned(),
                origin: domain.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

fn key_path(base: &str, key: &ObjectKey) -> String {
    let mut path = String::with_capacity(base.len() + 1 + key.as_str().len());
    path.push_str(base);
    path.push('/');
    key.append_wire(&mut path);
    path
}

/// The signers of both algorithms, with the buffers they keep.
#[derive(Debug, Default)]
pub(crate) struct Signers {
    one_region: Signer,
    multi_region: MultiRegionSigner,
}

impl Signers {
    pub(crate) const fn new() -> Self {
        Self {
            one_region: Signer::new(),
            multi_region: MultiRegionSigner::new(),
        }
    }
}

/// What the host does of a signature: hashing the canonical request where that is fastest, and ECDSA, which is no part
/// of this crate.
pub(crate) struct Host<Hash, Ecdsa> {
    pub(crate) sha256: Hash,
    pub(crate) ecdsa: Ecdsa,
}

/// Builds and signs.
///
/// # Errors
/// [`Refusal::SiteMisrouted`], [`Refusal::CredentialsMissing`], [`Refusal::EventInvalid`] if the host's own values
/// (request id, time) cannot be signed. Nothing is returned unsigned.
pub(crate) fn sign(
    signers: &mut Signers,
    (site, route): (&Site, &Route<'_>),
    draft: Draft<'_>,
    (credentials, date): (&Credentials, AmzDate),
    host: Host<
        impl FnOnce(&CanonicalRequest) -> [u8; 32],
        impl FnOnce(&Credentials, &StringToSign) -> Result<EcdsaSignature, SigningError>,
    >,
) -> Result<OriginRequest, Refusal> {
    let target = Target::of(site, route);
    target.check_connection(draft.connection)?;
    let (service, profile) = target.scope();
    let context = SigningContext {
        credentials,
        region: target.region,
        service,
        profile,
        date,
    };
    let signed = [
        ("host", target.host),
        ("x-amz-cf-id", draft.connection.cf_id.unwrap_or_default()),
    ];
    let request = Request {
        method: draft.method.as_str(),
        path: &target.path,
        query: &draft.query,
        headers: if draft.connection.cf_id.is_some() {
            &signed
        } else {
            &signed[..1]
        },
        payload: draft.payload,
    };
    let signature = match target.algorithm {
        Algorithm::SigV4 => signers
            .one_region
            .sign_hashed_by(&request, &context, host.sha256),
        Algorithm::SigV4a => {
            signers
                .multi_region
                .sign_by(&request, &context, host.sha256, host.ecdsa)
        }
    }
    .map_err(unsignable)?;
    let mut headers = Vec::with_capacity(8);
    headers.push(Header::new("host", target.host.to_owned()));
    headers.extend(
        signature
            .iter()
            .map(|(name, value)| Header::new(name, value.to_owned())),
    );
    headers.push(Header::new(ResponseFacts::HEADER, draft.facts.written()));
    headers.extend(
        draft
            .authorization
            .map(|value| Header::new("x-keyfront-authorization", value.to_owned())),
    );
    Ok(OriginRequest {
        method: draft.method,
        scheme: target.scheme,
        host: target.host.to_owned(),
        path: target.path,
        query: draft.query,
        headers,
        origin: target.origin,
        facts: draft.facts,
    })
}

/// Everything of the viewer's was judged or encoded before, so what is left is the host's or the operator's.
fn unsignable(error: SigningError) -> Refusal {
    match error {
        SigningError::AccessKeyId | SigningError::SecretAccessKey | SigningError::SessionToken => {
            Refusal::CredentialsMissing
        }
        SigningError::EcdsaUnavailable => SiteError::SigningUnsupported.into(),
        other => Refusal::Unsignable(other),
    }
}

/// The publisher's own `Authorization`, if it is one header that can be sent on as it is.
pub(crate) fn publish_authorization<'a>(request: &ViewerRequest<'a>) -> Option<&'a str> {
    request
        .header("authorization")
        .filter(|value| value.bytes().all(|byte| matches!(byte, b' '..=b'~')))
}

/// The hash a publish body is signed with: the viewer's own (the origin compares it), or the host's. Unsigned
/// payloads do not exist towards Function URLs.
///
/// # Errors
/// [`Refusal::BodyTooLarge`] if nobody knows the hash of the whole body.
pub(crate) fn publish_payload<'a>(request: &ViewerRequest<'a>) -> Result<Payload<'a>, Refusal> {
    let named = request
        .header("x-amz-content-sha256")
        .filter(|value| is_sha256_hex(value));
    match (named, request.body) {
        (Some(hash), _) | (None, RequestBody::Sha256Hex(hash)) => Ok(Payload::Sha256Hex(hash)),
        (None, RequestBody::Empty) => Ok(Payload::Bytes(b"")),
        (None, RequestBody::Unseen) => Err(Refusal::BodyTooLarge),
    }
}

fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
