//! What the configuration says about the publishers' page.

use super::{
    endpoint::endpoint,
    error::{ConfigError, invalid},
};

/// `true`: a native origin serves the publishers' page, so that its host must serve no content (optional; no). On Lambda the CDN's
/// distribution of the page decides.
pub const PAGE: &str = "KEYFRONT_PAGE";
/// Another base than [`PUBLIC_URL`](super::PUBLIC_URL) under which the page reads content (optional; local stacks, whose
/// certificate browsers do not know).
pub const PREVIEW_URL: &str = "KEYFRONT_PREVIEW_URL";

/// The page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageSettings {
    /// Whether a native origin serves it.
    pub native: bool,
    /// Where it reads content instead of the public URL.
    pub preview_url: Option<String>,
}

impl PageSettings {
    pub(super) fn read(optional: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Ok(Self {
            native: match optional(PAGE).as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return Err(invalid(PAGE, "expected true or false")),
            },
            preview_url: optional(PREVIEW_URL)
                .map(|url| endpoint(PREVIEW_URL, url))
                .transpose()?,
        })
    }
}
