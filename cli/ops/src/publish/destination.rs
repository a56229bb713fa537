//! The release that is being filled, and the folder that it is filled from.

use std::path::Path;

use keyfront_releases::{Manifest, ReleaseId};

use super::progress::Progress;
use crate::release_api::ReleaseApi;

/// Where objects go.
pub(super) struct Destination<'a> {
    pub(super) api: &'a ReleaseApi,
    pub(super) root: &'a Path,
    pub(super) id: ReleaseId,
    pub(super) manifest: &'a Manifest,
    pub(super) progress: &'a Progress,
    /// Uploads at a time.
    pub(super) transfers: usize,
}
