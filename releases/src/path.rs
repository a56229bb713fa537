//! Paths of files in a release.

use keyfront_names::{KeyError, MAX_KEY_BYTES, ObjectKey};

use crate::keys::LONGEST_PREFIX_BYTES;

/// The longest path, so that the object's key fits for every site's name.
pub const MAX_PATH_BYTES: usize = MAX_KEY_BYTES - LONGEST_PREFIX_BYTES;

/// What edges answer themselves: the pointer, the manifest, the signature.
pub const RESERVED_PATHS: &str = ".well-known/keyfront/";

/// Why a text is not the path of a file in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It would not be an object's key.
    #[error("no valid path")]
    Key(#[source] KeyError),
    /// More than [`MAX_PATH_BYTES`].
    #[error("{bytes} bytes are more than {MAX_PATH_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A slash at an end, or two in a row: no folder has such a file.
    #[error("it has an empty segment")]
    EmptySegment,
    /// Below [`RESERVED_PATHS`].
    #[error("the CDN answers {RESERVED_PATHS} itself")]
    Reserved,
}

/// Demands that `path` can be a file of a release: an object's key without empty segments, at most [`MAX_PATH_BYTES`],
/// not below [`RESERVED_PATHS`].
///
/// # Errors
/// [`PathError`], the first rule that is broken.
pub fn validate_path(path: &str) -> Result<(), PathError> {
    ObjectKey::new(path).map_err(PathError::Key)?;
    if path.len() > MAX_PATH_BYTES {
        return Err(PathError::TooLong { bytes: path.len() });
    }
    if path.split('/').any(str::is_empty) {
        return Err(PathError::EmptySegment);
    }
    if path.starts_with(RESERVED_PATHS) {
        return Err(PathError::Reserved);
    }
    Ok(())
}
