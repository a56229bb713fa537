//! What keeps the CDN from starting.
//!
//! Failures of a single request are `refusal::Refusal`, which viewers see.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why the local CDN did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CdnError {
    /// The distribution says what CloudFront would not save. Correct the configuration.
    #[error("the distribution is not valid: {reason}")]
    Distribution {
        /// What is wrong.
        reason: String,
    },
    /// A function is attached but no runtime for functions is configured.
    #[error("a behaviour has functions but no edge runtime is configured")]
    EdgeMissing,
    /// The port is taken, or the address is not this machine's. Choose another.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The port of previews cannot be used. Choose another one.
    #[error("cannot listen on {address} for previews")]
    ListenForPreviews {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The state folder cannot be used. Check its owner and permissions.
    #[error("cannot {action} {}", path.display())]
    State {
        /// `read` or `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("cannot make the certificate of the local CDN")]
    Certificate(#[source] rcgen::Error),
    /// The certificate that was made is refused by the TLS library.
    #[error("cannot use the certificate of the local CDN")]
    Tls(#[source] rustls::Error),
    /// Node.js is not installed. Install version 20 or later, or choose the native edge.
    #[error("cannot run `{}`: the edge bundle needs Node.js 20 or later", program.display())]
    NodeMissing {
        /// The program that was tried.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Node.js is older than Lambda@Edge's. Install version 20 or later, or choose the native edge.
    #[error("Node.js is {found}: the edge bundle needs 20 or later")]
    NodeTooOld {
        /// What `node --version` said.
        found: String,
    },
    /// The edge bundle has not been built. Build it first.
    #[error("there is no edge bundle at {}", path.display())]
    BundleMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The bundle does not load, or exports no `handler`. The worker's own words are the reason.
    #[error("the edge bundle does not load: {reason}")]
    BundleBroken {
        /// What the worker said.
        reason: String,
    },
}
