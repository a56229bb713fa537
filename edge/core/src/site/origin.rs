//! The origins a site names: the bucket, and the functions behind path prefixes.
//!
//! Values that were validated; which one serves a path is `crate::routing`'s.

use alloc::string::String;

use keyfront_names::host::Scheme;

/// The bucket as an origin.
#[derive(Debug)]
pub struct Bucket {
    /// HTTPS, but towards an endpoint on loopback.
    pub scheme: Scheme,
    /// `Host` of every request to the bucket, with the port if it is not the scheme's own.
    pub host: String,
    /// `""` (virtual-hosted style) or `"/BUCKET"` (path style).
    pub path: String,
    /// How requests to it are signed.
    pub signing: Signing,
}

/// The signature a bucket asks for, and where it shall be valid. Functions are always signed with SigV4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// SigV4, for one region.
    SigV4 {
        /// Region of the credential scope.
        region: String,
    },
    /// SigV4A, for a set of regions.
    SigV4a {
        /// Region names separated by commas, `*` for any.
        region_set: String,
    },
}

/// A Lambda Function URL behind a path prefix of the site: the reader or the publish endpoint.
#[derive(Debug)]
pub struct FunctionOrigin {
    /// Decoded path prefix without a trailing slash: `"/_publish"`; `""` is the whole site.
    pub prefix: String,
    /// `Host` of the Function URL.
    pub host: String,
    /// Region of the credential scope.
    pub region: String,
}

impl FunctionOrigin {
    /// What follows the prefix (`""` or a path from its slash on), if `path` (decoded, from its
    /// leading slash on) lies under the prefix. Whole segments only: `/_publisher` is not under `/_publish`.
    #[must_use]
    pub fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(self.prefix.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }
}
