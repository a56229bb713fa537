//! Releases of a site: what an upload of one is bound to, what was verified, what may become active or be removed, and
//! what the CDN then has to forget.
//!
//! What a manifest, a pointer and a log entry are, and where they lie, is [`keyfront_releases`]'s. It calls nobody and has no
//! clock.

pub mod activation;
mod object;
pub mod removal;
mod settling;
mod stale_paths;
#[cfg(test)]
mod tests;
mod upload;
mod verification;

pub use keyfront_releases::{
    Encoded, LogEntry, MAX_LOG_ENTRY_BYTES, MAX_MANIFEST_BYTES, MAX_POINTER_BYTES, Manifest,
    Pointer, ReleaseId, Sha256Digest, SiteName, Statement, Timestamp, Tree, TreeObject, keys,
};

pub use self::{
    object::{Comparison, HeldObject, compare, document_headers, metadata, put_headers},
    settling::{PendingInvalidation, SETTLING, caller_reference, left_of},
    stale_paths::{MOST_PATHS, stale_paths},
    upload::{
        BATCH, COPIES, DeclaredObject, PartsUpload, TreeUpload, begun_uploads, part_headers,
        plan_uploads, uploaded_parts,
    },
    verification::{FilledTree, Filling, MOST_NAMED, Reading, VerifiedRecord, VerifyPosition},
};

/// The tree and path of a key below the prefix of its release; `None` for what belongs to no tree.
pub fn tree_and_path<'k>(prefix: &str, key: &'k str) -> Option<(Tree, &'k str)> {
    let (folder, path) = key.strip_prefix(prefix)?.split_once('/')?;
    let tree = Tree::ALL.into_iter().find(|tree| tree.as_str() == folder)?;
    (!path.is_empty()).then_some((tree, path))
}
