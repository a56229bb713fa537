//! What a destination means on the wire: scheme, host, path, and the scope of the signature.

use alloc::{borrow::ToOwned, string::String};

use keyfront_contract::Route;
use keyfront_names::ObjectKey;
use keyfront_names::host::{Scheme, split_port};
use keyfront_sigv4::{ContentSha256Header, PathNormalization, Profile, uri_encoding};

use super::Connection;
use crate::refusal::Refusal;
use crate::routing::Destination;
use crate::site::{Bucket, FunctionOrigin, Signing, Site};
use crate::text::joined;

/// Host, path, scope: what a route means on the wire.
pub(super) struct Target<'s> {
    pub(super) route: Route,
    pub(super) scheme: Scheme,
    pub(super) host: &'s str,
    pub(super) algorithm: Algorithm,
    /// A Region, or what SigV4A takes for one: a Region set.
    pub(super) region: &'s str,
    pub(super) path: String,
}

#[derive(Clone, Copy)]
pub(super) enum Algorithm {
    SigV4,
    SigV4a,
}

/// What a signature is for, besides the Region.
pub(super) struct Scope {
    pub(super) service: &'static str,
    pub(super) profile: Profile,
}

impl<'s> Target<'s> {
    pub(super) fn of(site: &'s Site, destination: &'s Destination) -> Self {
        match destination {
            Destination::Bucket(key) => {
                Self::bucket(&site.bucket, key_path(&site.bucket.path, key))
            }
            Destination::Own(key) => {
                let path = joined(&[&site.bucket.path, "/", key]);
                Self::bucket(&site.bucket, uri_encoding::encode_path(&path))
            }
            Destination::Reader(reader, key) => {
                Self::function(Route::Reader, reader, key_path("/read", key))
            }
            Destination::Listing(origin, folder) => {
                let path = joined(&["/list/", &folder.prefix]);
                Self::function(Route::Reader, origin, uri_encoding::encode_path(&path))
            }
            Destination::Publish(publish, path) => {
                Self::function(Route::Publish, publish, uri_encoding::encode_path(path))
            }
        }
    }

    fn bucket(bucket: &'s Bucket, path: String) -> Self {
        let (algorithm, region) = match &bucket.signing {
            Signing::SigV4 { region } => (Algorithm::SigV4, region),
            Signing::SigV4a { region_set } => (Algorithm::SigV4a, region_set),
        };
        Self {
            route: Route::Bucket,
            scheme: bucket.scheme,
            host: &bucket.host,
            algorithm,
            region,
            path,
        }
    }

    fn function(route: Route, function: &'s FunctionOrigin, path: String) -> Self {
        Self {
            route,
            scheme: Scheme::Https,
            host: &function.host,
            algorithm: Algorithm::SigV4,
            region: &function.region,
            path,
        }
    }

    /// Function URLs are verified like any service but S3; the hash is sent because the body may be hashed
    /// nowhere else on the way.
    pub(super) fn scope(&self) -> Scope {
        match self.route {
            Route::Bucket => Scope {
                service: "s3",
                profile: Profile::S3,
            },
            Route::Reader | Route::Publish => Scope {
                service: "lambda",
                profile: Profile::Standard {
                    path: PathNormalization::Normalized,
                    content_sha256: ContentSha256Header::Sent,
                },
            },
        }
    }

    /// On CloudFront the cache behaviour has chosen the origin before the edge runs.
    pub(super) fn check_connection(&self, connection: Connection<'_>) -> Result<(), Refusal> {
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
