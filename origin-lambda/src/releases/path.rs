//! Which release of which site.

use keyfront_origin_core::releases::{ReleaseId, SiteName};

/// A release of a site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReleasePath<'a> {
    pub(crate) site: &'a SiteName,
    pub(crate) id: ReleaseId,
}
