//! The extensions of which every file is stored compressed as well.
//!
//! An edge chooses a variant without knowing the manifest: by the extension alone. So an extension stands here exactly
//! when every file of the release that has it has both variants.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::File;

const MAX_BYTES: usize = 1024;
const MAX_EXTENSION_BYTES: usize = 16;

/// Why a text is not a list of extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodedError {
    /// An extension of other characters, or too long.
    #[error("encoded: extensions are 1 to 16 of a-z and 0-9, one space between two")]
    Extension,
    /// Not sorted, or one twice.
    #[error("encoded: extensions must be sorted and different")]
    Order,
    /// More than fits into every pointer.
    #[error("encoded: {bytes} bytes are more than 1024")]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },
}

/// Extensions, sorted, one space between two: `css html js`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Encoded(String);

/// The extension of a path as `encoded` names it: what follows the last dot of its last segment, if that is 1 to 16 of
/// `a-z` and `0-9`.
#[must_use]
pub fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let (_, extension) = name.rsplit_once('.')?;
    is_extension(extension).then_some(extension)
}

impl Encoded {
    /// Validates a list.
    ///
    /// # Errors
    /// [`EncodedError`], the first rule that is broken.
    pub fn new(text: &str) -> Result<Self, EncodedError> {
        if text.len() > MAX_BYTES {
            return Err(EncodedError::TooLong { bytes: text.len() });
        }
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut last = "";
        for extension in text.split(' ') {
            if !is_extension(extension) {
                return Err(EncodedError::Extension);
            }
            if extension <= last {
                return Err(EncodedError::Order);
            }
            last = extension;
        }
        Ok(Self(text.to_owned()))
    }

    /// What holds for these files.
    pub(crate) fn of<'a>(files: impl Iterator<Item = &'a File>) -> Result<Self, EncodedError> {
        let mut extensions = BTreeMap::new();
        for file in files {
            let Some(extension) = extension(&file.path) else {
                continue;
            };
            let complete = file
                .variants
                .as_deref()
                .is_some_and(|variants| variants.br.is_some() && variants.gzip.is_some());
            *extensions.entry(extension).or_insert(true) &= complete;
        }
        let complete: Vec<_> = extensions
            .into_iter()
            .filter_map(|(extension, complete)| complete.then_some(extension))
            .collect();
        Self::new(&complete.join(" "))
    }

    /// The list.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether files of this path's extension have variants.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        extension(path).is_some_and(|wanted| self.0.split(' ').any(|listed| listed == wanted))
    }
}

impl fmt::Display for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_extension(text: &str) -> bool {
    (1..=MAX_EXTENSION_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
