//! Where a site's releases stand in the bucket, and where edges show them.

use keyfront_names::RESERVED_PREFIX;

use crate::{ReleaseId, SiteName, Tree};

/// Where edges serve the pointer.
pub const WELL_KNOWN_RELEASE: &str = "/.well-known/keyfront/release.json";
/// Where edges serve the active release's manifest.
pub const WELL_KNOWN_MANIFEST: &str = "/.well-known/keyfront/manifest.json";
/// Where edges serve the active release's signature.
pub const WELL_KNOWN_SIGNATURE: &str = "/.well-known/keyfront/signature.json";

/// The metadata of every object of a tree that holds the lower-case hex SHA-256 of its bytes.
pub const SHA256_METADATA: &str = "keyfront-sha256";
/// The metadata that holds the Content-Security-Policy which edges write.
pub const CSP_METADATA: &str = "keyfront-csp";

/// The longest prefix of a tree's objects: `.keyfront/sites/`, a name of 63, `/releases/`, 64 digits, `/files/`.
pub(crate) const LONGEST_PREFIX_BYTES: usize = 16 + 63 + 10 + 64 + 7;

/// The prefix of everything of a site: `.keyfront/sites/NAME/`.
#[must_use]
pub fn site_prefix(site: &SiteName) -> String {
    format!("{RESERVED_PREFIX}sites/{site}/")
}

/// The pointer: `.keyfront/sites/NAME/current.json`.
#[must_use]
pub fn pointer(site: &SiteName) -> String {
    site_prefix(site) + "current.json"
}

/// The prefix of the log's entries.
#[must_use]
pub fn log_prefix(site: &SiteName) -> String {
    site_prefix(site) + "log/"
}

/// The entry of the activation of this number, sixteen digits.
#[must_use]
pub fn log_entry(site: &SiteName, number: u64) -> String {
    format!("{}{number:016}.json", log_prefix(site))
}

/// What says that the invalidation after this activation was carried out.
#[must_use]
pub fn invalidated(site: &SiteName, number: u64) -> String {
    format!("{}invalidated/{number:016}.json", site_prefix(site))
}

/// The prefix of all releases.
#[must_use]
pub fn releases_prefix(site: &SiteName) -> String {
    site_prefix(site) + "releases/"
}

/// The prefix of one release: its documents and its trees.
#[must_use]
pub fn release_prefix(site: &SiteName, id: &ReleaseId) -> String {
    format!("{}{id}/", releases_prefix(site))
}

/// The manifest, whose SHA-256 is the release's ID.
#[must_use]
pub fn manifest(site: &SiteName, id: &ReleaseId) -> String {
    release_prefix(site, id) + "manifest.json"
}

/// The DSSE envelope.
#[must_use]
pub fn signature(site: &SiteName, id: &ReleaseId) -> String {
    release_prefix(site, id) + "signature.json"
}

/// The origin's record that every object was checked.
#[must_use]
pub fn verified(site: &SiteName, id: &ReleaseId) -> String {
    release_prefix(site, id) + "verified.json"
}

/// An object of one of the release's trees.
#[must_use]
pub fn object(site: &SiteName, id: &ReleaseId, tree: Tree, path: &str) -> String {
    format!("{}{}/{path}", release_prefix(site, id), tree.as_str())
}
