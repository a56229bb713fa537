//! Why an object cannot be shared in the way that was asked for.

use keyfront_viewers::{GrantError, ResourceError};

/// Why not, and what to do instead. Each is about the publisher's own request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareRefusal {
    /// Nothing signs links of the CDN here.
    #[error(
        "this origin signs no links of the CDN: share the object with \"via\":\"s3\", or have the operator set \
         KEYFRONT_VIEWERS_PARAMETER and KEYFRONT_VIEWER_SIGNING_KEY"
    )]
    NotConfigured,
    /// The key is not below the main site's prefix, or its path is one the distribution answers otherwise.
    #[error(
        "no path of the CDN's main site leads to {0:?}: share it with \"via\":\"s3\", or store it under another key"
    )]
    NotServed(String),
    /// The path names no file, and the site answers such paths with one document.
    #[error(
        "the site answers the path of {0:?} with its fallback document, as of every name without an extension: share it \
         with \"via\":\"s3\", or store it under a name with an extension"
    )]
    BehindFallback(String),
    /// The object is an envelope, and is not where the CDN's reader opens them.
    #[error(
        "the object is sealed, and the CDN opens sealed objects below read/ only: store it there, or share its ciphertext \
         with \"via\":\"s3\""
    )]
    SealedElsewhere,
    /// The object is an envelope, and nothing behind the CDN opens any.
    #[error(
        "the object is sealed, and this CDN opens no sealed objects (ReaderEnabled): share its ciphertext with \"via\":\"s3\""
    )]
    SealedWithoutReader,
    /// The object is no envelope, and is where the CDN's reader serves nothing else.
    #[error(
        "the object is not sealed, and the CDN serves nothing else below read/: store it elsewhere, or share it with \
         \"via\":\"s3\""
    )]
    NotSealed,
    /// The name cannot stand in a policy.
    #[error("{0}, or share it with \"via\":\"s3\"")]
    Name(ResourceError),
    /// The end cannot stand in a policy.
    #[error("{0}")]
    End(GrantError),
}
