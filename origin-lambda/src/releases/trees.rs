//! What is in the trees of a release.

use keyfront_origin_core::releases::{ReleaseId, SiteName, Tree, keys, tree_and_path};
use serde::{Deserialize, Serialize};

use super::{ReleasePath, Releases};
use crate::error::Error;

/// Objects of a page.
const PAGE: u16 = 1000;

/// Where a listing of a release goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TreePosition {
    site: String,
    release: ReleaseId,
    after: String,
}

impl TreePosition {
    /// The position, if it is of this release of this site.
    pub(crate) fn read(plain: &str, site: &SiteName, release: ReleaseId) -> Option<Self> {
        let position: Self = serde_json::from_str(plain).ok()?;
        let own = position.site == site.as_str() && position.release == release;
        own.then_some(position)
    }
}

/// A page of what is there.
#[derive(Debug)]
pub(crate) struct TreePage {
    /// Tree, path and bytes.
    pub(crate) objects: Vec<(Tree, String, u64)>,
    /// Where the next page begins.
    pub(crate) next: Option<TreePosition>,
}

impl Releases<'_> {
    /// Lists what is there of a release.
    ///
    /// # Errors
    /// What S3 returned.
    pub(crate) async fn present(
        &self,
        of: ReleasePath<'_>,
        position: Option<TreePosition>,
    ) -> Result<TreePage, Error> {
        let below = keys::release_prefix(of.site, &of.id);
        let after = position.map(|position| position.after);
        let listed = self.store.raw_keys(&below, after.as_deref(), PAGE).await?;
        let objects = listed.keys.iter().filter_map(|(key, size)| {
            let (tree, path) = tree_and_path(&below, key)?;
            Some((tree, path.to_owned(), *size))
        });
        Ok(TreePage {
            objects: objects.collect(),
            next: listed.more_after.map(|after| TreePosition {
                site: of.site.to_string(),
                release: of.id,
                after,
            }),
        })
    }
}
