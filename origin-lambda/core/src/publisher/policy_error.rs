//! Why a document is not a publishers' policy, or a change of one cannot be made.

use super::{MethodName, folders::FolderError};
use crate::oidc::{InvalidIssuer, InvalidLogin};

/// The document's size in bytes at most.
pub const MAX_DOCUMENT: usize = 1 << 20;

/// Why a document is not a publishers' policy. Repair `.keyfront/publishers.json`.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Larger than 1 MiB.
    #[error("the document is larger than {MAX_DOCUMENT} bytes")]
    TooLarge,
    /// Not JSON, an unknown, repeated or missing field, or a value out of its range.
    #[error("the document does not match the schema of a publishers' policy")]
    Schema(#[source] serde_json::Error),
    /// Another version of the schema.
    #[error("unknown schema version {0}")]
    Version(u32),
    /// Two publishers, or two tokens of one publisher, have the same id; or an id is empty.
    #[error("invalid id {0:?}: ids must be unique and not empty")]
    Id(String),
    /// Two tokens have the same hash.
    #[error("a token of publisher {0:?} has the hash of another token")]
    SharedToken(String),
    /// Two rules of one publisher have the same prefix.
    #[error("publisher {publisher:?} has two rules for {prefix:?}")]
    RepeatedPrefix {
        /// The publisher's id.
        publisher: String,
        /// The prefix.
        prefix: String,
    },
    /// A document of an earlier version has `sites`.
    #[error(
        "publisher {0:?} has sites, which version 3 of the schema has: write \"v\": 3, and LIST, HEAD and READ in the place of GET"
    )]
    SitesOfEarlierVersion(String),
    /// A publisher lists a site twice.
    #[error("publisher {publisher:?} lists the site {site:?} twice")]
    RepeatedSite {
        /// The publisher's id.
        publisher: String,
        /// The site.
        site: String,
    },
    /// `inline` lists a wildcard.
    #[error("publisher {publisher:?} lists {range:?} as inline; name the type exactly")]
    InlineWildcard {
        /// The publisher's id.
        publisher: String,
        /// The range.
        range: String,
    },
    /// A rule lists a method by a name that the document's version does not have.
    #[error(
        "publisher {publisher:?} lists {name}: version 1 of the schema has GET, and later ones LIST, HEAD and READ in its place"
    )]
    Method {
        /// The publisher's id.
        publisher: String,
        /// The name.
        name: MethodName,
    },
    /// The issuers are not each one, and usable.
    #[error(transparent)]
    Issuer(#[from] InvalidIssuer),
    /// The logins are not each one, and usable.
    #[error(transparent)]
    Login(#[from] InvalidLogin),
    /// An identity names an issuer that the document does not have.
    #[error("publisher {publisher:?} has an identity of the unknown issuer {issuer:?}")]
    UnknownIssuer {
        /// The publisher's id.
        publisher: String,
        /// The issuer's id, as the identity has it.
        issuer: String,
    },
    /// Personal folders have no one owner.
    #[error(transparent)]
    Folders(#[from] FolderError),
    /// No publisher has this id.
    #[error("there is no publisher {0:?}")]
    UnknownPublisher(String),
    /// The publisher has no token with this id.
    #[error("publisher {publisher:?} has no token {token:?}")]
    UnknownToken {
        /// The publisher's id.
        publisher: String,
        /// The id that was looked for.
        token: String,
    },
    /// The publisher has no rule for this folder.
    #[error("publisher {publisher:?} has no rule for {prefix:?}")]
    UnknownRule {
        /// The publisher's id.
        publisher: String,
        /// The folder that was looked for.
        prefix: String,
    },
    /// The publisher has two valid tokens already: revoke one, or let it expire.
    #[error("publisher {0:?} has two valid tokens already")]
    TwoTokens(String),
}
