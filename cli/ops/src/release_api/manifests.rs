//! Manifests of releases: fetched once, kept in the user's cache. A release is the hash of its manifest, so that what is kept
//! needs no trust.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context as _, ensure};
use http::{HeaderMap, StatusCode};
use keyfront_releases::{MAX_MANIFEST_BYTES, Manifest, ReleaseId};

use super::{client::ReleaseApi, problem::Problem};
use crate::http_client::{Failure, with_attempts};

/// More are not kept.
const KEPT: usize = 64;

/// The manifest of a release; `None` if it is gone.
///
/// # Errors
/// It cannot be read, or is not the release's.
pub(crate) async fn read_manifest(
    api: &ReleaseApi,
    id: ReleaseId,
) -> anyhow::Result<Option<Manifest>> {
    let folder = cache_folder().map(|cache| cache.join("manifests"));
    let place = folder
        .as_ref()
        .map(|folder| folder.join(format!("{id}.json")));
    let cached = place.as_ref().and_then(|place| fs::read(place).ok());
    if let Some(bytes) = cached.filter(|bytes| ReleaseId::of_manifest(bytes) == id) {
        return Ok(Some(Manifest::parse(&bytes)?));
    }
    let url = match api.document_url(id, "manifest").await {
        Ok(url) => url,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = with_attempts(async || {
        let arrived = api.read_presigned(&url, HeaderMap::new()).await;
        let arrived = arrived.map_err(Failure::of_transport)?;
        if arrived.status != StatusCode::OK {
            let error = anyhow::anyhow!(
                "the request for the manifest of {id} returned {}",
                arrived.status
            );
            return Err(Failure::of(arrived.status, &arrived.headers, error));
        }
        let whole = arrived.body.whole(MAX_MANIFEST_BYTES).await;
        whole.map_err(Failure::of_transport)
    })
    .await?;
    ensure!(
        ReleaseId::of_manifest(&bytes) == id,
        "the stored manifest of {id} was altered: its SHA-256 is {}",
        ReleaseId::of_manifest(&bytes)
    );
    let manifest = Manifest::parse(&bytes).with_context(|| format!("release {id}"))?;
    if let (Some(folder), Some(place)) = (folder, place) {
        // Without a cache it is fetched again.
        let _ = keep(&folder, &place, &bytes);
    }
    Ok(Some(manifest))
}

fn is_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Problem>()
        .is_some_and(|problem| problem.status == 404)
}

fn keep(folder: &Path, place: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let fresh = tempfile::NamedTempFile::new_in(folder)?;
    fs::write(fresh.path(), bytes)?;
    fresh.persist(place)?;
    let mut all: Vec<(SystemTime, PathBuf)> = fs::read_dir(folder)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    all.sort_unstable();
    let superfluous = all.len().saturating_sub(KEPT);
    for (_, path) in all.into_iter().take(superfluous) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// `keyfront` in the user's cache folder (XDG Base Directory Specification); `None` without a home.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let folder = PathBuf::from(std::env::var_os(name)?);
        folder.is_absolute().then_some(folder)
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("keyfront"))
}
