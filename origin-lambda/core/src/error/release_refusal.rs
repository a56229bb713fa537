//! Why a release cannot be activated, removed or written past.

/// What stands against it, and what to do. Each is about what publishers of the site did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseConflict {
    /// The active release is another than the caller expects, or another activation was first.
    #[error(
        "release {active} of site {site:?} is active: {by} activated it at {at} (activation {n}); compare with it, then \
         activate with \"replaces\":\"{active}\""
    )]
    Overtaken {
        /// The site.
        site: String,
        /// What is active.
        active: String,
        /// The publisher that activated it, and which of its people, in words.
        by: String,
        /// When, RFC 3339.
        at: String,
        /// The activation's number.
        n: u64,
    },
    /// The caller expects an active release, and there is none.
    #[error("site {0:?} has no active release: activate without \"replaces\", or with null")]
    NothingActive(String),
    /// The pointer changed while it was being changed.
    #[error("another change of site {0:?} is in progress: ask for its state, and try again")]
    InProgress(String),
    /// It was verified, and there is no pointer whose entity tag could keep it from being activated meanwhile.
    #[error(
        "release {0} is verified, and nothing was activated on its site yet: activate a release first, then remove this one"
    )]
    FirstOfSite(String),
    /// It is active.
    #[error("release {0} is active: activate another one before it is removed")]
    IsActive(String),
    /// What replaced it has not reached every edge.
    #[error(
        "release {release} may still be served: activation {n}, which replaced it, is not everywhere yet; ask again in a minute"
    )]
    NotEverywhere {
        /// What is to be removed.
        release: String,
        /// The activation that replaced it.
        n: u64,
    },
    /// The active release keeps files of it.
    #[error(
        "the active release {by} keeps files of release {release} for pages loaded before; remove it after seven days"
    )]
    Kept {
        /// What is to be removed.
        release: String,
        /// The active one.
        by: String,
    },
    /// A loose object would lie where a site serves releases alone.
    #[error(
        "the path of this key is served from the releases of site {0:?} alone: publish a release (keyfront publish)"
    )]
    ServedFromReleases(String),
}

/// An object of a release that is not as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct UnverifiedObject {
    /// `files`, `br` or `gzip`
    pub tree: &'static str,
    /// Below the site
    pub path: String,
    /// `missing`, or what differs
    pub reason: &'static str,
}
