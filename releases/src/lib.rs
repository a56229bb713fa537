//! Releases of a site: what a folder was when it was published, which release is live, and the proof of both.
//!
//! A [`Manifest`] names every file of a release by its SHA-256; the hash of the manifest's own bytes is the
//! [`ReleaseId`]. A [`Pointer`] says which release is live. Each activation is a [`LogEntry`] that names the hash of the one
//! before it, which [`Chain`] follows. An [`Envelope`] (DSSE) is what a publisher signed. [`Difference`] compares two
//! releases, and [`keys`] says where everything stands in the bucket.
//!
//! Every document is canonical JSON (RFC 8785): the same content has one spelling, and another is refused.
//!
//! It reads and writes no file and no network, knows no clock, signs nothing and does not decide who may publish.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod canonical;
mod chain;
mod difference;
mod digest;
mod dsse;
mod encoded;
mod file;
mod file_list;
mod header_text;
pub mod keys;
mod log;
mod manifest;
mod path;
mod pointer;
mod public_key;
mod site_name;
mod statement;
mod timestamp;

pub use self::{
    canonical::NotCanonical,
    chain::{Chain, ChainError},
    difference::{Changed, Difference, Moved, differing_paths},
    digest::{DigestError, ReleaseId, Sha256Digest},
    dsse::{Envelope, EnvelopeError, MAX_ENVELOPE_BYTES, Signature, pre_authentication_encoding},
    encoded::{Encoded, EncodedError, extension},
    file::{File, Kept, Tree, TreeObject, Variant, Variants},
    header_text::{HeaderTextError, MAX_CACHE_BYTES, MAX_CSP_BYTES, MAX_TYPE_BYTES},
    log::{LogEntry, LogEntryError, MAX_LOG_ENTRY_BYTES},
    manifest::{MAX_FILES, MAX_MANIFEST_BYTES, Manifest, ManifestError},
    path::{MAX_PATH_BYTES, PathError, RESERVED_PATHS, validate_path},
    pointer::{MAX_POINTER_BYTES, Pointer, PointerError},
    public_key::{P256PublicKey, PublicKeyError},
    site_name::{SiteName, SiteNameError},
    statement::{PAYLOAD_TYPE, SignatureError, Statement},
    timestamp::{Timestamp, TimestampError},
};
