//! Which release a person means.

use anyhow::{Context as _, bail, ensure};
use keyfront_releases::{Manifest, ReleaseId};

use crate::release_api::{LogPage, ReleaseApi, read_manifest};

/// The live release by its role.
const ACTIVE: &str = "active";
/// The shortest beginning of an ID.
const SHORTEST: usize = 6;

/// The release of this name: an ID, its beginning, or `active`.
///
/// # Errors
/// None or several have it, or the API refuses.
pub(super) async fn named(api: &ReleaseApi, name: &str) -> anyhow::Result<ReleaseId> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let page = api.log(None).await?;
    if name == ACTIVE {
        return page.active.context("the site has no active release");
    }
    let digits = name
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    ensure!(
        digits && name.len() >= SHORTEST,
        "{name:?} is not a release: give its ID, at least {SHORTEST} digits of it, or `{ACTIVE}`"
    );
    one_of(&page, name)
}

fn one_of(page: &LogPage, beginning: &str) -> anyhow::Result<ReleaseId> {
    let there = page.releases.iter().map(|release| release.id);
    let activated = page.log.iter().map(|entry| entry.release);
    let mut matching: Vec<ReleaseId> = there
        .chain(activated)
        .filter(|id| id.to_string().starts_with(beginning))
        .collect();
    matching.sort_unstable();
    matching.dedup();
    match matching[..] {
        [id] => Ok(id),
        [] => bail!("no release begins with {beginning}"),
        _ => bail!("{} releases begin with {beginning}", matching.len()),
    }
}

/// The manifest of a release that must be there.
///
/// # Errors
/// It is not, or the API refuses.
pub(super) async fn manifest(api: &ReleaseApi, id: ReleaseId) -> anyhow::Result<Manifest> {
    let manifest = read_manifest(api, id).await?;
    manifest.with_context(|| format!("release {id} is not there: it was removed, or never begun"))
}
