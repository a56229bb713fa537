//! What a manifest says of a file, and which objects of the bucket that means.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ReleaseId, Sha256Digest};

/// A file of a release. Texts that many files share are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the site.
    pub path: Box<str>,
    /// Of the bytes as they are.
    pub sha256: Sha256Digest,
    /// In bytes.
    pub size: u64,
    /// `Content-Type`.
    pub media_type: Arc<str>,
    /// `Cache-Control`.
    pub cache: Arc<str>,
    /// `Content-Security-Policy`, which edges write.
    pub csp: Option<Arc<str>>,
    /// The compressed forms that are stored beside it.
    pub variants: Option<Box<Variants>>,
}

/// A file of an earlier release that stays reachable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// A release that has it.
    pub from: ReleaseId,
    /// As that release has it.
    pub file: File,
}

/// The compressed forms of a file; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variants {
    /// Brotli (RFC 7932).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub br: Option<Variant>,
    /// gzip (RFC 1952).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gzip: Option<Variant>,
}

/// A compressed form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Of the compressed bytes.
    pub sha256: Sha256Digest,
    /// Of the compressed bytes.
    pub size: u64,
}

/// One of a release's three trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tree {
    /// The files as they are.
    Files,
    /// Compressed with Brotli.
    Br,
    /// Compressed with gzip.
    Gzip,
}

/// An object that a release's trees hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeObject<'a> {
    /// Which tree.
    pub tree: Tree,
    /// Where in it.
    pub path: &'a str,
    /// Of its bytes as stored.
    pub sha256: Sha256Digest,
    /// Of its bytes as stored.
    pub size: u64,
    /// `Content-Type`.
    pub media_type: &'a str,
    /// `Cache-Control`.
    pub cache: &'a str,
    /// `Content-Security-Policy`, kept as metadata.
    pub csp: Option<&'a str>,
}

impl File {
    /// Whether its name changes with its content, by its own word: browsers never ask again.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        self.cache
            .split(',')
            .any(|directive| directive.trim().eq_ignore_ascii_case("immutable"))
    }

    /// Its object in this tree.
    #[must_use]
    pub fn object(&self, tree: Tree) -> Option<TreeObject<'_>> {
        let (sha256, size) = match tree {
            Tree::Files => (self.sha256, self.size),
            Tree::Br => self.variants.as_ref()?.br.map(Variant::pair)?,
            Tree::Gzip => self.variants.as_ref()?.gzip.map(Variant::pair)?,
        };
        Some(TreeObject {
            tree,
            path: &self.path,
            sha256,
            size,
            media_type: &self.media_type,
            cache: &self.cache,
            csp: self.csp.as_deref(),
        })
    }

    /// Its objects: one, and one for each variant.
    pub fn objects(&self) -> impl Iterator<Item = TreeObject<'_>> {
        Tree::ALL.into_iter().filter_map(|tree| self.object(tree))
    }
}

impl Variant {
    const fn pair(self) -> (Sha256Digest, u64) {
        (self.sha256, self.size)
    }
}

impl Tree {
    /// Every tree, in the order in which objects are listed.
    pub const ALL: [Self; 3] = [Self::Files, Self::Br, Self::Gzip];

    /// The folder below the release's prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Br => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The `Content-Encoding` of its objects.
    #[must_use]
    pub const fn content_encoding(self) -> Option<&'static str> {
        match self {
            Self::Files => None,
            Self::Br => Some("br"),
            Self::Gzip => Some("gzip"),
        }
    }
}
