//! The versions of the format that are sealed and opened.

/// The version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For older readers: AES-256-GCM under the data key, which the object does not commit to.
    V2,
    /// Key-committing AES-256-GCM.
    #[default]
    V3,
}

impl Format {
    /// The content cipher's name: the field's value, and what the data key's wrap is bound to.
    pub(crate) fn content_cipher(self) -> &'static str {
        match self {
            Self::V2 => "AES/GCM/NoPadding",
            Self::V3 => "115",
        }
    }
}
