//! The manifest of a release: what its site is, file by file. Its bytes are the release.
//!
//! It holds no time and no author: the same content is the same release.

use serde::{Deserialize, Serialize};

use crate::{
    Encoded, EncodedError, File, HeaderTextError, Kept, NotCanonical, PathError, ReleaseId,
    SiteName, Tree, TreeObject, Variant,
    canonical::{self, MAX_INTEGER},
    file_list,
    header_text::{self, MAX_CACHE_BYTES, MAX_CSP_BYTES},
    path::validate_path,
};

/// The most files, kept ones included.
pub const MAX_FILES: usize = 200_000;
/// The longest manifest.
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;

const VERSION: u64 = 1;

/// Why bytes are not a manifest, or files do not make one.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// More than [`MAX_MANIFEST_BYTES`].
    #[error("manifest: {bytes} bytes are more than 67108864")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON of this shape.
    #[error("manifest: not of its schema")]
    Schema(#[source] serde_json::Error),
    /// Of a version this program does not know.
    #[error("manifest: version {0} is unknown, only 1 is known")]
    Version(u64),
    /// Another spelling of the same document.
    #[error("manifest")]
    NotCanonical(#[from] NotCanonical),
    /// More than [`MAX_FILES`].
    #[error("manifest: {files} files are more than 200000")]
    TooMany {
        /// How many.
        files: usize,
    },
    /// A path that no file of a release can have.
    #[error("manifest: path {path:?}")]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        source: PathError,
    },
    /// Two files of one path.
    #[error("manifest: {path:?} is there twice")]
    Twice {
        /// The path.
        path: String,
    },
    /// Files not in the order of their paths' bytes.
    #[error("manifest: {path:?} is not where its path sorts it")]
    Order {
        /// The path.
        path: String,
    },
    /// A header that cannot be sent so.
    #[error("manifest: {member} of {path:?}")]
    Header {
        /// The file.
        path: String,
        /// `cache`, `type` or `csp`.
        member: &'static str,
        /// What is wrong with it.
        source: HeaderTextError,
    },
    /// A size that JSON does not carry exactly.
    #[error("manifest: the size of {path:?} is more than 2^53 - 1")]
    Size {
        /// The file.
        path: String,
    },
    /// `variants` without one.
    #[error("manifest: {path:?} has variants, but none")]
    NoVariant {
        /// The file.
        path: String,
    },
    /// `encoded` is not what the files say.
    #[error("manifest: encoded is {given:?}, but the files make it {actual:?}")]
    EncodedDiffers {
        /// As given.
        given: String,
        /// As it follows from the files.
        actual: String,
    },
    /// The list of extensions is too long.
    #[error("manifest")]
    Encoded(#[from] EncodedError),
}

/// A manifest that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    encoded: Encoded,
    files: Vec<File>,
    keep: Vec<Kept>,
    site: SiteName,
}

/// Members in the order of their names.
#[derive(Serialize)]
struct Written<'a> {
    encoded: &'a Encoded,
    #[serde(serialize_with = "file_list::serialize")]
    files: &'a [File],
    #[serde(
        serialize_with = "file_list::serialize",
        skip_serializing_if = "<[_]>::is_empty"
    )]
    keep: &'a [Kept],
    site: &'a SiteName,
    v: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    encoded: String,
    #[serde(deserialize_with = "file_list::deserialize")]
    files: Vec<File>,
    #[serde(deserialize_with = "file_list::deserialize", default)]
    keep: Vec<Kept>,
    site: SiteName,
    v: u64,
}

impl Manifest {
    /// Makes the manifest of these files, in whatever order they come.
    ///
    /// # Errors
    /// [`ManifestError`], the first rule that is broken.
    pub fn new(
        site: SiteName,
        mut files: Vec<File>,
        mut keep: Vec<Kept>,
    ) -> Result<Self, ManifestError> {
        files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        keep.sort_unstable_by(|one, other| one.file.path.cmp(&other.file.path));
        let encoded = validate(&files, &keep)?;
        Ok(Self {
            encoded,
            files,
            keep,
            site,
        })
    }

    /// Reads a manifest; every rule holds for what comes out.
    ///
    /// # Errors
    /// [`ManifestError`], the first rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge { bytes: bytes.len() });
        }
        let read: Read = serde_json::from_slice(bytes).map_err(ManifestError::Schema)?;
        if read.v != VERSION {
            return Err(ManifestError::Version(read.v));
        }
        let encoded = validate(&read.files, &read.keep)?;
        if encoded.as_str() != read.encoded {
            return Err(ManifestError::EncodedDiffers {
                given: read.encoded.chars().take(200).collect(),
                actual: encoded.to_string(),
            });
        }
        let manifest = Self {
            encoded,
            files: read.files,
            keep: read.keep,
            site: read.site,
        };
        canonical::demand(&manifest.written(), bytes)?;
        Ok(manifest)
    }

    /// Its canonical bytes, whose hash is the release.
    ///
    /// # Errors
    /// [`ManifestError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        let bytes = canonical::to_bytes(&self.written());
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// The release that it is.
    ///
    /// # Errors
    /// [`ManifestError::TooLarge`].
    pub fn id(&self) -> Result<ReleaseId, ManifestError> {
        Ok(ReleaseId::of_manifest(&self.to_bytes()?))
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> &SiteName {
        &self.site
    }

    /// What was published, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// What stays of earlier releases, sorted by path.
    #[must_use]
    pub fn keep(&self) -> &[Kept] {
        &self.keep
    }

    /// The extensions of which every file has both variants.
    #[must_use]
    pub fn encoded(&self) -> &Encoded {
        &self.encoded
    }

    /// Every file that the trees hold: published and kept, each sorted by path.
    pub fn tree_files(&self) -> impl Iterator<Item = &File> {
        tree_files(&self.files, &self.keep)
    }

    /// Every object that the trees hold, always in the same order: a position among them is a place to go on from.
    pub fn objects(&self) -> impl Iterator<Item = TreeObject<'_>> {
        self.tree_files().flat_map(File::objects)
    }

    /// The published or kept file of this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&File> {
        let published = self
            .files
            .binary_search_by(|file| (*file.path).cmp(path))
            .ok()
            .and_then(|at| self.files.get(at));
        published.or_else(|| {
            let at = self
                .keep
                .binary_search_by(|kept| (*kept.file.path).cmp(path))
                .ok()?;
            self.keep.get(at).map(|kept| &kept.file)
        })
    }

    /// The object at this place of a tree.
    #[must_use]
    pub fn object(&self, tree: Tree, path: &str) -> Option<TreeObject<'_>> {
        self.file(path)?.object(tree)
    }

    fn written(&self) -> Written<'_> {
        Written {
            encoded: &self.encoded,
            files: &self.files,
            keep: &self.keep,
            site: &self.site,
            v: VERSION,
        }
    }
}

fn tree_files<'a>(files: &'a [File], keep: &'a [Kept]) -> impl Iterator<Item = &'a File> {
    files.iter().chain(keep.iter().map(|kept| &kept.file))
}

fn validate(files: &[File], keep: &[Kept]) -> Result<Encoded, ManifestError> {
    let count = files.len() + keep.len();
    if count > MAX_FILES {
        return Err(ManifestError::TooMany { files: count });
    }
    for file in tree_files(files, keep) {
        validate_file(file)?;
    }
    demand_order(files.iter().map(|file| &*file.path))?;
    demand_order(keep.iter().map(|kept| &*kept.file.path))?;
    let published = |path: &str| {
        files
            .binary_search_by(|file| (*file.path).cmp(path))
            .is_ok()
    };
    if let Some(twice) = keep.iter().find(|kept| published(&kept.file.path)) {
        return Err(ManifestError::Twice {
            path: twice.file.path.to_string(),
        });
    }
    Ok(Encoded::of(tree_files(files, keep))?)
}

fn demand_order<'a>(paths: impl Iterator<Item = &'a str>) -> Result<(), ManifestError> {
    let mut last = None;
    for path in paths {
        match last {
            Some(before) if path == before => {
                return Err(ManifestError::Twice { path: path.into() });
            }
            Some(before) if path < before => {
                return Err(ManifestError::Order { path: path.into() });
            }
            _ => last = Some(path),
        }
    }
    Ok(())
}

fn validate_file(file: &File) -> Result<(), ManifestError> {
    let path = || file.path.chars().take(200).collect();
    validate_path(&file.path).map_err(|source| ManifestError::Path {
        path: path(),
        source,
    })?;
    let header = |member, result: Result<(), HeaderTextError>| {
        result.map_err(|source| ManifestError::Header {
            path: path(),
            member,
            source,
        })
    };
    header("cache", header_text::validate(&file.cache, MAX_CACHE_BYTES))?;
    header("type", header_text::validate_media_type(&file.media_type))?;
    if let Some(csp) = &file.csp {
        header("csp", header_text::validate(csp, MAX_CSP_BYTES))?;
    }
    let variants = file.variants.as_deref();
    let sizes = variants
        .into_iter()
        .flat_map(|variants| [variants.br, variants.gzip])
        .flatten()
        .map(|Variant { size, .. }| size);
    if std::iter::once(file.size)
        .chain(sizes)
        .any(|size| size > MAX_INTEGER)
    {
        return Err(ManifestError::Size { path: path() });
    }
    if variants.is_some_and(|variants| variants.br.is_none() && variants.gzip.is_none()) {
        return Err(ManifestError::NoVariant { path: path() });
    }
    Ok(())
}
